import { describe } from '@jest/globals';

import { MINUTE, NOW } from '../../../builders/evidence.ts';
import { anAttempt, aPast, aQuestion, checked, NONE, REFUSED, ROLLBACK, TRAITS } from './questions.ts';

describe('history', () => {
  checked([
    {
      name: 'nothing was done so far',
      question: aQuestion(),
      expected: { past_failures: 0, rung: 1, same_remedy_failures: 0 },
    },
    {
      name: 'the same remedy failed twice on other days, and what happened to a third nobody knows',
      question: aQuestion({
        history: [aPast('rollback', 5), aPast('rollback', 3), aPast('rollback', 7, { outcome: 'unknown' })],
      }),
      expected: { past_failures: 1.585, same_remedy_failures: 1.807 },
    },
    {
      name: 'another remedy helped an hour and a bit ago',
      question: aQuestion({ history: [aPast('restart-pod', 1.05, { outcome: 'healed' }), aPast('rollback', 9)] }),
      expected: { past_failures: 1, same_remedy_failures: 1 },
    },
    {
      name: 'the second rung: the first failed, ten minutes ago, whatever the history says of it',
      question: aQuestion({
        rung: 2,
        attempts: [anAttempt('rollback')],
        history: [{ ...aPast('rollback', 0), actionId: 'inc-1/1', at: NOW - 10 * MINUTE, outcome: 'healed' }],
      }),
      expected: { rung: 2, past_failures: 1 },
    },
    {
      name: 'what the API server refused was never done',
      question: aQuestion({
        rung: 2,
        attempts: [
          anAttempt('rollback', {
            result: { kind: 'refused', at: NOW - MINUTE, refusal: { code: 'changed-since', why: 'x' } },
          }),
        ],
      }),
      expected: { past_failures: 0, same_remedy_failures: 0 },
    },
  ]);
});

describe('causes, rules and the remedy', () => {
  checked([
    {
      name: 'the best candidate of the rules',
      question: aQuestion(),
      expected: {
        cause_errors_after_rollout: 0.8,
        rule_score: 0.72,
        rule_rank: 1,
        rule_lead: 0.62,
        remedy_waits: 0,
        changes_pods: 1,
        changes_revision: 1,
        changes_capacity: 0,
        changes_traffic: 0,
        remedy_likelihood: 0.9,
        remedy_cause_confidence: 0.8,
        remedy_rollback: 1,
      },
    },
    {
      name: 'to wait',
      question: aQuestion(),
      candidate: NONE,
      expected: {
        remedy_waits: 1,
        changes_pods: 0,
        changes_revision: 0,
        remedy_likelihood: 0.1,
        rule_score: 0.1,
        rule_rank: 2,
        rule_lead: -0.62,
        remedy_rollback: 0,
      },
    },
    {
      name: 'a refused one has no opinion of the rules, and nobody worked out its cost',
      question: aQuestion(),
      candidate: REFUSED,
      expected: {
        rule_score: null,
        rule_rank: null,
        rule_lead: null,
        remedy_likelihood: null,
        remedy_scale_up: 1,
        changes_capacity: 1,
      },
    },
    {
      name: 'alone there is nothing to lead',
      question: aQuestion({ candidates: [ROLLBACK] }),
      expected: { rule_rank: 1, rule_lead: null },
    },
    {
      name: 'a remedy that the model never met is known by its traits',
      question: aQuestion({
        traits: [...TRAITS, { name: 'flush', cures: { 'errors-after-rollout': 0.4 }, changes: ['traffic'] }],
      }),
      candidate: { ...ROLLBACK, remedy: 'flush' },
      expected: { changes_traffic: 1, changes_pods: 0, remedy_likelihood: 0.4, remedy_rollback: 0, remedy_waits: 0 },
    },
    {
      name: 'and one that declares nothing by nothing',
      question: aQuestion(),
      candidate: { ...ROLLBACK, remedy: 'flush' },
      expected: { changes_traffic: null, remedy_likelihood: null, remedy_rollback: 0 },
    },
  ]);
});
