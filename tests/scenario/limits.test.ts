import { describe, expect, test } from '@jest/globals';
import { endedOf, lawfulStages, makeIll, nameOf, untilEnded } from './lawful.ts';
import { aService, worldOf } from './worlds.ts';

const open = lawfulStages();

describe('a storm', () => {
  test('of 30 workloads at once is answered with as many writes as the hour allows; the others are told why not', async () => {
    const services = Array.from({ length: 30 }, (_, index) => aService(`service-${index + 1}`, { replicas: 1 }));
    const on = await open({
      scenario: { ...worldOf(...services), prehistorySeconds: 400 },
      policy: { maxActionsPerHour: 5 },
    });
    for (const { name } of services) makeIll(on, 'bad-rollout-crash', name);

    await on.run(400);

    const ends = (await on.incidents()).flatMap((each) => (each.phase === 'closed' ? [each] : []));
    expect(on.writes()).toHaveLength(5);
    expect(new Set(on.writes().map((write) => write.path)).size).toBe(5);
    expect(ends.filter((each) => each.outcome === 'healed')).toHaveLength(5);
    const refused = ends.filter((each) => each.because.includes('5 actions within an hour, 5 are allowed'));
    expect(new Set(refused.map(nameOf)).size).toBe(25);
  });
});

describe('an illness that comes back after each heal', () => {
  test('is a matter for people from the fourth time on', async () => {
    const on = await open({ scenario: worldOf(aService('checkout')) });

    for (let round = 1; round <= 6; round += 1) {
      makeIll(on, 'bad-rollout-crash', 'checkout');
      await on.run(420);
    }

    const ends = await endedOf(on, 'checkout');
    expect(ends.slice(0, 3).map((each) => each.outcome)).toEqual(['healed', 'healed', 'healed']);
    expect(ends.slice(3).map((each) => each.because)).toEqual(
      ends.slice(3).map(() => expect.stringContaining('recurring')),
    );
    expect(ends.length).toBeGreaterThan(3);
    expect(on.writes()).toHaveLength(3);
  });

  test('within the cooldown is not acted on a second time', async () => {
    const on = await open({ scenario: worldOf(aService('checkout')), policy: { cooldownSeconds: 3600 } });
    makeIll(on, 'bad-rollout-crash', 'checkout');
    await untilEnded(on, 'checkout');
    await on.run(300);

    makeIll(on, 'bad-rollout-crash', 'checkout');
    await on.until('it ends a second time', 600, async () => (await endedOf(on, 'checkout')).length === 2);

    const [, second] = await endedOf(on, 'checkout');
    expect(second).toMatchObject({ outcome: 'refused', because: expect.stringContaining('cooldown') });
    expect(on.writes()).toHaveLength(1);
  });
});

describe('a remedy that does not help', () => {
  test('is not tried twice in one incident, and the incident says that it was in vain', async () => {
    const on = await open({ scenario: worldOf(aService('checkout')), policy: { minimumScore: 0.2 } });
    makeIll(on, 'crash-on-poison', 'checkout');

    const end = await untilEnded(on, 'checkout', 3000);

    const remedies = end.attempts.map(({ intent }) => intent.remedy);
    expect(remedies.length).toBeGreaterThan(0);
    expect(new Set(remedies).size).toBe(remedies.length);
    expect(remedies).not.toContain('rollback');
    expect(end.outcome).toBe('not-healed');
  });
});

describe('a disruption budget that allows nothing', () => {
  const strict = worldOf(aService('checkout', { budget: { maxUnavailable: 0 } }));

  test.each(['deadlock-one-pod', 'memory-leak', 'crash-on-poison'] as const)(
    '%s: no pod is taken away',
    async (kind) => {
      const on = await open({ scenario: strict });
      makeIll(on, kind, 'checkout');

      // The errors may be over, and their alert with them, before the pod counts as not ready, which is another incident.
      const left = async () => (await endedOf(on, 'checkout')).filter(({ outcome }) => outcome !== 'cancelled');
      await on.until('an incident ends for people', 1500, async () => (await left()).length > 0);

      const [end] = await left();
      expect(['refused', 'escalated']).toContain(end?.outcome);
      expect(end?.because).toContain('disruption');
      expect(on.writes()).toEqual([]);
    },
  );

  // An unready pod is no healthy one that the budget keeps (IfHealthyBudget, the default): Kubernetes lets it go.
  test('a stuck pod behind a budget that it uses up itself is evicted, and nothing is rolled back', async () => {
    const on = await open({ scenario: worldOf(aService('checkout', { budget: { maxUnavailable: 1 } })) });
    makeIll(on, 'deadlock-one-pod', 'checkout');

    const end = await untilEnded(on, 'checkout');

    expect(end).toMatchObject({ outcome: 'healed' });
    expect(on.writes().map(({ path }) => path.endsWith('/eviction'))).toEqual([true]);
  });
});
