import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import type { Alert } from '../../../../src/domain/alert.ts';
import type { Evidence } from '../../../../src/domain/diagnosis.ts';
import type { Attempt, PastAction } from '../../../../src/domain/incident.ts';
import { FEATURES, featuresOf } from '../../../../src/score/features/features.ts';
import type { FeatureQuestion } from '../../../../src/score/features/question.ts';
import { MINUTE } from '../../../builders/evidence.ts';
import { asked } from './arbitrary.ts';
import { anAlert, anAttempt, aPast } from './questions.ts';

const RUNS = { numRuns: 300 } as const;

function withEvidence(question: FeatureQuestion, changes: Partial<Evidence>): FeatureQuestion {
  const { diagnosis } = question;
  return { ...question, diagnosis: { ...diagnosis, evidence: { ...diagnosis.evidence, ...changes } } };
}

describe('whatever the evidence', () => {
  test('every value is within its range, or missing', () => {
    fc.assert(
      fc.property(asked, ({ question, chosen }) => {
        const row = featuresOf(question, chosen);

        expect(row.length).toBe(FEATURES.length);
        const wrong = FEATURES.filter(({ range: [low, high] }, place) => {
          const value = row[place] ?? Infinity;
          return !Number.isNaN(value) && !(value >= low && value <= high);
        });
        expect(wrong).toEqual([]);
      }),
      RUNS,
    );
  });

  test('the order of everything that comes in lists is of no matter', () => {
    fc.assert(
      fc.property(asked, ({ question, chosen }) => {
        const { pods, revisions, nodes } = question.diagnosis.evidence;
        const turned = withEvidence(
          {
            ...question,
            alerts: question.alerts.toReversed(),
            candidates: question.candidates.toReversed(),
            traits: question.traits.toReversed(),
            history: question.history.toReversed(),
            attempts: question.attempts.toReversed(),
          },
          { pods: pods.toReversed(), revisions: revisions.toReversed(), nodes: nodes.toReversed() },
        );

        expectSameRow(featuresOf(turned, chosen), featuresOf(question, chosen));
      }),
      RUNS,
    );
  });

  test('names and texts of the cluster are of no matter', () => {
    fc.assert(
      fc.property(asked, fc.string({ minLength: 1 }), ({ question, chosen }, text) => {
        const { evidence } = question.diagnosis;
        const renamed = withEvidence(
          {
            ...question,
            alerts: question.alerts.map((alert) => ({
              ...alert,
              fingerprint: text,
              annotations: { summary: text },
              labels: { ...alert.labels, namespace: text, pod: text, service: text },
            })),
            history: question.history.map((action) => ({ ...action, workload: text })),
          },
          {
            workload: { ...evidence.workload, namespace: text, name: text },
            pods: evidence.pods.map((pod, place) => ({
              ...pod,
              name: `${text}${place}`,
              uid: text,
              node: pod.node === '' ? '' : `${text}${pod.node}`,
              containers: pod.containers.map((container) => ({ ...container, name: text, image: text })),
            })),
            nodes: evidence.nodes.map((node) => ({ ...node, name: `${text}${node.name}` })),
            revisions: evidence.revisions.map((revision) => ({ ...revision, images: [text] })),
            logs: [{ pod: text, container: text, tail: text }],
          },
        );

        expectSameRow(featuresOf(renamed, chosen), featuresOf(question, chosen));
      }),
      RUNS,
    );
  });

  test('a hundred times the traffic, or a service that is slower by nature, is of no matter', () => {
    const factor = fc.constantFrom(0.125, 0.5, 4, 128); // Powers of two: the ratios stay the same to the bit.
    const rate = fc.nat(10_000).map((tenths) => tenths / 10);
    fc.assert(
      fc.property(asked, fc.tuple(rate, rate), fc.tuple(factor, factor), ({ question, chosen }, rates, factors) => {
        const { signals } = question.diagnosis.evidence;
        const [now, before] = rates;
        const [traffic, slowness] = factors;
        const usual = {
          ...signals,
          request_rate: now,
          request_rate_baseline: before,
          latency_p99_seconds: 0.4,
          latency_p99_baseline_seconds: 0.3,
        };
        const other = {
          ...usual,
          request_rate: usual.request_rate * traffic,
          request_rate_baseline: usual.request_rate_baseline * traffic,
          latency_p99_seconds: usual.latency_p99_seconds * slowness,
          latency_p99_baseline_seconds: usual.latency_p99_baseline_seconds * slowness,
        };

        const row = featuresOf(withEvidence(question, { signals: other }), chosen);

        expectSameRow(row, featuresOf(withEvidence(question, { signals: usual }), chosen));
      }),
      RUNS,
    );
  });

  test('the same question gets the same row, and is left as it was', () => {
    fc.assert(
      fc.property(asked, ({ question, chosen }) => {
        const before = structuredClone(question);

        const row = featuresOf(question, chosen);

        expect(question).toEqual(before);
        expectSameRow(featuresOf(before, chosen), row);
      }),
      RUNS,
    );
  });
});

describe('nothing that became known later shows', () => {
  test('not how the attempts ended, what was done next, nor what became of the alerts', () => {
    fc.assert(
      fc.property(asked, fc.integer({ min: 1, max: 60 }), ({ question, chosen }, minutes) => {
        const { at } = question.diagnosis.evidence;
        const then = at + minutes * MINUTE;
        const known: FeatureQuestion = {
          ...question,
          alerts: question.alerts.map((alert) => stillFiring(alert, at)),
          attempts: question.attempts.filter(({ intent }) => intent.plannedAt <= at).map((each) => undecided(each, at)),
        };
        const later: FeatureQuestion = {
          ...known,
          alerts: [...known.alerts.map((alert) => resolved(alert, then)), anAlert('NodeDown', { startsAt: then })],
          attempts: [
            ...known.attempts.map((each) => ended(each, then)),
            anAttempt(chosen.remedy, { rung: 9, at: then }),
          ],
          history: [
            ...known.history,
            ...known.attempts.map(asHistory),
            { ...aPast(chosen.remedy, 0), actionId: 'inc-1/9', at: then },
            { ...aPast(chosen.remedy, 0), actionId: 'inc-2/1', at: then },
          ],
        };

        expectSameRow(featuresOf(later, chosen), featuresOf(known, chosen));
      }),
      RUNS,
    );
  });
});

function stillFiring(alert: Alert, at: number): Alert {
  if (alert.endsAt !== undefined && alert.endsAt <= at) return alert;
  const { endsAt: _endsAt, ...rest } = alert;
  return { ...rest, status: 'firing' };
}

function resolved(alert: Alert, then: number): Alert {
  return alert.status === 'firing' ? { ...alert, status: 'resolved', endsAt: then } : alert;
}

/** An attempt whose end nobody knew then. */
function undecided({ intent, result }: Attempt, at: number): Attempt {
  return { intent, result: result.at <= at ? result : { kind: 'done', at: intent.plannedAt, detail: '' } };
}

function ended(attempt: Attempt, then: number): Attempt {
  const { intent, result } = attempt;
  const refusal = { code: 'changed-since', why: 'so' } as const;
  // Of those whose result nobody knew then, every other one turns out to have been refused.
  const later =
    result.kind === 'done' && intent.rung % 2 === 0 ? { kind: 'refused' as const, at: then, refusal } : result;
  return { intent, result: later, verification: { verdict: 'recovered', reasons: ['well'], at: then } };
}

function asHistory({ intent }: Attempt): PastAction {
  return { ...aPast(intent.remedy, 0), actionId: intent.actionId, at: intent.plannedAt, outcome: 'healed' };
}

/** The columns that differ are what is shown. */
function expectSameRow(row: Float64Array, other: Float64Array): void {
  const different = FEATURES.filter((_, place) => !Object.is(row[place], other[place])).map(({ name }) => name);
  expect(different).toEqual([]);
}
