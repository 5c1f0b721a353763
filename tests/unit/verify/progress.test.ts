import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Trend, Verification } from '../../../src/domain/incident.ts';
import { judge } from '../../../src/verify/progress.ts';
import { trendOf } from '../../../src/verify/trend.ts';
import { POLICY } from '../../builders/incident.ts';
import { anIntent } from '../../builders/journey.ts';

const START = 1_000_000;
const SECOND = 1000;

function check(verdict: Verification['verdict'], at: number): Verification {
  return { verdict, reasons: ['looked'], at };
}

function judged(verdict: Verification['verdict'], second: number, healthySinceSecond?: number) {
  const now = START + second * SECOND;
  const healthySince = healthySinceSecond === undefined ? {} : { healthySince: START + healthySinceSecond * SECOND };
  const incident = { startedAt: START, intent: anIntent(), ...healthySince };
  return judge({ incident, check: check(verdict, now), policy: POLICY, now });
}

/** Seconds after the start. Stable after 60 s, deadline after 600 s, a look every 10 s. */
describe('one look in the course of watching', () => {
  test.each([
    {
      name: 'the first good look begins the health',
      verdict: 'recovered',
      second: 15,
      since: undefined,
      expected: { kind: 'continue', healthySince: 15, due: 25 },
    },
    {
      name: 'a good look goes on',
      verdict: 'recovered',
      second: 45,
      since: 15,
      expected: { kind: 'continue', healthySince: 15, due: 55 },
    },
    {
      name: 'the last look comes when it is stable, not later',
      verdict: 'recovered',
      second: 70,
      since: 15,
      expected: { kind: 'continue', healthySince: 15, due: 75 },
    },
    { name: 'stable', verdict: 'recovered', second: 75, since: 15, expected: { kind: 'recovered' } },
    {
      name: 'a bad look breaks it',
      verdict: 'not-recovered',
      second: 70,
      since: 15,
      expected: { kind: 'continue', due: 80 },
    },
    {
      name: 'a look that saw nothing breaks it',
      verdict: 'unknown',
      second: 70,
      since: 15,
      expected: { kind: 'continue', due: 80 },
    },
    {
      name: 'the last look is at the deadline',
      verdict: 'not-recovered',
      second: 595,
      since: undefined,
      expected: { kind: 'continue', due: 600 },
    },
    {
      name: 'not recovered at the deadline',
      verdict: 'not-recovered',
      second: 600,
      since: undefined,
      expected: { kind: 'not-recovered' },
    },
    {
      name: 'unknown at the deadline',
      verdict: 'unknown',
      second: 600,
      since: undefined,
      expected: { kind: 'unknown' },
    },
    {
      name: 'unknown at the deadline after good looks',
      verdict: 'unknown',
      second: 600,
      since: 560,
      expected: { kind: 'unknown' },
    },
    {
      name: 'a health that has begun may run to its end',
      verdict: 'recovered',
      second: 605,
      since: 560,
      expected: { kind: 'continue', healthySince: 560, due: 615 },
    },
    {
      name: 'a bad look after the deadline ends it',
      verdict: 'not-recovered',
      second: 615,
      since: 560,
      expected: { kind: 'not-recovered' },
    },
  ] as const)('$name', ({ verdict, second, since, expected }) => {
    const answer = judged(verdict, second, since);

    expect(answer.kind).toBe(expected.kind);
    if (answer.kind !== 'continue' || expected.kind !== 'continue') return;
    expect(answer.dueAt).toBe(START + expected.due * SECOND);
    const begun = 'healthySince' in expected ? START + expected.healthySince * SECOND : undefined;
    expect(answer.healthySince).toBe(begun);
  });

  test('the end says what was seen and for how long', () => {
    expect(judged('recovered', 75, 15)).toMatchObject({
      verification: { reasons: ['looked', 'healthy for 60 s without a break'] },
    });
    expect(judged('unknown', 600)).toMatchObject({
      verification: { verdict: 'unknown', reasons: ['looked', 'after 600 s it is still not known'] },
    });
  });
});

describe('watching ends before the deadline', () => {
  test.each([
    { name: 'where nothing was done but to wait: four minutes', acted: false, until: 240 },
    { name: 'where the remedy shows sooner and no pod is starting', shows: 180, outlook: 'settled', until: 180 },
    { name: 'not where pods are still starting', shows: 180, until: 600 },
    { name: 'where the new pods crash themselves: a minute', outlook: 'failing', until: 60 },
    { name: 'not where the policy is stricter still', shows: 900, outlook: 'settled', until: 600 },
    {
      name: 'where no signal has fallen for a while, but not before an autoscaler could show anything',
      shows: 180,
      outlook: 'settled',
      until: 90,
      trend: { least: { error_ratio: 0.5 }, fellAt: START },
    },
    {
      name: 'a scrape and a look after the last fall',
      shows: 180,
      outlook: 'settled',
      until: 125,
      trend: { least: { error_ratio: 0.5 }, fellAt: START + 50 * SECOND },
    },
    {
      name: 'not later than the remedy declares',
      shows: 180,
      outlook: 'settled',
      until: 180,
      trend: { least: { error_ratio: 0.5 }, fellAt: START + 170 * SECOND },
    },
    {
      name: 'later where only latency is left, which lags behind',
      shows: 180,
      outlook: 'settled',
      until: 150,
      trend: { least: { latency_p99_seconds: 2 }, fellAt: START },
    },
    {
      name: 'of a remedy that declares nothing after twice as long: new pods have to get warm',
      outlook: 'settled',
      until: 350,
      trend: { least: { error_ratio: 0.5 }, fellAt: START + 200 * SECOND },
    },
  ] as const)('$name', ({ until, ...given }) => {
    const shows = 'shows' in given ? { showsWithinSeconds: given.shows } : {};
    const acted = 'acted' in given ? {} : { intent: { ...anIntent(), ...shows } };
    const outlook = 'outlook' in given ? { outlook: given.outlook } : {};
    const trend = 'trend' in given ? { trend: given.trend } : {};
    const kinds = [until - 1, until].map((second) => {
      const now = START + second * SECOND;
      const looked = { ...check('not-recovered', now), ...outlook, ...trend };
      return judge({ incident: { startedAt: START, ...acted }, check: looked, policy: POLICY, now }).kind;
    });

    expect(kinds).toEqual(['continue', 'not-recovered']);
  });
});

test('whatever the looks say, watching ends in time, and recovered means unbroken health', () => {
  const verdicts = fc.array(fc.constantFrom<Verification['verdict']>('recovered', 'not-recovered', 'unknown'), {
    minLength: 1,
    maxLength: 200,
  });
  fc.assert(
    fc.property(
      verdicts,
      fc.record({
        stableSeconds: fc.nat(120),
        intervalSeconds: fc.integer({ min: 1, max: 60 }),
        deadlineSeconds: fc.integer({ min: 5, max: 900 }),
      }),
      (looks, times) => {
        const policy = { verification: { firstCheckSeconds: 1, ...times } };
        let now = START + SECOND;
        let healthySince: number | undefined;
        let goodSince: number | undefined;
        for (let index = 0; ; index += 1) {
          const verdict = looks[index % looks.length] ?? 'unknown';
          goodSince = verdict === 'recovered' ? (goodSince ?? now) : undefined;
          const incident = { startedAt: START, ...(healthySince !== undefined && { healthySince }) };
          const answer = judge({ incident, check: check(verdict, now), policy, now });
          if (answer.kind !== 'continue') {
            expect(answer.kind).toBe(verdict);
            if (verdict === 'recovered')
              expect(now - (goodSince ?? now)).toBeGreaterThanOrEqual(times.stableSeconds * SECOND);
            break;
          }
          expect(answer.dueAt).toBeGreaterThan(now);
          healthySince = answer.healthySince;
          now = answer.dueAt;
          expect(now).toBeLessThanOrEqual(
            START + (times.deadlineSeconds + times.stableSeconds + times.intervalSeconds) * SECOND,
          );
        }
      },
    ),
  );
});

/** Counters of requests, scraped once a minute: the share that failed between the last two scrapes in the window. */
function ratioAt(second: number, firstScrape: number, curedAt: number): number {
  const last = firstScrape + Math.floor((second - firstScrape) / 60) * 60;
  const illSeconds = Math.max(0, Math.min(last, curedAt) - (last - 60));
  return (0.5 * illSeconds) / 60;
}

/** The second at which a remedy that cured was given up, if it was. */
function givenUpAt(firstScrape: number, curedAt: number): number | undefined {
  let trend: Trend | undefined;
  for (let second = 15; second <= 180; second += 10) {
    const now = START + second * SECOND;
    const value = ratioAt(second, firstScrape, curedAt);
    const isWell = value <= 0.02;
    if (isWell && second > curedAt) return undefined;
    const look = { ill: isWell ? {} : { error_ratio: value }, well: isWell ? (['error_ratio'] as const) : [] };
    trend = trendOf(trend, { ...look, settled: second >= curedAt, now });
    const looked: Verification = {
      ...check('not-recovered', now),
      ...(second >= curedAt ? { outlook: 'settled' as const } : {}),
      ...(trend === undefined ? {} : { trend }),
    };
    const incident = { startedAt: START, intent: { ...anIntent(), showsWithinSeconds: 180 } };
    if (judge({ incident, check: looked, policy: POLICY, now }).kind !== 'continue') return second;
  }
  return undefined;
}

test('where Prometheus scrapes once a minute, a remedy that has helped is given the time to show it', () => {
  const cures = Array.from({ length: 10 }, (_, index) => 15 + 5 * index);
  const scrapes = Array.from({ length: 60 }, (_, index) => index - 60);

  const ended = cures.flatMap((cured) =>
    scrapes.flatMap((scrape) => {
      const at = givenUpAt(scrape, cured);
      return at === undefined ? [] : [{ cured, scrape, at }];
    }),
  );

  expect(ended).toEqual([]);
});
