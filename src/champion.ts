import { loadModel, SHIPPED_MODEL } from './adapters/model-file.ts';
import { systemClock } from './adapters/system-clock.ts';
import type { Config } from './config/config.ts';
import { openRegistry } from './learn/registry.ts';
import type { Log } from './ports/log.ts';
import type { ModelInUse } from './score/by-model.ts';
import { FEATURE_LIST } from './score/features/features.ts';
import type { Metrics } from './telemetry/metrics.ts';

/** The model that decides where it is sure. A model that is asked for and cannot be used is an error that is heard of; the rules go on. */
export function championOf(
  { model }: Config,
  log: Log,
  telemetry: Pick<Metrics, 'modelState'>,
): () => ModelInUse | undefined {
  if (!model.enabled) return () => undefined;
  const shipped = loadModel(model.file ?? SHIPPED_MODEL);
  if (shipped.kind === 'loaded') log.info({ model: shipped.model.id }, 'the model is loaded');
  else log.error({ kind: shipped.kind }, `${shipped.why}; the rules decide alone until there is one`);
  telemetry.modelState(shipped.kind === 'loaded' ? 'champion' : shipped.kind);
  const own = shipped.kind === 'loaded' ? shipped.model : undefined;
  if (model.directory === undefined) return () => own;
  const registry = openRegistry(model.directory, { ...FEATURE_LIST, now: () => systemClock.now() });
  return () => {
    // Read at each decision: a model that was promoted or taken back counts from the next one on.
    const promoted = registry.champion();
    if (promoted.kind === 'loaded') return promoted.model;
    if (promoted.kind === 'invalid') {
      telemetry.modelState('invalid');
      log.error({}, `${promoted.why}; the model that is shipped is asked instead`);
    }
    return own;
  };
}
