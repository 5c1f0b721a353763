import { describe, expect, test } from '@jest/globals';
import type { Incident, Outcome, Verdict } from '../../../src/domain/incident.ts';
import { isMilestone, milestone, milestoneKey, needsPerson } from '../../../src/notify/milestone.ts';
import {
  ACT,
  aCandidate,
  decided,
  diagnosed,
  intended,
  located,
  NIGHT,
  received,
  scored,
  verifying,
} from '../../builders/journey.ts';
import { aClosed, ACTED } from '../../contract/notifier.contract.ts';

const ASK = { kind: 'ask', candidate: aCandidate(), mode: 'approve', expiresAt: NIGHT + 60_000 } as const;
const AWAITING: Incident = { ...decided(ASK), phase: 'awaiting-approval', verdict: ASK };
const WAIT: Verdict = { kind: 'wait', because: 'it passes' };
const REFUSE: Verdict = { kind: 'refuse', refusals: [{ code: 'protected', why: 'it is protected' }] };

describe('milestone', () => {
  test.each<{ name: string; incident: Incident; key: string | undefined }>([
    { name: 'received', incident: received(), key: undefined },
    { name: 'located', incident: located(), key: undefined },
    { name: 'diagnosed', incident: diagnosed(), key: undefined },
    { name: 'scored', incident: scored(), key: undefined },
    { name: 'decided to act', incident: decided(ACT), key: 'opened' },
    { name: 'decided to wait', incident: decided(WAIT), key: 'opened' },
    { name: 'decided to act on the second rung', incident: decided(ACT, { rung: 2 }), key: undefined },
    { name: 'decided again after waiting', incident: decided(ACT, { waited: true }), key: undefined },
    { name: 'decided to ask: the question itself follows', incident: decided(ASK), key: undefined },
    { name: 'decided to refuse: the end follows', incident: decided(REFUSE), key: undefined },
    { name: 'awaiting approval', incident: AWAITING, key: 'asked-1' },
    { name: 'intended', incident: intended(), key: undefined },
    { name: 'acted', incident: ACTED, key: 'acted-1' },
    { name: 'verifying', incident: verifying(), key: undefined },
    { name: 'closed', incident: aClosed('healed'), key: 'closed' },
    { name: 'merged', incident: aClosed('merged'), key: undefined },
  ])('$name', ({ incident, key }) => {
    expect(milestoneKey(incident)).toBe(key);
    expect(milestone(incident)).toBe(key?.replace(/-\d+$/, ''));
  });

  test.each([
    { name: 'a step into it', after: ACTED, before: intended(), reached: true },
    { name: 'a step within it', after: AWAITING, before: AWAITING, reached: false },
    { name: 'a step past it', after: verifying(), before: ACTED, reached: false },
  ])('$name', ({ after, before, reached }) => {
    expect(isMilestone(after, before)).toBe(reached);
  });

  test('every outcome but those that are over by themselves or by a person needs one', () => {
    const outcomes: readonly Outcome[] = [
      ...(['healed', 'self-recovered', 'observed', 'refused', 'denied', 'expired'] as const),
      ...(['cancelled', 'not-healed', 'unknown', 'escalated', 'merged'] as const),
    ];

    const needy = outcomes.filter((outcome) => needsPerson(aClosed(outcome)));

    expect(needy).toEqual(['refused', 'expired', 'not-healed', 'unknown', 'escalated']);
    expect(needsPerson(AWAITING)).toBe(true);
    expect(needsPerson(ACTED)).toBe(false);
  });
});
