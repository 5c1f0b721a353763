import { errorText } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { ModelInUse } from '../score/by-model.ts';
import type { RemedyTraits } from '../score/features/question.ts';
import { calibrationOf, foretoldOutcomes } from './calibration.ts';
import { DRIFT_INCIDENTS, driftOf } from './drift.ts';
import { splitImportance } from './importance.ts';
import { readDecisions } from './journal-reader.ts';

/** What the watch says of the model in use. */
export interface ModelGauges {
  /** Shares that add up to 1; none where there is no model. */
  featureImportance(shares: ReadonlyMap<string, number>): void;
  /** None where nobody can tell. */
  featureDrift(indexes: ReadonlyMap<string, number>): void;
  /** Undefined where there are too few outcomes. */
  calibration(figures: { readonly brier: number; readonly ece: number } | undefined): void;
}

export interface ModelWatchDeps {
  readonly store: Pick<Store, 'incidents' | 'incident' | 'history' | 'actionsSince'>;
  readonly champion: () => ModelInUse | undefined;
  readonly traits: readonly RemedyTraits[];
  readonly gauges: ModelGauges;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly log: Log;
}

const EVERY_MS = 3_600_000;

/** Looks once an hour, until the signal ends it, how far the newest incidents are from what the model learned from. Never rejects. */
export async function watchModel(deps: ModelWatchDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await lookAtModel(deps).catch((error: unknown) => {
      deps.log.warn(
        { err: errorText(error) },
        'the drift of the model could not be worked out; it is tried again in an hour',
      );
    });
    await deps.clock.sleep(EVERY_MS, signal).catch(() => undefined);
  }
}

/** One look. @throws AutoHealError `NOT_READY` when the store cannot be read. */
export async function lookAtModel({
  store,
  champion,
  traits,
  gauges,
}: Omit<ModelWatchDeps, 'clock' | 'log'>): Promise<void> {
  const model = champion();
  gauges.featureImportance(model === undefined ? new Map() : splitImportance(model.predictor.model));
  if (model === undefined) {
    gauges.featureDrift(new Map());
    gauges.calibration(undefined);
    return;
  }
  const { decisions } = await readDecisions(store, DRIFT_INCIDENTS);
  const drift = driftOf(model.predictor.model, decisions, traits);
  gauges.featureDrift(new Map(drift.kind === 'known' ? drift.features.map(({ feature, psi }) => [feature, psi]) : []));
  const calibration = calibrationOf(foretoldOutcomes(decisions, model.id));
  gauges.calibration(calibration.kind === 'known' ? calibration : undefined);
}
