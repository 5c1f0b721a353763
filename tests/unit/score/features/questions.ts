import { expect, test } from '@jest/globals';

import type { Alert } from '../../../../src/domain/alert.ts';
import type { Evidence, Signals } from '../../../../src/domain/diagnosis.ts';
import type { Attempt, PastAction, Verification } from '../../../../src/domain/incident.ts';
import { actionId, type ActionResult, type Candidate } from '../../../../src/domain/remedy.ts';
import { FEATURES, featuresOf } from '../../../../src/score/features/features.ts';
import type { FeatureQuestion, RemedyTraits } from '../../../../src/score/features/question.ts';
import { anEvidence, HOUR, MINUTE, NOW } from '../../../builders/evidence.ts';

export const TRAITS: readonly RemedyTraits[] = [
  { name: 'rollback', cures: { 'errors-after-rollout': 0.9 }, changes: ['pods', 'revision'] },
  { name: 'scale-up', cures: { 'cpu-saturation': 0.9 }, changes: ['capacity'] },
  { name: 'restart-pod', cures: { 'one-bad-pod': 0.95, 'memory-leak': 0.7 }, changes: ['pods'] },
];

export const ROLLBACK: Candidate = {
  remedy: 'rollback',
  score: 0.72,
  cures: 'errors-after-rollout',
  because: ['0.9 x 0.8'],
  disruption: { readyReplicaMinutes: 6, because: '2 ready pods' },
};
export const NONE: Candidate = { remedy: 'none', score: 0.1, cures: 'errors-after-rollout', because: ['passes'] };
export const REFUSED: Candidate = {
  remedy: 'scale-up',
  score: 0,
  cures: 'errors-after-rollout',
  because: ['no'],
  refusal: { code: 'does-not-cure', why: 'no' },
};

/** An alert that has fired for 15 minutes. */
export function anAlert(name: string, changes: Partial<Alert> = {}): Alert {
  return {
    fingerprint: '00000000000000aa',
    status: 'firing',
    labels: { alertname: name, severity: 'warning', namespace: 'shop' },
    annotations: {},
    startsAt: NOW - 15 * MINUTE,
    generatorURL: '',
    ...changes,
  };
}

/** A healthy workload, a diagnosis of errors after a rollout, and nothing done so far. */
export function aQuestion(changes: Partial<FeatureQuestion> = {}): FeatureQuestion {
  return {
    diagnosis: {
      evidence: anEvidence(),
      causes: [{ name: 'errors-after-rollout', confidence: 0.8, because: ['so'], symptoms: ['error_ratio'] }],
    },
    alerts: [anAlert('AutoHealErrorRatioHigh')],
    candidates: [ROLLBACK, NONE, REFUSED],
    history: [],
    attempts: [],
    rung: 1,
    traits: TRAITS,
    ...changes,
  };
}

/** An attempt of this incident, ten minutes ago, which verification found to be of no use two minutes ago. */
export function anAttempt(
  remedy: string,
  { rung = 1, at = NOW - 10 * MINUTE, ...ends }: Partial<Ends> & { rung?: number; at?: number } = {},
): Attempt {
  const target = { kind: 'Deployment', namespace: 'shop', name: 'web' };
  const verification: Verification = { verdict: 'not-recovered', reasons: ['still ill'], at: NOW - 2 * MINUTE };
  return {
    intent: {
      actionId: actionId('inc-1', rung),
      remedy,
      rung,
      cures: 'errors-after-rollout',
      summary: '',
      target,
      uid: 'uid-web',
      resourceVersion: '1',
      plannedAt: at,
      write: { method: 'PATCH', path: '/', contentType: 'application/merge-patch+json', body: {} },
    },
    result: ends.result ?? { kind: 'done', at: at + 1000, detail: '' },
    ...('verification' in ends
      ? ends.verification !== undefined && { verification: ends.verification }
      : { verification }),
  };
}

interface Ends {
  readonly result: ActionResult;
  readonly verification: Verification | undefined;
}

/** An action of an earlier incident, hours ago. */
export function aPast(remedy: string, hours: number, changes: Partial<PastAction> = {}): PastAction {
  return {
    actionId: `inc-0/${hours}`,
    workload: 'Deployment/shop/web',
    remedy,
    at: NOW - hours * HOUR,
    outcome: 'not-healed',
    ...changes,
  };
}

/** Of a row, the values that are asked for by name, to three digits; null where missing. */
export function read(row: Float64Array, names: readonly string[]): Record<string, number | null> {
  return Object.fromEntries(
    names.map((name) => {
      const place = FEATURES.findIndex((feature) => feature.name === name);
      const value = row[place];
      if (value === undefined) throw new Error(`no feature ${name}`);
      return [name, Number.isNaN(value) ? null : Math.round(value * 1000) / 1000];
    }),
  );
}

/** What the row of a candidate says in the columns that are asked for. */
export function valuesOf(
  question: FeatureQuestion,
  names: readonly string[],
  candidate: Candidate = ROLLBACK,
): Record<string, number | null> {
  return read(featuresOf(question, candidate), names);
}

/** The question with other evidence, and nothing else changed. */
export function withEvidence(changes: Partial<Evidence>, signals: Signals = {}): FeatureQuestion {
  const { diagnosis } = aQuestion();
  return aQuestion({ diagnosis: { ...diagnosis, evidence: anEvidence(changes, signals) } });
}

/** What a row is expected to say in some of its columns; null where missing. */
export interface Case {
  readonly name: string;
  readonly question: FeatureQuestion;
  readonly candidate?: Candidate;
  readonly expected: Readonly<Record<string, number | null>>;
}

/** One test for each case. */
export function checked(cases: readonly Case[]): void {
  test.each(cases)('$name', ({ question, candidate, expected }) => {
    expect(valuesOf(question, Object.keys(expected), candidate)).toEqual(expected);
  });
}
