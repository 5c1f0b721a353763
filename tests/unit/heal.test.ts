import { describe, expect, test } from '@jest/globals';
import type { Incident, IncidentId } from '../../src/domain/incident.ts';
import { advance, type HealDeps } from '../../src/heal.ts';
import {
  ACT,
  aCandidate,
  aCause,
  aDiagnosis,
  anAlert,
  anIntent,
  aPolicy,
  CART,
  decided,
  diagnosed,
  intended,
  located,
  NIGHT,
  received,
  scored,
  verifying,
} from '../builders/journey.ts';

const RESOLVED = [anAlert({ status: 'resolved', endsAt: NIGHT })];
const OTHER = 'inc-2' as IncidentId; // Ids are branded strings; tests choose them.

/** A journey on which everything goes well; each case overrides what goes otherwise. */
function deps(overrides: Partial<HealDeps> = {}): HealDeps {
  return {
    locate: async () => CART,
    diagnose: async () => aDiagnosis(),
    score: () => [aCandidate()],
    decide: async () => ACT,
    plan: async () => ({ kind: 'planned', intent: anIntent() }),
    mayStillAct: async () => undefined,
    execute: async () => ({ kind: 'done', at: NIGHT, detail: 'patched' }),
    readBack: async (_intent, refusal) => ({ kind: 'refused', at: NIGHT, refusal }),
    mayTakeBack: async () => undefined,
    takeBack: async () => ({ kind: 'undone', detail: 'as before' }),
    verify: async () => ({ verdict: 'recovered', reasons: ['2 of 2 pods are ready'], at: NIGHT }),
    judge: ({ check }) => ({ kind: 'recovered', verification: check }),
    openIncidentOf: async () => undefined,
    historyOf: async () => [],
    approvalOf: async () => undefined,
    policy: aPolicy(),
    now: () => NIGHT,
    ...overrides,
  };
}

const ASK = { kind: 'ask', candidate: aCandidate(), mode: 'approve', expiresAt: NIGHT + 60_000 } as const;
const awaiting = { ...scored(), phase: 'awaiting-approval', verdict: ASK } as const;
const notRecovered = { verdict: 'not-recovered', reasons: ['0 of 2 pods are ready'], at: NIGHT } as const;
const failedJudgement: Partial<HealDeps> = { judge: () => ({ kind: 'not-recovered', verification: notRecovered }) };
const attempt = { intent: anIntent(), result: { kind: 'done', at: NIGHT, detail: '' } } as const;

interface Case {
  readonly name: string;
  readonly from: Incident;
  readonly given?: Partial<HealDeps>;
  readonly to: object;
}

const cases: readonly Case[] = [
  { name: 'received -> located', from: received(), to: { phase: 'located', location: CART } },
  {
    name: 'received, all resolved -> cancelled',
    from: received({ alerts: RESOLVED }),
    to: { phase: 'closed', outcome: 'cancelled' },
  },
  {
    name: 'received, no workload can be named -> escalated with the candidates',
    from: received(),
    given: {
      locate: async () => ({ kind: 'unlocated', reason: 'ambiguous', why: 'two owners', candidates: [CART.workload] }),
    },
    to: { phase: 'closed', outcome: 'escalated', because: 'two owners', location: { candidates: [CART.workload] } },
  },
  {
    name: 'received, the workload has an open incident -> merged',
    from: received(),
    given: { openIncidentOf: async () => OTHER },
    to: { phase: 'closed', outcome: 'merged', mergedInto: OTHER },
  },
  { name: 'located -> diagnosed', from: located(), to: { phase: 'diagnosed' } },
  { name: 'diagnosed -> scored', from: diagnosed(), to: { phase: 'scored', candidates: [aCandidate()] } },
  { name: 'scored -> decided', from: scored(), to: { phase: 'decided', verdict: ACT } },
  { name: 'decided to act -> intended', from: decided(ACT), to: { phase: 'intended', intent: anIntent() } },
  {
    name: 'decided to act, resolved meanwhile -> cancelled',
    from: decided(ACT, { alerts: RESOLVED }),
    to: { phase: 'closed', outcome: 'cancelled' },
  },
  {
    name: 'decided to act, a guard says no now -> refused',
    from: decided(ACT),
    given: { mayStillAct: async () => ({ code: 'silenced', why: 'silence abc' }) },
    to: { phase: 'closed', outcome: 'refused', because: 'silenced: silence abc' },
  },
  {
    name: 'decided to act, Alertmanager holds the alerts no more -> cancelled',
    from: decided(ACT),
    given: { mayStillAct: async () => ({ code: 'resolved', why: 'they are over' }) },
    to: { phase: 'closed', outcome: 'cancelled' },
  },
  {
    name: 'decided to refuse what Alertmanager holds no more -> cancelled',
    from: decided({
      kind: 'refuse',
      refusals: [
        { code: 'resolved', why: 'they are over' },
        { code: 'cooldown', why: '40 s to go' },
      ],
    }),
    to: { phase: 'closed', outcome: 'cancelled' },
  },
  {
    name: 'decided to refuse the next rung after one that did not help -> not healed, with the reason of the refusal',
    from: decided(
      { kind: 'refuse', refusals: [{ code: 'budget-spent', why: 'no more today' }] },
      { attempts: [{ ...attempt, verification: notRecovered }] },
    ),
    to: { phase: 'closed', outcome: 'not-healed', because: 'budget-spent: no more today' },
  },
  {
    name: 'decided on the next rung, resolved meanwhile -> unknown: the rung before may have helped after all',
    from: decided(ACT, { alerts: RESOLVED, attempts: [{ ...attempt, verification: notRecovered }] }),
    to: { phase: 'closed', outcome: 'unknown' },
  },
  {
    name: 'decided to act, the dry run is refused -> decides again without that remedy',
    from: decided(ACT),
    given: { plan: async () => ({ kind: 'refused', refusal: { code: 'dry-run-refused', why: '422' } }) },
    to: { phase: 'scored', candidates: [{ remedy: 'rollback', score: 0, refusal: { code: 'dry-run-refused' } }] },
  },
  {
    name: 'decided to observe -> observed',
    from: decided({ kind: 'observe', candidate: aCandidate(), mode: 'observe' }),
    to: { phase: 'closed', outcome: 'observed' },
  },
  {
    name: 'decided to wait -> verifying without an action',
    from: decided({ kind: 'wait', because: 'heals itself' }),
    to: { phase: 'verifying', startedAt: NIGHT },
  },
  {
    name: 'refused -> refused, with every reason',
    from: decided({ kind: 'refuse', refusals: [{ code: 'protected', why: 'kube-system' }] }),
    to: { phase: 'closed', outcome: 'refused', because: 'protected: kube-system' },
  },
  {
    name: 'refused, since nothing fires any more -> cancelled',
    from: decided({ kind: 'refuse', refusals: [{ code: 'resolved', why: 'over' }] }, { alerts: RESOLVED }),
    to: { phase: 'closed', outcome: 'cancelled' },
  },
  {
    name: 'escalated -> escalated',
    from: decided({ kind: 'escalate', because: 'the cause is unknown' }),
    to: { phase: 'closed', outcome: 'escalated' },
  },
  {
    name: 'a cause that is unknown -> looks again',
    from: decided({ kind: 'escalate', because: 'unknown' }, { diagnosis: aDiagnosis(aCause('unknown', 0)) }),
    to: { phase: 'located', rung: 1, attempts: [], looks: 1 },
  },
  {
    name: 'a cause that is still unknown after six more looks -> escalated',
    from: decided({ kind: 'escalate', because: 'unknown' }, { diagnosis: aDiagnosis(aCause('unknown', 0)), looks: 6 }),
    to: { phase: 'closed', outcome: 'escalated' },
  },
  {
    name: 'a remedy that does not score enough yet -> looks again',
    from: decided({ kind: 'refuse', refusals: [{ code: 'low-score', why: '0.3' }] }, { looks: 5 }),
    to: { phase: 'located', looks: 6 },
  },
  {
    name: 'no remedy, but one would do once a rollout is over -> looks again',
    from: decided(
      { kind: 'escalate', because: 'nothing can be done' },
      {
        candidates: [
          aCandidate({ score: 0, refusal: { code: 'rollout-in-progress', why: '1 of 2 replicas are updated' } }),
        ],
      },
    ),
    to: { phase: 'located', looks: 1 },
  },
  {
    name: 'intended, a budget says no for now -> stays intended until it is asked again',
    from: intended(),
    given: { execute: async () => ({ kind: 'waiting', until: NIGHT + 10_000, detail: 'budget says no' }) },
    to: { phase: 'intended', intent: anIntent() },
  },
  { name: 'decided to ask -> awaiting approval', from: decided(ASK), to: { phase: 'awaiting-approval' } },
  { name: 'no answer yet -> goes on waiting', from: awaiting, to: { phase: 'awaiting-approval' } },
  {
    name: 'approved -> intended',
    from: awaiting,
    given: { approvalOf: async () => ({ decision: 'approve', by: 'ann', at: NIGHT }) },
    to: { phase: 'intended' },
  },
  {
    name: 'approved, but the cause is another one by now -> escalated, nothing is planned',
    from: awaiting,
    given: {
      approvalOf: async () => ({ decision: 'approve', by: 'ann', at: NIGHT }),
      diagnose: async () => aDiagnosis(aCause('memory-leak')),
    },
    to: { phase: 'closed', outcome: 'escalated' },
  },
  {
    name: 'approved, the cause is still among those found -> intended',
    from: awaiting,
    given: {
      approvalOf: async () => ({ decision: 'approve', by: 'ann', at: NIGHT }),
      diagnose: async () => ({ ...aDiagnosis(aCause('crash-loop')), causes: [aCause('crash-loop'), aCause()] }),
    },
    to: { phase: 'intended' },
  },
  {
    name: 'approved, but nothing shows at this moment -> looks again soon, the approval stands',
    from: awaiting,
    given: {
      approvalOf: async () => ({ decision: 'approve', by: 'ann', at: NIGHT }),
      diagnose: async () => aDiagnosis(aCause('unknown', 0)),
    },
    to: { phase: 'awaiting-approval' },
  },
  {
    name: 'denied -> denied, by name',
    from: awaiting,
    given: { approvalOf: async () => ({ decision: 'deny', by: 'ann', at: NIGHT }) },
    to: { phase: 'closed', outcome: 'denied', because: 'ann said no to rollback' },
  },
  {
    name: 'nobody answered in time -> expired',
    from: awaiting,
    given: { now: () => NIGHT + 60_000 },
    to: { phase: 'closed', outcome: 'expired' },
  },
  { name: 'intended -> acted', from: intended(), to: { phase: 'acted', result: { kind: 'done' } } },
  {
    name: 'intended, a guard says no and the object shows no write -> refused',
    from: intended(),
    given: { mayStillAct: async () => ({ code: 'opted-out', why: 'annotation' }) },
    to: { phase: 'closed', outcome: 'refused' },
  },
  {
    name: 'intended, a guard says no but the write happened before a crash -> acted, and verified',
    from: intended(),
    given: {
      mayStillAct: async () => ({ code: 'opted-out', why: 'annotation' }),
      readBack: async () => ({ kind: 'already-done', at: NIGHT, detail: 'action id found' }),
    },
    to: { phase: 'acted', result: { kind: 'already-done' } },
  },
  {
    name: 'intended, the object changed since -> looks again, one rung on',
    from: intended(),
    given: { execute: async () => ({ kind: 'refused', at: NIGHT, refusal: { code: 'changed-since', why: '409' } }) },
    to: { phase: 'located', rung: 2 },
  },
  {
    name: 'intended, forbidden -> refused for good',
    from: intended(),
    given: { execute: async () => ({ kind: 'refused', at: NIGHT, refusal: { code: 'forbidden', why: '403' } }) },
    to: { phase: 'closed', outcome: 'refused' },
  },
  {
    name: 'acted -> verifying',
    from: { ...intended(), phase: 'acted', result: attempt.result },
    to: { phase: 'verifying' },
  },
  {
    name: 'recovered after an action -> healed',
    from: verifying(),
    to: { phase: 'closed', outcome: 'healed', attempts: [{ intent: { remedy: 'rollback' } }] },
  },
  {
    name: 'recovered without an action -> self-recovered',
    from: { ...decided({ kind: 'wait', because: '' }), phase: 'verifying', startedAt: NIGHT },
    to: { phase: 'closed', outcome: 'self-recovered' },
  },
  {
    name: 'not yet decided -> goes on verifying and remembers since when it is healthy',
    from: verifying(),
    given: { judge: () => ({ kind: 'continue', healthySince: NIGHT, dueAt: NIGHT + 10_000 }) },
    to: { phase: 'verifying', healthySince: NIGHT },
  },
  {
    name: 'not recovered -> the next rung',
    from: verifying(),
    given: failedJudgement,
    to: { phase: 'located', rung: 2, attempts: [{ verification: notRecovered }] },
  },
  {
    name: 'not recovered on the last rung -> not healed',
    from: verifying({ rung: 2, attempts: [attempt], intent: anIntent({ rung: 2, remedy: 'restart-pod' }) }),
    given: failedJudgement,
    to: { phase: 'closed', outcome: 'not-healed' },
  },
  {
    name: 'not recovered after another step of the same remedy -> the next rung: the ladder is made of remedies',
    from: verifying({ rung: 2, attempts: [attempt], intent: anIntent({ rung: 2 }) }),
    given: failedJudgement,
    to: { phase: 'located', rung: 3 },
  },
  {
    name: 'not recovered after the fourth step of one remedy -> not healed',
    from: verifying({ rung: 4, attempts: [attempt, attempt, attempt], intent: anIntent({ rung: 4 }) }),
    given: failedJudgement,
    to: { phase: 'closed', outcome: 'not-healed' },
  },
  {
    name: 'nobody can tell -> unknown, never healed',
    from: verifying(),
    given: {
      judge: () => ({ kind: 'unknown', verification: { verdict: 'unknown', reasons: ['no samples'], at: NIGHT } }),
    },
    to: { phase: 'closed', outcome: 'unknown' },
  },
  {
    name: 'waited in vain -> looks again, and does not wait a second time',
    from: { ...decided({ kind: 'wait', because: '' }), phase: 'verifying', startedAt: NIGHT },
    given: failedJudgement,
    to: { phase: 'located', waited: true },
  },
];

describe('advance', () => {
  test.each(cases)('$name', async ({ from, given, to }) => {
    const step = await advance(from, deps(given));

    expect(step.after).toMatchObject(to);
  });

  test('locating claims the workload, so that only one incident of it is open', async () => {
    const step = await advance(received(), deps());

    expect(step.workload).toBe('Deployment/shop/cart');
  });

  test('the intent is committed with the limits of the policy before anything is written', async () => {
    const execute = async (): Promise<never> => {
      throw new Error('must not be called');
    };

    const step = await advance(decided(ACT), deps({ execute }));

    expect(step.intent).toMatchObject({
      workload: 'Deployment/shop/cart',
      limits: { perHour: 20, cooldownMs: 600_000 },
    });
  });

  test('the second rung of one ladder is not held up by the cooldown of its first', async () => {
    const step = await advance(decided(ACT, { attempts: [attempt], rung: 2 }), deps());

    expect(step.intent?.limits.cooldownMs).toBe(0);
  });

  test('a cluster that cannot be asked is an error to try again, not an answer', async () => {
    const locate: HealDeps['locate'] = async () => ({
      kind: 'unlocated',
      reason: 'lookup-failed',
      why: 'timed out',
      candidates: [],
    });

    await expect(advance(received(), deps({ locate }))).rejects.toMatchObject({
      code: 'PORT_UNREACHABLE',
      retryable: true,
    });
  });

  test('every refusal of the object ends: the same incident is not looked at for ever', async () => {
    const given = deps({
      execute: async () => ({ kind: 'refused', at: NIGHT, refusal: { code: 'changed-since', why: '409' } }),
    });
    let steps = 0;
    let incident: Incident = received();

    while (incident.phase !== 'closed' && steps < 100) {
      incident = (await advance(incident, given)).after;
      steps += 1;
    }

    expect(incident).toMatchObject({ phase: 'closed', outcome: 'refused' });
    expect(incident.attempts).toHaveLength(6);
  });
});
