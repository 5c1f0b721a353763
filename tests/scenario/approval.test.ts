import { describe, expect, test } from '@jest/globals';
import type { Approval } from '../../src/domain/incident.ts';
import { lawfulStages, makeIll, untilEnded, untilPhase } from './lawful.ts';
import { aService, worldOf } from './worlds.ts';

const open = lawfulStages();
const asking = { scenario: worldOf(aService('checkout')), policy: { mode: 'approve', approvalTtlSeconds: 120 } };

function answer(decision: Approval['decision'], at: number): Approval {
  return { decision, by: 'ann', at };
}

describe('a person who is asked', () => {
  test('says no: nothing is done, and the no cannot be turned into a yes', async () => {
    const on = await open(asking);
    makeIll(on, 'bad-rollout-crash', 'checkout');
    const { id, updatedAt } = await untilPhase(on, 'awaiting-approval');

    const no = await on.app.store.approve({ incident: id, approval: answer('deny', updatedAt) });
    const yes = await on.app.store.approve({ incident: id, approval: answer('approve', updatedAt) });
    const end = await untilEnded(on, 'checkout');

    expect([no, yes]).toEqual([true, false]);
    expect(end).toMatchObject({ id, outcome: 'denied', because: 'ann said no to rollback' });
    expect(on.writes()).toEqual([]);
  });

  test('says yes too late: it is not heard', async () => {
    const on = await open(asking);
    makeIll(on, 'bad-rollout-crash', 'checkout');
    const { id, updatedAt } = await untilPhase(on, 'awaiting-approval');
    const end = await untilEnded(on, 'checkout');

    const heard = await on.app.store.approve({ incident: id, approval: answer('approve', updatedAt + 300_000) });
    await on.run(300);

    expect(heard).toBe(false);
    expect(end.outcome).toBe('expired');
    expect(on.writes()).toEqual([]);
  });

  test('of several people one is heard, through the service itself', async () => {
    const on = await open({ ...asking, config: { server: { port: 0 } } });
    makeIll(on, 'bad-rollout-crash', 'checkout');
    const { id } = await untilPhase(on, 'awaiting-approval');
    const url = await on.app.listen();

    const answers = await Promise.all(
      ['ann', 'bob', 'cleo'].map((by) =>
        fetch(`${url}/incidents/${id}/approval`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ decision: 'approve', by }),
        }),
      ),
    );
    const end = await untilEnded(on, 'checkout');

    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 409, 409]);
    expect(end).toMatchObject({ id, outcome: 'healed' });
    expect(on.writes()).toHaveLength(1);
  });
});
