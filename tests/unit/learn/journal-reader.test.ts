import { describe, expect, test } from '@jest/globals';
import { readDecisions } from '../../../src/learn/journal-reader.ts';
import type { Store } from '../../../src/ports/store.ts';
import { workloadKey } from '../../../src/domain/workload.ts';
import { live, type Lived } from './lived.ts';

type Read = Parameters<typeof readDecisions>[0];

/** A store that only knows these incidents, newest last. */
function storeOf(lived: readonly Lived[], asked: Parameters<Store['actionsSince']>[0][] = []): Read {
  const byId = new Map<string, Lived>(lived.map((each) => [each.closed.id, each]));
  return {
    incidents: async ({ limit }) =>
      lived
        .map(({ closed: { id, phase, openedAt, updatedAt } }) => ({ id, phase, openedAt, updatedAt }))
        .toReversed()
        .slice(0, limit),
    incident: async (id) => byId.get(id)?.closed,
    history: async (id) => byId.get(id)?.events ?? [],
    async actionsSince(query) {
      asked.push(query);
      return [];
    },
  };
}

describe('reading the journal', () => {
  test('asks for the past of the workload of each incident, a day before it began', async () => {
    const one = await live({ turns: [{ remedy: 'rollback', ended: 'recovered' }], name: 'pay' });
    const asked: Parameters<Store['actionsSince']>[0][] = [];

    const { decisions } = await readDecisions(storeOf([one], asked));

    const workload = workloadKey({ kind: 'Deployment', namespace: 'shop', name: 'pay' });
    expect(asked).toEqual([{ since: one.closed.openedAt - 24 * 60 * 60 * 1000, workload }]);
    expect(decisions).toHaveLength(1);
  });

  test('leaves out what somebody changed, and says so, and reads the others', async () => {
    const turns = [{ remedy: 'rollback', ended: 'recovered' as const }];
    const [one, two] = [await live({ id: 'a', turns }), await live({ id: 'b', turns })];
    const text = JSON.stringify(one.events).replaceAll(/"evidence":\{/g, '"was":{');
    const broken = { ...one, events: JSON.parse(text) as Lived['events'] }; // Its own events, with a field renamed.

    const { decisions, incidents, unreadable } = await readDecisions(storeOf([broken, two]));

    expect(decisions.map(({ incident }) => incident)).toEqual(['b']);
    expect(incidents).toBe(1);
    expect(unreadable).toEqual([expect.stringMatching(/^a: /)]);
  });

  test('passes over incidents that were never scored', async () => {
    const { closed, events } = await live({ turns: [{ remedy: 'observed' }] });
    const { location: _, ...unlocated } = closed;

    expect(await readDecisions(storeOf([{ closed: unlocated, events }]))).toEqual({
      decisions: [],
      incidents: 0,
      unreadable: [],
    });
  });
});
