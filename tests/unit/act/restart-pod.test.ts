import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { restartPod } from '../../../src/act/remedies/restart-pod.ts';
import type { Located } from '../../../src/domain/location.ts';
import { ACTION, context, crashing, podEvidence } from '../../builders/incident.ts';
import { intentOf, openNodeWorld, type NodeWorld } from '../../fakes/node-world.ts';

let world: NodeWorld;
let at: Partial<Located>;

beforeEach(async () => {
  world = await openNodeWorld();
  world.node('node-1');
  at = world.deployment('cart', 3);
  for (const name of ['cart-1', 'cart-2']) world.pod(name);
});

afterEach(() => world.close());

const illPod = () => world.pod('cart-ill', { ready: false });
const plan = async (where: Partial<Located> = at) =>
  world.plan(restartPod, await world.diagnosed('one-bad-pod', where));

/** So many healthy pods as there are, and as many as the budget wants: it allows no disruption. */
const FULL = { disruptionsAllowed: 0, currentHealthy: 2, desiredHealthy: 2 };
const SHORT = { disruptionsAllowed: 0, currentHealthy: 2, desiredHealthy: 3 };
const UNWRITTEN = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0 };

describe('what is sent', () => {
  test('is one eviction, done once, and recognised after a crash', async () => {
    const { uid, resourceVersion } = illPod().metadata;

    const intent = intentOf(await plan());
    const first = await world.execute(restartPod, intent);
    const afterCrash = await world.execute(restartPod, intent);

    expect(intent.write.body).toEqual({
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'cart-ill', namespace: 'shop', annotations: { 'autoheal.io/action-id': ACTION } },
      deleteOptions: { preconditions: { uid, resourceVersion } },
    });
    expect([first.kind, afterCrash.kind]).toEqual(['done', 'already-done']);
    expect(world.writes()).toHaveLength(1);
  });

  test('another pod under the name costs no budget: it is read before anything is sent', async () => {
    illPod();
    const intent = intentOf(await plan());
    world.change('pods', 'shop', 'cart-ill', ({ metadata }) => ({ metadata: { ...metadata, labels: { app: 'x' } } }));

    const result = await world.execute(restartPod, intent);

    expect(result).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(world.writes()).toEqual([]);
  });

  test('needs nothing but the rights that it declares', async () => {
    await world.close();
    world = await openNodeWorld({ rules: restartPod.rbac });
    const { uid } = world.deployment('cart', 1);
    const pod = illPod();
    const pods = [crashing('cart-ill')].map((each) => ({ ...each, uid: pod.metadata.uid }));
    const given = context('one-bad-pod', { found: { pods } });

    const intent = intentOf(
      await world.planAfresh(restartPod, {
        ...given,
        location: { ...given.location, ...(uid !== undefined && { uid }) },
      }),
    );

    expect((await world.execute(restartPod, intent)).kind).toBe('done');
  });
});

describe('a budget that allows no disruption', () => {
  test.each([
    {
      name: 'an unready pod where the others are as many as it wants',
      status: FULL,
      spec: {},
      ready: false,
      goes: true,
    },
    { name: 'an unready pod where there are too few', status: SHORT, spec: {}, ready: false, goes: false },
    {
      name: 'an unready pod where there are too few, and it says that unready ones may go',
      status: SHORT,
      spec: { unhealthyPodEvictionPolicy: 'AlwaysAllow' },
      ready: false,
      goes: true,
    },
    {
      name: 'an unready pod where it says that only healthy budgets let go',
      status: SHORT,
      spec: { unhealthyPodEvictionPolicy: 'IfHealthyBudget' },
      ready: false,
      goes: false,
    },
    {
      name: 'an unready pod of a budget that is not written yet',
      status: UNWRITTEN,
      spec: {},
      ready: false,
      goes: false,
    },
    {
      name: 'a ready pod',
      status: FULL,
      spec: { unhealthyPodEvictionPolicy: 'AlwaysAllow' },
      ready: true,
      goes: false,
    },
  ])('$name: goes is $goes', async ({ status, spec, ready, goes }) => {
    world.pod('cart-named', { ready });
    world.budget('cart', 'cart', status, spec);
    const where = { ...at, pods: ['cart-named'] };

    const answer = await plan(where);
    const afresh = await world.planAfresh(restartPod, await world.context('one-bad-pod', where));
    const codes = [answer, afresh].map((each) => ('code' in each ? each.code : 'planned'));
    if ('code' in answer) expect(world.writes()).toEqual([]);
    else expect((await world.execute(restartPod, answer)).kind).toBe('done');

    // What AutoHeal says beforehand is what the API server then does.
    expect(codes).toEqual(goes ? ['planned', 'planned'] : ['no-disruption-allowed', 'no-disruption-allowed']);
  });

  test('one that says no only when it comes to it is an answer, and nothing else is tried', async () => {
    illPod();
    const intent = intentOf(await plan());
    world.budget('cart', 'cart', SHORT);

    const result = await world.execute(restartPod, intent);

    expect(result).toMatchObject({ kind: 'refused', refusal: { code: 'no-disruption-allowed' } });
    expect(world.writes()).toEqual([]);
  });
});

test.each([
  { name: 'a ready pod costs the time until another is ready', ready: true, expected: 2 },
  { name: 'one that is not ready serves nobody', ready: false, expected: 0 },
])('$name', ({ ready, expected }) => {
  const times = { createdAt: 0, readySince: 120_000 };
  const found = { pods: [podEvidence('a', times), podEvidence('b', times), podEvidence('c', { ready })] };
  const given = context('one-bad-pod', { found });

  const cost = restartPod.disruption({ ...given, location: { ...given.location, pods: ['c'] } });

  expect(cost.readyReplicaMinutes).toBe(expected);
});
