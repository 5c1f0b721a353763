import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Signals } from '../../../src/domain/diagnosis.ts';
import { healthyLimit, signalFinding, type SignalSymptom } from '../../../src/verify/signals.ts';

describe('the highest healthy value', () => {
  test.each<{ name: string; symptom: SignalSymptom; ill: Signals; limit: number | undefined }>([
    {
      name: 'errors: the ceiling, where the baseline is low',
      symptom: 'error_ratio',
      ill: { error_ratio: 0.4, error_ratio_baseline: 0.001 },
      limit: 0.02,
    },
    {
      name: 'errors: half as much again as a high baseline',
      symptom: 'error_ratio',
      ill: { error_ratio: 0.4, error_ratio_baseline: 0.04 },
      limit: 0.06,
    },
    {
      name: 'errors: halfway, where ill and baseline are close',
      symptom: 'error_ratio',
      ill: { error_ratio: 0.05, error_ratio_baseline: 0.04 },
      limit: 0.045,
    },
    {
      name: 'errors: a baseline that was ill already is none',
      symptom: 'error_ratio',
      ill: { error_ratio: 0.4, error_ratio_baseline: 0.39 },
      limit: 0.02,
    },
    {
      name: 'errors: half of a small illness without a baseline',
      symptom: 'error_ratio',
      ill: { error_ratio: 0.03 },
      limit: 0.015,
    },
    {
      name: 'latency: half as much again as the baseline',
      symptom: 'latency_p99_seconds',
      ill: { latency_p99_seconds: 0.8, latency_p99_baseline_seconds: 0.2 },
      limit: 0.3,
    },
    {
      name: 'latency: a tenth of a large excess over the baseline',
      symptom: 'latency_p99_seconds',
      ill: { latency_p99_seconds: 4, latency_p99_baseline_seconds: 0.2 },
      limit: 0.58,
    },
    {
      name: 'latency: a share of the illness without a baseline',
      symptom: 'latency_p99_seconds',
      ill: { latency_p99_seconds: 4 },
      limit: 2.4,
    },
    { name: 'latency: nothing to compare with', symptom: 'latency_p99_seconds', ill: {}, limit: undefined },
    { name: 'memory: the ceiling', symptom: 'memory_per_limit', ill: { memory_per_limit: 0.99 }, limit: 0.85 },
    { name: 'memory: below what was ill', symptom: 'memory_per_limit', ill: { memory_per_limit: 0.8 }, limit: 0.72 },
    { name: 'memory: right after a kill', symptom: 'memory_per_limit', ill: { memory_per_limit: 0.5 }, limit: 0.85 },
    { name: 'volume: the ceiling', symptom: 'volume_used_ratio', ill: { volume_used_ratio: 0.97 }, limit: 0.85 },
  ])('$name', ({ symptom, ill, limit }) => {
    const found = healthyLimit(symptom, ill);

    if (limit === undefined) expect(found).toBeUndefined();
    else expect(found).toBeCloseTo(limit, 9);
  });
});

test('a value as bad as the diagnosed one is never healthy, where that one was ill at all', () => {
  const ratio = fc.double({ min: 0.65, max: 1, noNaN: true });
  const symptoms = fc.constantFrom<SignalSymptom>(
    'error_ratio',
    'latency_p99_seconds',
    'memory_per_limit',
    'cpu_per_limit',
    'throttled_ratio',
    'dependency_error_ratio',
    'volume_used_ratio',
  );
  fc.assert(
    fc.property(symptoms, ratio, fc.option(ratio, { nil: undefined }), (symptom, ill, baseline) => {
      const then = {
        [symptom]: ill,
        ...(baseline !== undefined && { error_ratio_baseline: baseline, latency_p99_baseline_seconds: baseline }),
      };

      expect(signalFinding(symptom, { [symptom]: ill }, then).kind).toBe('bad');
    }),
  );
});
