import { describe, expect, test } from '@jest/globals';

import type { SignalName, Signals } from '../../../src/domain/diagnosis.ts';
import type { Trend } from '../../../src/domain/incident.ts';
import { isOnlySlow, trendOf } from '../../../src/verify/trend.ts';

describe('the trend of what is not well', () => {
  const before: Trend = { least: { error_ratio: 0.4, throttled_ratio: 0.6 }, fellAt: 1_000 };

  test.each<{ name: string; ill: Signals; well?: readonly SignalName[]; expected: Trend | undefined }>([
    { name: 'stays while nobody knows', ill: {}, expected: before },
    { name: 'ends when all is well', ill: {}, well: ['error_ratio', 'throttled_ratio'], expected: undefined },
    {
      name: 'takes a signal that got well for a fall, and forgets it',
      ill: { throttled_ratio: 0.6 },
      well: ['error_ratio'],
      expected: { least: { throttled_ratio: 0.6 }, fellAt: 9_000 },
    },
    {
      name: 'takes a signal that was well all along for no fall',
      ill: { error_ratio: 0.4 },
      well: ['cpu_per_limit'],
      expected: before,
    },
    { name: 'stays where nothing fell', ill: { error_ratio: 0.5, throttled_ratio: 0.6 }, expected: before },
    { name: 'takes noise for no fall', ill: { error_ratio: 0.39 }, expected: before },
    {
      name: 'notes a fall of one signal beside another that rises',
      ill: { error_ratio: 0.9, throttled_ratio: 0.5 },
      expected: { least: { error_ratio: 0.4, throttled_ratio: 0.5 }, fellAt: 9_000 },
    },
    {
      name: 'takes a signal that has only now become ill for no fall',
      ill: { error_ratio: 0.4, latency_p99_seconds: 3 },
      expected: { least: { error_ratio: 0.4, throttled_ratio: 0.6, latency_p99_seconds: 3 }, fellAt: 1_000 },
    },
  ])('$name', ({ ill, well = [], expected }) => {
    expect(trendOf(before, { ill, well, settled: true, now: 9_000 })).toEqual(expected);
  });

  test('moves on while pods are still starting', () => {
    expect(trendOf(before, { ill: { error_ratio: 0.9 }, well: [], settled: false, now: 9_000 })).toEqual({
      ...before,
      fellAt: 9_000,
    });
  });

  test('begins with the first look at which something is not well', () => {
    expect(trendOf(undefined, { ill: {}, well: ['error_ratio'], settled: true, now: 5 })).toBeUndefined();
    expect(trendOf(undefined, { ill: { error_ratio: 0.5 }, well: [], settled: true, now: 5 })).toEqual({
      least: { error_ratio: 0.5 },
      fellAt: 5,
    });
  });

  test('is that of latency alone once the errors are gone, and may take as long', () => {
    const trend = trendOf(
      { least: { error_ratio: 0.4, latency_p99_seconds: 3 }, fellAt: 1_000 },
      { ill: { latency_p99_seconds: 3 }, well: ['error_ratio'], settled: true, now: 9_000 },
    );

    expect(trend === undefined ? undefined : isOnlySlow(trend)).toBe(true);
  });

  test.each([
    { name: 'latency alone', least: { latency_p99_seconds: 2 }, expected: true },
    { name: 'latency and errors', least: { latency_p99_seconds: 2, error_ratio: 0.3 }, expected: false },
    { name: 'errors alone', least: { error_ratio: 0.3 }, expected: false },
  ])('$name', ({ least, expected }) => {
    expect(isOnlySlow({ least, fellAt: 0 })).toBe(expected);
  });
});
