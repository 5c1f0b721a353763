import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { rebalance } from '../../../src/act/remedies/rebalance.ts';
import { writesOf } from '../../../src/domain/remedy.ts';
import type { Located } from '../../../src/domain/location.ts';
import { ACTION, context, LOCATED, NOW, podEvidence } from '../../builders/incident.ts';
import { intentOf, openNodeWorld, type NodeWish, type NodeWorld } from '../../fakes/node-world.ts';

let world: NodeWorld;
let at: Partial<Located>;

beforeEach(async () => {
  world = await openNodeWorld();
});

afterEach(() => world.close());

/** A Deployment of so many pods, all on node-1 with 4 cores; node-2 is empty. */
function crowded(pods: number, { hot = {}, cool = {}, cpu = '500m' }: Crowd = {}): void {
  at = world.deployment('cart', pods);
  world.node('node-1', hot);
  world.node('node-2', cool);
  for (let index = 0; index < pods; index += 1) world.pod(`cart-${index}`, { cpu });
}

interface Crowd {
  readonly hot?: NodeWish;
  readonly cool?: NodeWish;
  readonly cpu?: string;
}

async function plan(cause: 'cpu-saturation' | 'node-pressure' = 'cpu-saturation', more: Partial<Located> = {}) {
  return world.plan(rebalance, await world.diagnosed(cause, { ...at, ...more }));
}

const names = (intent: ReturnType<typeof intentOf>): readonly string[] =>
  writesOf(intent).map(({ target }) => target.name);

describe('what is sent', () => {
  test('an eviction of one pod, with its uid and version', async () => {
    crowded(3);
    const { uid, resourceVersion } = world.object('pods', 'shop', 'cart-0').metadata;

    const intent = intentOf(await plan());

    expect(intent).toMatchObject({
      target: { kind: 'Pod', namespace: 'shop', name: 'cart-0' },
      uid,
      resourceVersion,
      write: {
        method: 'POST',
        path: '/api/v1/namespaces/shop/pods/cart-0/eviction',
        contentType: 'application/json',
        body: {
          apiVersion: 'policy/v1',
          kind: 'Eviction',
          metadata: { name: 'cart-0', namespace: 'shop', annotations: { 'autoheal.io/action-id': ACTION } },
          deleteOptions: { preconditions: { uid, resourceVersion } },
        },
      },
      summary: 'evict cart-0 from node node-1 (38 % requested); the scheduler chooses where they start again',
    });
    expect(intent).not.toHaveProperty('also');
    expect(world.writes()).toEqual([]);
  });

  test('is done once, and recognised after a crash', async () => {
    crowded(6);
    const intent = intentOf(await plan());

    const first = await world.execute(rebalance, intent);
    const afterCrash = await world.execute(rebalance, intent);

    expect([first.kind, afterCrash.kind]).toEqual(['done', 'already-done']);
    expect(world.writes().map(({ method }) => method)).toEqual(['POST', 'POST']);
  });

  test('a pod that changed after it was looked at is left alone', async () => {
    crowded(3);
    const intent = intentOf(await plan());
    world.change('pods', 'shop', 'cart-0', ({ metadata }) => ({ metadata: { ...metadata, labels: { app: 'x' } } }));

    const result = await world.execute(rebalance, intent);

    expect(result).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(world.writes()).toEqual([]);
  });

  test('needs nothing but the rights that it declares', async () => {
    await world.close();
    world = await openNodeWorld({ rules: rebalance.rbac });
    crowded(3);
    const pods = [0, 1, 2].map((index) =>
      podEvidence(`cart-${index}`, { uid: world.object('pods', 'shop', `cart-${index}`).metadata.uid }),
    );

    const intent = intentOf(await world.planAfresh(rebalance, context('cpu-saturation', { found: { pods } })));

    expect((await world.execute(rebalance, intent)).kind).toBe('done');
  });
});

describe('which pods go', () => {
  test.each([
    { name: 'one of two', pods: 2, expected: 1 },
    { name: 'one of five', pods: 5, expected: 1 },
    { name: 'two of six', pods: 6, expected: 2 },
    { name: 'three of thirty', pods: 30, expected: 3 },
  ])('how many: $name', async ({ pods, expected }) => {
    crowded(pods, { cpu: '100m' });

    expect(names(intentOf(await plan()))).toHaveLength(expected);
  });

  test('no more than the budget lets go', async () => {
    crowded(9, { cpu: '100m' });
    world.budget('cart', 'cart', { disruptionsAllowed: 2, currentHealthy: 9, desiredHealthy: 7 });

    expect(names(intentOf(await plan()))).toHaveLength(2);
  });

  test('no more than leave the other node cooler', async () => {
    crowded(9, { cpu: '300m', cool: { cpu: '1' } });

    expect(names(intentOf(await plan()))).toHaveLength(2);
  });

  test('one that is not ready goes first', async () => {
    crowded(3);
    world.pod('cart-ill', { ready: false });

    expect(names(intentOf(await plan()))).toEqual(['cart-ill']);
  });

  test('from the node under pressure, however little is requested there', async () => {
    crowded(3);
    world.node('node-3', { pressure: 'MemoryPressure' });
    world.pod('cart-pressed', { node: 'node-3', cpu: '1m' });

    const intent = intentOf(await plan('node-pressure'));

    expect(names(intent)).toEqual(['cart-pressed']);
    expect(intent.summary).toContain('from node node-3 (MemoryPressure');
  });

  test('from the node of a pod that the alerts name', async () => {
    crowded(3);
    world.node('node-3');
    world.pod('cart-named', { node: 'node-3', cpu: '300m' });

    expect(names(intentOf(await plan('cpu-saturation', { pods: ['cart-named'] })))).toEqual(['cart-named']);
  });
});

describe('when it is refused', () => {
  const cases: readonly { readonly name: string; readonly arrange: () => void; readonly code: string }[] = [
    { name: 'there is only one pod', arrange: () => crowded(1), code: 'last-healthy-pod' },
    {
      name: 'only one pod is ready',
      arrange: () => {
        crowded(1);
        world.pod('cart-ill', { ready: false });
      },
      code: 'last-healthy-pod',
    },
    {
      name: 'the budget allows none',
      arrange: () => {
        crowded(3);
        world.budget('cart', 'cart', { disruptionsAllowed: 0, currentHealthy: 3, desiredHealthy: 3 });
      },
      code: 'no-disruption-allowed',
    },
    { name: 'no other node has room', arrange: () => crowded(3, { cool: { cpu: '100m' } }), code: 'no-cooler-node' },
    {
      name: 'the other node is cordoned',
      arrange: () => crowded(3, { cool: { spec: { unschedulable: true } } }),
      code: 'no-cooler-node',
    },
    {
      name: 'the other node is under pressure too',
      arrange: () => crowded(3, { cool: { pressure: 'DiskPressure' } }),
      code: 'no-cooler-node',
    },
    {
      name: 'the other node would be as full',
      arrange: () => {
        crowded(2);
        world.pod('neighbour', { node: 'node-2', cpu: '800m', app: 'other', owner: 'ReplicaSet/other' });
      },
      code: 'no-cooler-node',
    },
  ];
  test.each(cases)('$name -> $code', async ({ arrange, code }) => {
    arrange();

    const answer = await plan();
    const afresh = await world.planAfresh(rebalance, await world.context('cpu-saturation', at));

    expect([answer, afresh]).toMatchObject([{ code }, { code }]);
    expect(world.writes()).toEqual([]);
  });

  test('the pods are others by now -> changed-since', async () => {
    crowded(2);
    const given = await world.context('cpu-saturation', at);
    for (const name of ['cart-0', 'cart-1']) world.objects.remove('pods', 'shop', name);

    expect(await world.planAfresh(rebalance, given)).toMatchObject({ code: 'changed-since' });
  });

  const daemons = { ...LOCATED, workload: { kind: 'DaemonSet', namespace: 'shop', name: 'x' } };
  const bare = { ...LOCATED, workload: { kind: 'Pod', namespace: 'shop', name: 'x' } };
  test.each([
    { name: 'a DaemonSet', given: context('node-pressure', { location: daemons }), code: 'wrong-kind' },
    { name: 'a bare pod', given: context('node-pressure', { location: bare }), code: 'bare-pod' },
    { name: 'another cause', given: context('memory-leak'), code: 'does-not-cure' },
    { name: 'tried before', given: context('node-pressure', { tried: ['rebalance'] }), code: 'already-tried' },
  ])('$name -> $code', ({ given, code }) => {
    expect(rebalance.consider(given)).toMatchObject({ kind: 'refused', refusal: { code } });
  });
});

test.each([
  { name: 'one of three', pods: 3, expected: 2 },
  { name: 'two of six', pods: 6, expected: 4 },
])('it costs what the pods that go cost: $name', ({ pods, expected }) => {
  const times = { createdAt: NOW - 600_000, readySince: NOW - 480_000 };
  const found = { pods: Array.from({ length: pods }, (_, index) => podEvidence(`p-${index}`, times)) };

  expect(rebalance.disruption(context('cpu-saturation', { found })).readyReplicaMinutes).toBe(expected);
});
