import { describe, expect, test } from '@jest/globals';
import type { PastAction } from '../../../src/domain/incident.ts';
import { decisionsOf } from '../../../src/learn/decisions.ts';
import { scoreByRules } from '../../../src/score/rules.ts';
import { diagnosis } from '../../builders/incident.ts';
import { NIGHT } from '../../builders/journey.ts';
import { CONSIDERED, decisionsIn, live, type Turn } from './lived.ts';

const DAY = 24 * 60 * 60 * 1000;

describe('the decisions of a closed incident', () => {
  const cases: readonly { name: string; turns: readonly Turn[]; done: readonly unknown[] }[] = [
    {
      name: 'an action that helped',
      turns: [{ remedy: 'rollback', ended: 'recovered' }],
      done: [{ remedy: 'rollback', ended: 'recovered' }],
    },
    {
      name: 'an action that did not help, and the next that did',
      turns: [
        { remedy: 'rollout-restart', ended: 'not-recovered' },
        { remedy: 'rollback', ended: 'recovered' },
      ],
      done: [
        { remedy: 'rollout-restart', ended: 'not-recovered' },
        { remedy: 'rollback', ended: 'recovered' },
      ],
    },
    {
      name: 'an action of which nobody knows',
      turns: [{ remedy: 'rollback', ended: 'unknown' }],
      done: [{ remedy: 'rollback', ended: 'unknown' }],
    },
    {
      name: 'waiting that was right',
      turns: [{ remedy: 'none', ended: 'recovered' }],
      done: [{ remedy: 'none', ended: 'recovered' }],
    },
    {
      name: 'waiting in vain, and an action after it',
      turns: [
        { remedy: 'none', ended: 'not-recovered' },
        { remedy: 'rollback', ended: 'recovered' },
      ],
      done: [
        { remedy: 'none', ended: 'not-recovered' },
        { remedy: 'rollback', ended: 'recovered' },
      ],
    },
    { name: 'looking on', turns: [{ remedy: 'observed' }], done: [undefined] },
    {
      name: 'an action that did not help, and looking on',
      turns: [{ remedy: 'rollback', ended: 'not-recovered' }, { remedy: 'observed' }],
      done: [{ remedy: 'rollback', ended: 'not-recovered' }, undefined],
    },
  ];

  test.each(cases)('$name', async ({ turns, done }) => {
    const decisions = await decisionsIn({ turns });

    expect(decisions.map((each) => each.done)).toEqual(done);
    expect(decisions.map(({ place }) => place)).toEqual([...turns.keys()]);
  });

  test('each knows what was known when it was made, not what came later', async () => {
    const turns: readonly Turn[] = [
      { remedy: 'none', ended: 'not-recovered' },
      { remedy: 'rollback', ended: 'not-recovered' },
      { remedy: 'rollout-restart', ended: 'recovered' },
    ];

    const decisions = await decisionsIn({ turns, found: (turn) => ({ signals: { restarts: turn } }) });

    expect(decisions.map(({ known }) => known.diagnosis.evidence.signals)).toEqual([
      { restarts: 0 },
      { restarts: 1 },
      { restarts: 2 },
    ]);
    expect(decisions.map(({ known }) => [known.rung, known.attempts.length])).toEqual([
      [1, 0],
      [1, 0],
      [2, 1],
    ]);
  });

  test('an incident whose write may never have happened proves nothing', async () => {
    const { closed, events } = await live({ turns: [{ remedy: 'rollback', ended: 'recovered' }] });
    const doubtful = JSON.parse(
      JSON.stringify(events).replaceAll('"kind":"done"', '"kind":"unknown"'),
    ) as typeof events;

    const [decision] = decisionsOf(closed, doubtful, []);

    expect(decision?.done).toEqual({ remedy: 'rollback', ended: 'unknown' });
  });

  test('an incident that merged into another while it was watched proves nothing', async () => {
    const { closed, events } = await live({ turns: [{ remedy: 'rollback', ended: 'recovered' }] });
    const merged = JSON.parse(
      JSON.stringify(events).replace('"outcome":"healed"', '"outcome":"merged"'),
    ) as typeof events;

    const [decision] = decisionsOf(closed, merged, []);

    expect(decision?.done).toEqual({ remedy: 'rollback', ended: 'unknown' });
  });

  test('the past is that of the day before, without how actions of the same incident ended', async () => {
    const workload = 'Deployment/shop/cart';
    const actions: readonly PastAction[] = [
      { actionId: 'inc-0/1', workload, remedy: 'rollback', at: NIGHT - 60_000, outcome: 'not-healed' },
      { actionId: 'inc-1/1', workload, remedy: 'rollback', at: NIGHT + 1, outcome: 'not-healed' },
      { actionId: 'old/1', workload, remedy: 'rollback', at: NIGHT - 2 * DAY, outcome: 'not-healed' },
      { actionId: 'later/1', workload, remedy: 'rollback', at: NIGHT + DAY, outcome: 'not-healed' },
    ];

    const [decision] = await decisionsIn({ turns: [{ remedy: 'rollback', ended: 'recovered' }] }, actions);

    expect(decision?.known.history).toEqual([
      { actionId: 'inc-0/1', workload, remedy: 'rollback', at: NIGHT - 60_000, outcome: 'not-healed' },
      { actionId: 'inc-1/1', workload, remedy: 'rollback', at: NIGHT + 1 },
    ]);
  });

  test('the candidates are those that were scored, before a plan refused one of them', async () => {
    const question = { diagnosis: diagnosis('crash-loop'), considered: CONSIDERED, history: [] };

    const [decision] = await decisionsIn({ turns: [{ remedy: 'rollback', ended: 'recovered' }] });

    expect(decision?.candidates).toEqual(scoreByRules(question));
  });

  test('events that nobody can read are passed over', async () => {
    const { closed, events } = await live({ turns: [{ remedy: 'rollback', ended: 'recovered' }] });
    const strange = events.map((event) => ({ ...event, body: 'somebody wrote here' }));

    expect(decisionsOf(closed, strange, [])).toEqual([]);
  });
});
