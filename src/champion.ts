import { loadModel, SHIPPED_MODEL } from './adapters/model-file.ts';
import { systemClock } from './adapters/system-clock.ts';
import type { Config } from './config/config.ts';
import { openRegistry, type RegisteredModel } from './learn/registry.ts';
import type { Log } from './ports/log.ts';
import type { ModelInUse } from './score/by-model.ts';
import { FEATURE_LIST } from './score/features/features.ts';
import type { Metrics } from './telemetry/metrics.ts';

/** The model that decides where it is sure. A model that is asked for and cannot be used is an error that is heard of; the rules go on. */
export function championOf(
  { model }: Pick<Config, 'model'>,
  log: Log,
  telemetry: Pick<Metrics, 'modelState'>,
): () => ModelInUse | undefined {
  if (!model.enabled) return () => undefined;
  const shipped = loadModel(model.file ?? SHIPPED_MODEL);
  if (shipped.kind === 'loaded') log.info({ model: shipped.model.id }, 'the model is loaded');
  else log.error({ kind: shipped.kind }, `${shipped.why}; the rules decide alone until there is one`);
  telemetry.modelState(stateOf(shipped));
  const own = shipped.kind === 'loaded' ? shipped.model : undefined;
  if (model.directory === undefined) return () => own;
  const registry = openRegistry(model.directory, { ...FEATURE_LIST, now: () => systemClock.now() });
  let complaint: string | undefined;
  return () => {
    // Read at each decision: a model that was promoted or taken back counts from the next one on.
    const promoted = registry.champion();
    // No promoted model is the usual case, not a fault: the one that is shipped decides then.
    telemetry.modelState(stateOf(promoted.kind === 'missing' ? shipped : promoted));
    const wrong = promoted.kind === 'invalid' ? promoted.why : undefined;
    if (wrong !== complaint) {
      if (wrong !== undefined) log.error({}, `${wrong}; the model that is shipped is asked instead`);
      else log.info({}, 'the model that was promoted can be used again');
    }
    complaint = wrong;
    return promoted.kind === 'loaded' ? promoted.model : own;
  };
}

function stateOf({ kind }: Pick<RegisteredModel, 'kind'>): 'champion' | 'missing' | 'invalid' {
  return kind === 'loaded' ? 'champion' : kind;
}
