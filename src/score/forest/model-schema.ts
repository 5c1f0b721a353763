import { BASELINE_BINS } from './baseline.ts';

const share = { type: 'number', minimum: 0, maximum: 1 } as const;
const amount = { type: 'number', minimum: 0 } as const;
const count = { type: 'integer', minimum: 0 } as const;
const base64 = { type: 'string', pattern: '^[A-Za-z0-9+/]*={0,2}$' } as const;
const name = { type: 'string', minLength: 1, maxLength: 200 } as const;

const bin = object({ rows: count, stated: share, came: share });
const quality = object({
  rows: count,
  accuracy: share,
  macroF1: share,
  logLoss: amount,
  brier: { type: 'number', minimum: 0, maximum: 2 },
  ece: share,
  reliability: { type: 'array', items: bin, minItems: 10, maxItems: 10 },
});

/** Every field of the model file, and no other: what is written by one version and read by another is worth being strict about. */
export const MODEL_SCHEMA = object(
  {
    format: { const: 1 },
    createdBy: name,
    growth: object({
      seed: { type: 'integer' },
      trees: { type: 'integer', minimum: 1, maximum: 10_000 },
      maxFeatures: { type: 'number', exclusiveMinimum: 0, maximum: 1 },
      maxDepth: { type: 'integer', minimum: 1 },
      minRows: { type: 'integer', minimum: 1 },
    }),
    features: { type: 'array', items: name, minItems: 1, maxItems: 32_767, uniqueItems: true },
    featureVersion: count,
    classes: { type: 'array', items: name, minItems: 2, maxItems: 1_000, uniqueItems: true },
    rows: count,
    groups: count,
    dataHash: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    ranges: {
      type: 'array',
      items: object({
        low: { type: 'number' },
        high: { type: 'number' },
        smallest: { type: 'number' },
        missingCode: { type: 'number' },
        missing: share,
      }),
    },
    mostMissing: count,
    baseline: {
      type: 'array',
      items: object({
        edges: { type: 'array', items: { type: 'number' }, maxItems: BASELINE_BINS - 1 },
        counts: { type: 'array', items: count, minItems: 1, maxItems: BASELINE_BINS },
        missing: count,
      }),
    },
    temperature: { type: 'number', minimum: 0.01, maximum: 100 },
    thresholds: { type: 'object', additionalProperties: share, maxProperties: 100 },
    outOfBag: quality,
    heldOut: quality,
    arrays: object({ roots: base64, feature: base64, threshold: base64, right: base64, share: base64 }),
    checksum: { type: 'string', pattern: '^[0-9a-f]{64}$' },
  },
  ['heldOut', 'baseline'],
);

function object(properties: Readonly<Record<string, object>>, optional: readonly string[] = []): object {
  const required = Object.keys(properties).filter((key) => !optional.includes(key));
  return { type: 'object', properties, required, additionalProperties: false };
}
