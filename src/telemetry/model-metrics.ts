import { Counter, Gauge, type Registry } from 'prom-client';

export const MODEL_STATES = ['champion', 'missing', 'invalid'] as const;
export const DECIDERS = ['model', 'rules', 'rules-model-unsure'] as const;

/** What AutoHeal counts about the model that it asks. */
export interface ModelMetrics {
  /** `champion`: a model is asked. Without a word nothing is known yet, and all three are 0. */
  modelState(state: (typeof MODEL_STATES)[number]): void;
  /** What the model leans on, by feature, instead of those before; none where there is no model. */
  featureImportance(shares: ReadonlyMap<string, number>): void;
  /** Population stability index by feature, instead of those before; none where nobody can tell. */
  featureDrift(indexes: ReadonlyMap<string, number>): void;
  /** Instead of the figures before; undefined where there are too few outcomes. */
  calibration(figures: { readonly brier: number; readonly ece: number } | undefined): void;
  /** Who made a decision: `rules` where no model was asked, `rules-model-unsure` where one was and left it to the rules. */
  decision(by: (typeof DECIDERS)[number]): void;
  /** What was foretold of an action that was done (the probability to help, in [0, 1]), and whether it helped. */
  prediction(sample: { readonly recovers: number; readonly healed: boolean }): void;
}

const BUCKETS = 10;

/** The metrics of the model, in a registry. */
export function makeModelMetrics(registry: Registry): ModelMetrics {
  const registers = [registry];
  const state = new Gauge({
    name: 'autoheal_model_state',
    help: 'Which state the model is in: 1 for the present one.',
    labelNames: ['state'],
    registers,
  });
  const drift = new Gauge({
    name: 'autoheal_model_feature_drift',
    help: 'Population stability index of a feature: the last 200 incidents against the training rows.',
    labelNames: ['feature'],
    registers,
  });
  const importance = new Gauge({
    name: 'autoheal_model_feature_importance',
    help: 'Share of a feature in what the splits of the model do to tell the outcomes apart; all together 1.',
    labelNames: ['feature'],
    registers,
  });
  const calibrationError = new Gauge({
    name: 'autoheal_model_calibration_error',
    help: 'Expected calibration error over the last 200 outcomes that the model foretold.',
    registers,
  });
  const brier = new Gauge({
    name: 'autoheal_model_brier',
    help: 'Brier score over the last 200 outcomes that the model foretold: 0 is perfect, 0.25 a coin.',
    registers,
  });
  const decisions = new Counter({
    name: 'autoheal_decisions_total',
    help: 'Decisions, by who made them.',
    labelNames: ['by'],
    registers,
  });
  const predictions = new Counter({
    name: 'autoheal_model_predictions_total',
    help: 'Actions that were done, by the probability to help that the model had given them and by whether they helped.',
    labelNames: ['bucket', 'result'],
    registers,
  });

  // A gauge without labels begins at 0, and a calibration error of 0 would be the best news there is.
  calibrationError.remove();
  brier.remove();
  for (const each of MODEL_STATES) state.set({ state: each }, 0);
  for (const by of DECIDERS) decisions.inc({ by }, 0);
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    for (const result of ['healed', 'not']) predictions.inc({ bucket: named(bucket), result }, 0);
  }

  return {
    modelState(present) {
      for (const each of MODEL_STATES) state.set({ state: each }, Number(each === present));
    },
    featureImportance(shares) {
      importance.reset();
      for (const [feature, share] of shares) importance.set({ feature }, share);
    },
    featureDrift(indexes) {
      drift.reset();
      for (const [feature, index] of indexes) drift.set({ feature }, index);
    },
    calibration(figures) {
      calibrationError.remove();
      brier.remove();
      if (figures === undefined) return;
      calibrationError.set(figures.ece);
      brier.set(figures.brier);
    },
    decision: (by) => decisions.inc({ by }),
    prediction({ recovers, healed }) {
      const bucket = Math.min(BUCKETS - 1, Math.max(0, Math.floor(recovers * BUCKETS)));
      predictions.inc({ bucket: named(bucket), result: healed ? 'healed' : 'not' });
    },
  };
}

/** The lower end of a tenth: `0.0` to `0.9`. */
function named(bucket: number): string {
  return `0.${bucket}`;
}
