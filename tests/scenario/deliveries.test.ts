import { describe, expect, test } from '@jest/globals';
import { needsPerson } from '../../src/notify/milestone.ts';
import { lawfulStages, endedOf, makeIll, untilEnded } from './lawful.ts';
import { aService, worldOf } from './worlds.ts';

const open = lawfulStages();
const scenario = worldOf(aService('checkout'));

describe('one episode', () => {
  test('told again and again after it was healed is not healed again, and nobody is called for it', async () => {
    const on = await open({ scenario, copies: 2 });
    makeIll(on, 'bad-rollout-crash', 'checkout');
    await untilEnded(on, 'checkout');
    await on.run(300);
    const sent = on.webhooks();

    // Another Alertmanager was cut off for a while: its webhooks come late, in its own order, and more than once.
    for (const body of [...sent, ...sent.toReversed(), ...sent]) {
      await on.post({ ...body, externalURL: 'http://alertmanager-3' });
      await on.run(20);
    }
    await on.run(200);

    expect(sent.length).toBeGreaterThanOrEqual(2);
    expect(on.writes()).toHaveLength(1);
    expect((await on.incidents()).filter(needsPerson)).toEqual([]);
  });

  test('that begins anew after it was over is healed anew', async () => {
    const on = await open({ scenario });
    makeIll(on, 'bad-rollout-crash', 'checkout');
    await untilEnded(on, 'checkout');
    await on.run(600);

    makeIll(on, 'bad-rollout-crash', 'checkout');
    await on.until('it is healed twice', 900, async () => (await endedOf(on, 'checkout')).length === 2);

    expect((await endedOf(on, 'checkout')).map((each) => each.outcome)).toEqual(['healed', 'healed']);
    expect(on.writes()).toHaveLength(2);
  });
});

describe('a webhook', () => {
  const nonsense = [
    null,
    'firing',
    { status: 'firing' },
    { status: 'perhaps', labels: { alertname: 'A' }, annotations: {}, startsAt: 'yesterday', fingerprint: 'x' },
    { status: 'firing', labels: { pod: 7 }, annotations: {}, startsAt: '2026-11-21T03:00:00Z', fingerprint: '0' },
    {
      status: 'firing',
      labels: { alertname: 'A', namespace: '../../kube-system', pod: '$(reboot)' },
      annotations: {},
      startsAt: '2026-11-21T03:00:00Z',
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: '',
      fingerprint: 'ffffffffffffffff',
    },
  ];

  test.each([
    { name: 'before', around: (alerts: readonly object[]) => [...nonsense, ...alerts] },
    { name: 'after', around: (alerts: readonly object[]) => [...alerts, ...nonsense] },
  ])('with alerts that are no alerts $name a good one heals the good one', async ({ around }) => {
    const on = await open({ scenario, tamper: (body) => ({ ...body, alerts: around(body.alerts) }) });
    makeIll(on, 'bad-rollout-crash', 'checkout');

    const end = await untilEnded(on, 'checkout');

    expect(end.outcome).toBe('healed');
    expect(on.writes()).toHaveLength(1);
  });

  test('that is no webhook holds up none behind it', async () => {
    const on = await open({ scenario });
    await on.post({ hello: 'world' });
    await on.post([]);
    makeIll(on, 'bad-rollout-crash', 'checkout');

    const end = await untilEnded(on, 'checkout');

    expect(end.outcome).toBe('healed');
  });
});
