import { makeRandom, type Random } from '../../src/training/random.ts';
import type { TrainingSet } from '../../src/training/training-set.ts';

export interface RowOptions {
  readonly incidents: number;
  readonly seed: number;
  /** 2: one row a (incident, remedy) with the question "does it recover?"; otherwise one row an incident, and which mode it is. */
  readonly classes: 2 | 6;
}

/** Remedies that each incident of the binary set is asked about: one row each, in one group. */
const REMEDIES = 5;
const MODES = 10;
const FEATURES = 26;
/** The share of rows whose label is drawn anew: what the features cannot say. */
const NOISE = 0.03;
/** The last ten features are now and then not measured. */
const GAPS = { from: 16, share: 0.03 } as const;

/**
 * Made-up incidents of the shape that the product sees: ten latent modes, each of which moves a few of 26 features, by how
 * much depends on a severity that is drawn; the rest is background. Some features are flags, some counts with many ties, some
 * heavy-tailed; 3 % of the last ten are missing, 3 % of the labels wrong. A remedy helps the modes that it fits, more surely
 * when the severity is low. It measures the machinery; how good the model is on faults, only the simulator can tell.
 */
export function makeRows({ incidents, seed, classes }: RowOptions): TrainingSet {
  const random = makeRandom(seed);
  const each = classes === 2 ? REMEDIES : 1;
  const width = classes === 2 ? FEATURES + REMEDIES : FEATURES;
  const values = new Float64Array(incidents * each * width);
  const labels = new Int32Array(incidents * each);
  const groups = new Int32Array(incidents * each);
  for (let incident = 0; incident < incidents; incident += 1) {
    const mode = random.below(MODES);
    const severity = random.next();
    const evidence = evidenceOf(mode, severity, random);
    for (let remedy = 0; remedy < each; remedy += 1) {
      const row = incident * each + remedy;
      values.set(evidence, row * width);
      if (classes === 2) values[row * width + FEATURES + remedy] = 1;
      const truth = classes === 2 ? recovers(mode, remedy, severity) : mode % classes;
      labels[row] = random.next() < NOISE ? random.below(classes) : truth;
      groups[row] = incident;
    }
  }
  return {
    features: Array.from({ length: width }, (_, feature) => `feature_${feature}`),
    featureVersion: 1,
    classes: Array.from({ length: classes }, (_, label) => `class_${label}`),
    values,
    labels,
    groups,
  };
}

function recovers(mode: number, remedy: number, severity: number): number {
  const cure = (mode * 3 + remedy * 7) % REMEDIES;
  if (cure === 0) return 1;
  return cure === 1 && severity < 0.5 ? 1 : 0;
}

function evidenceOf(mode: number, severity: number, random: Random): Float64Array {
  return Float64Array.from({ length: FEATURES }, (_, feature) => {
    // Every feature answers to three of the ten modes, and to each with another strength.
    const answer = (feature * 7 + mode * 3) % MODES < 3 ? 0.4 + 0.6 * severity + 0.05 * (mode % 3) : 0;
    const value = shaped(feature % 4, answer, random);
    return feature >= GAPS.from && random.next() < GAPS.share ? Number.NaN : value;
  });
}

function shaped(shape: number, answer: number, random: Random): number {
  switch (shape) {
    case 0: // A flag, such as "was killed for memory".
      return random.next() < 0.08 + 0.8 * answer ? 1 : 0;
    case 1: // A count, such as restarts.
      return Math.floor(random.next() * 4 + 8 * answer);
    case 2: // Heavy-tailed, such as a latency as a multiple of its usual value.
      return Math.exp(gaussian(random) * 0.7 + 1.5 * answer);
    default: // A ratio, such as memory of its limit.
      return Math.min(1, Math.max(0, 0.3 + 0.5 * answer + 0.15 * gaussian(random)));
  }
}

/** Source: Box and Muller. */
function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}
