import { describe } from '@jest/globals';

import { checked, withEvidence } from './questions.ts';

describe('signals', () => {
  checked([
    {
      name: 'nothing measured: missing, never zero',
      question: withEvidence({}, {}),
      expected: {
        cpu_per_limit: null,
        throttled: null,
        memory_per_limit: null,
        memory_growth: null,
        memory_forecast: null,
        traffic_change: null,
        error_ratio: null,
        error_change: null,
        latency_change: null,
        error_spread: null,
        dependency_errors: null,
        volume_used: null,
      },
    },
    {
      name: 'changes against the own past',
      question: withEvidence(
        {},
        {
          request_rate: 40,
          request_rate_baseline: 10,
          error_ratio: 0.064,
          error_ratio_baseline: 0,
          latency_p99_seconds: 0.25,
          latency_p99_baseline_seconds: 0.5,
          restarts: 6,
          error_spread: 2,
        },
      ),
      expected: { traffic_change: 2, error_ratio: 0.064, error_change: 6, latency_change: -1, error_spread: 1 },
    },
    {
      name: 'no traffic left is the lowest change; without a past there is none',
      question: withEvidence({}, { request_rate: 0, request_rate_baseline: 10, latency_p99_seconds: 1 }),
      expected: { traffic_change: -6, latency_change: null },
    },
    {
      name: 'a leak fills the limit in half an hour',
      question: withEvidence({}, { memory_per_limit: 0.7, memory_growth_per_limit: 0.1 }),
      expected: { memory_per_limit: 0.7, memory_growth: 0.1, memory_forecast: 1 },
    },
    {
      name: 'numbers that cannot be true are missing, large ones are cut',
      question: withEvidence(
        {},
        {
          cpu_per_limit: -1,
          throttled_ratio: Number.NaN,
          memory_per_limit: 9,
          error_ratio: Infinity,
          request_rate: 1,
          request_rate_baseline: 0,
          volume_used_ratio: 1.5,
          memory_growth_per_limit: Infinity,
          dependency_error_ratio: 0,
        },
      ),
      expected: {
        cpu_per_limit: null,
        throttled: null,
        memory_per_limit: 2,
        memory_growth: null,
        memory_forecast: null,
        error_ratio: null,
        traffic_change: null,
        volume_used: 1,
        dependency_errors: 0,
      },
    },
  ]);
});
