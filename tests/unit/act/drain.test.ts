import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { drain } from '../../../src/act/remedies/drain.ts';
import { writesOf } from '../../../src/domain/remedy.ts';
import type { Located } from '../../../src/domain/location.ts';
import { ACTION, context, LOCATED, NOW, podEvidence } from '../../builders/incident.ts';
import { intentOf, nodeAt, openNodeWorld, type NodeWish, type NodeWorld } from '../../fakes/node-world.ts';

let world: NodeWorld;
let at: Partial<Located>;

beforeEach(async () => {
  world = await openNodeWorld();
  at = {};
});

afterEach(() => world.close());

/** Node node-1 under pressure, among four others that are well. */
function pressedNode(wish: NodeWish = {}): void {
  at = nodeAt(world.node('node-1', { pressure: 'MemoryPressure', ...wish }));
  for (let index = 0; index < 4; index += 1) world.node(`other-${index}`);
}

async function drained() {
  return intentOf(await world.plan(drain, await world.diagnosed('node-pressure', at)));
}

const evicted = () =>
  world
    .writes()
    .filter(({ path }) => path.endsWith('/eviction'))
    .map(({ path }) => path.split('/').at(-2));

describe('what is sent', () => {
  test('the cordon, then one eviction for each pod, by its uid alone', async () => {
    pressedNode();
    const pod = world.pod('cart-1');

    const intent = await drained();

    expect(intent).toMatchObject({
      actionId: ACTION,
      remedy: 'drain',
      target: { kind: 'Node', namespace: '', name: 'node-1' },
      write: { method: 'PATCH', path: '/api/v1/nodes/node-1', body: { spec: { unschedulable: true } } },
      undo: { expect: { '/spec/unschedulable': true }, restore: { '/spec/unschedulable': null } },
      giveBack: { afterMs: 900_000, when: 'node-healthy' },
      deadline: NOW + 900_000,
      summary: 'drain node node-1: evict 1 pods',
      diff: '- shop/cart-1',
    });
    expect(intent.also).toEqual([
      {
        target: { kind: 'Pod', namespace: 'shop', name: 'cart-1' },
        uid: pod.metadata.uid,
        resourceVersion: '',
        write: {
          method: 'POST',
          path: '/api/v1/namespaces/shop/pods/cart-1/eviction',
          contentType: 'application/json',
          body: {
            apiVersion: 'policy/v1',
            kind: 'Eviction',
            metadata: { name: 'cart-1', namespace: 'shop', annotations: { 'autoheal.io/action-id': ACTION } },
            deleteOptions: { preconditions: { uid: pod.metadata.uid } },
          },
        },
      },
    ]);
    expect(world.writes()).toEqual([]);
  });

  test('a node that AutoHeal cordoned earlier is not cordoned again, nor given back by this one', async () => {
    pressedNode({ spec: { unschedulable: true }, annotations: { 'autoheal.io/held-by': 'inc-0/1' } });
    world.pod('cart-1');

    const intent = await drained();

    expect(writesOf(intent).map(({ target }) => target.kind)).toEqual(['Pod']);
    expect(intent).not.toHaveProperty('giveBack');
    expect(intent).not.toHaveProperty('undo');
  });

  test('those with the fewest consequences go first', async () => {
    pressedNode();
    world.pod('alone', { app: 'alone' });
    for (const name of ['many-1', 'many-2']) world.pod(name, { app: 'many' });
    world.pod('many-3', { app: 'many', node: 'other-1' });
    world.pod('two-1', { app: 'two' });
    world.pod('two-2', { app: 'two', node: 'other-2' });
    world.pod('ill', { app: 'ill', ready: false });

    const intent = await drained();

    const order = (intent.also ?? []).map(({ target }) => target.name);
    expect(order).toEqual(['ill', 'many-1', 'many-2', 'two-1', 'alone']);
  });

  test('what stays is said, and what is lost', async () => {
    pressedNode();
    world.pod('cart-1', { spec: { volumes: [{ name: 'scratch', emptyDir: {} }] } });
    world.pod('log-agent', { owner: 'DaemonSet/log-agent' });
    world.pod('kube-proxy', { namespace: 'kube-system' });
    world.pod('static', { owner: 'Node/node-1' });
    world.pod('mirror', { metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } } });
    world.pod('done', { phase: 'Succeeded', owner: '' });
    world.pod('elsewhere', { node: 'other-1', owner: '' });

    const intent = await drained();

    expect((intent.also ?? []).map(({ target }) => target.name)).toEqual(['cart-1']);
    expect(intent.summary).toBe(
      'drain node node-1: evict 1 pods; 1 of them lose what they keep in an emptyDir; ' +
        'these stay: 1 of DaemonSets, 2 static, 1 in protected namespaces',
    );
  });

  test('pods of namespaces that the policy protects stay', async () => {
    pressedNode();
    world.pod('cart-1');
    world.pod('ledger-1', { namespace: 'bank-eu', app: 'ledger' });
    const incident = await world.diagnosed('node-pressure', at);

    const intent = intentOf(await world.plan(drain, incident, { protectedNamespaces: ['bank-*'] }));

    expect((intent.also ?? []).map(({ target }) => target.name)).toEqual(['cart-1']);
  });
});

describe('how it goes', () => {
  test('is done once, recognised after a crash, and its cordon undone exactly', async () => {
    pressedNode();
    const before = world.object('nodes', undefined, 'node-1');
    for (const name of ['cart-1', 'cart-2']) world.pod(name);
    const intent = await drained();

    const first = await world.execute(drain, intent);
    const afterCrash = await world.execute(drain, intent);
    const undone = await world.undo(intent);

    expect([first.kind, afterCrash.kind, undone.kind]).toEqual(['done', 'already-done', 'undone']);
    expect(world.writes()).toHaveLength(4);
    expect(evicted()).toEqual(['cart-1', 'cart-2']);
    expect(world.object('nodes', undefined, 'node-1').spec).toEqual(before.spec);
  });

  test('a crash in the middle: what was done stays done, the rest is done', async () => {
    pressedNode();
    for (const name of ['cart-1', 'cart-2']) world.pod(name);
    const intent = await drained();
    const { also: _, ...cordonAlone } = intent;
    await world.execute(drain, cordonAlone);

    const result = await world.execute(drain, intent);

    expect(result.kind).toBe('done');
    expect(world.writes().map(({ method }) => method)).toEqual(['PATCH', 'POST', 'POST']);
  });

  test('a budget that says no is waited for, and never becomes a delete', async () => {
    pressedNode();
    world.pod('cart-1');
    world.pod('cart-2');
    world.budget('cart', 'cart', { disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1 });
    const intent = await drained();

    const first = await world.execute(drain, intent);
    const again = await world.execute(drain, intent);
    world.change('poddisruptionbudgets', 'shop', 'cart', ({ status }) => ({
      status: { ...status, disruptionsAllowed: 1 },
    }));
    const last = await world.execute(drain, intent);

    expect(first).toMatchObject({ kind: 'waiting', until: NOW + 10_000 });
    expect(again.kind).toBe('waiting');
    expect(last.kind).toBe('done');
    expect(evicted()).toEqual(['cart-1', 'cart-2']);
    expect(world.writes().map(({ method }) => method)).not.toContain('DELETE');
  });

  test('when the time is over the rest stays where it is, and the result says so', async () => {
    pressedNode();
    world.pod('alone-1', { app: 'alone' });
    world.pod('cart-1');
    world.pod('cart-2');
    world.budget('cart', 'cart', { disruptionsAllowed: 0, currentHealthy: 2, desiredHealthy: 2 });
    const intent = await drained();
    await world.execute(drain, intent);
    world.pass(901);

    const result = await world.execute(drain, intent);

    // The pod without a budget went at once; it did not wait for the others.
    expect(result).toMatchObject({ kind: 'already-done', left: [{ step: 1 }, { step: 2 }] });
    expect(evicted()).toEqual(['alone-1']);
  });

  test('a person who uncordons the node ends the drain', async () => {
    pressedNode();
    world.pod('cart-1');
    world.pod('cart-2');
    world.budget('cart', 'cart', { disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1 });
    const intent = await drained();
    await world.execute(drain, intent);
    world.change('poddisruptionbudgets', 'shop', 'cart', ({ status }) => ({
      status: { ...status, disruptionsAllowed: 1 },
    }));
    world.change('nodes', undefined, 'node-1', () => ({ spec: {} }));

    const result = await world.execute(drain, intent);

    expect(result).toMatchObject({
      left: [{ step: 2, why: 'changed-since: node node-1 was uncordoned: the drain ends' }],
    });
    expect(evicted()).toEqual(['cart-1']);
  });

  test('another pod under the name is not evicted', async () => {
    pressedNode();
    world.pod('cart-0');
    const intent = await drained();
    world.objects.remove('pods', 'shop', 'cart-0');
    world.pod('cart-0', { node: 'other-1' });

    await world.execute(drain, intent);

    expect(evicted()).toEqual([]);
  });

  test('a node that changed after it was looked at is left alone, and so are its pods', async () => {
    pressedNode();
    world.pod('cart-1');
    const intent = await drained();
    world.change('nodes', undefined, 'node-1', ({ metadata }) => ({
      metadata: { ...metadata, labels: { ...metadata.labels, zone: 'b' } },
    }));

    const result = await world.execute(drain, intent);

    expect(result).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(world.writes()).toEqual([]);
  });

  test('needs nothing but the rights that it declares', async () => {
    await world.close();
    world = await openNodeWorld({ rules: drain.rbac });
    pressedNode();
    world.pod('cart-1');
    const given = context('node-pressure', { location: { ...LOCATED, ...at } });

    const intent = intentOf(await world.planAfresh(drain, given));
    const result = await world.execute(drain, intent);

    expect([result.kind, (await world.undo(intent)).kind]).toEqual(['done', 'undone']);
  });
});

describe('when it is refused', () => {
  const cases: readonly { readonly name: string; readonly arrange: () => void; readonly code: string }[] = [
    {
      name: 'a node that is well again',
      arrange: () => {
        at = nodeAt(world.node('node-1'));
        world.node('other');
      },
      code: 'node-recovered',
    },
    {
      name: 'the control plane',
      arrange: () => pressedNode({ labels: { 'node-role.kubernetes.io/control-plane': '' } }),
      code: 'control-plane-node',
    },
    {
      name: 'the only node',
      arrange: () => {
        at = nodeAt(world.node('node-1', { pressure: 'DiskPressure' }));
      },
      code: 'single-node',
    },
    {
      name: 'too many nodes out',
      arrange: () => {
        pressedNode();
        world.node('down', { ready: false });
      },
      code: 'too-many-nodes-out',
    },
    {
      name: 'cordoned by somebody else',
      arrange: () => pressedNode({ spec: { unschedulable: true } }),
      code: 'does-not-cure',
    },
    { name: 'nothing to move', arrange: () => pressedNode(), code: 'does-not-cure' },
    {
      name: 'a bare pod',
      arrange: () => {
        pressedNode();
        world.pod('cart-1');
        world.pod('debug', { owner: '' });
      },
      code: 'bare-pod',
    },
    {
      name: 'more pods than a node holds',
      arrange: () => {
        pressedNode();
        for (let index = 0; index < 111; index += 1) world.pod(`cart-${index}`, { cpu: '1m' });
      },
      code: 'too-disruptive',
    },
  ];
  test.each(cases)('$name -> $code', async ({ arrange, code }) => {
    arrange();

    const answer = await world.plan(drain, await world.diagnosed('node-pressure', at));
    const afresh = await world.planAfresh(drain, context('node-pressure', { location: { ...LOCATED, ...at } }));

    // Evidence keeps a hundred pods of a node: what is more shows only in the cluster.
    expect([answer, afresh]).toMatchObject([{ code }, { code }]);
    expect(world.writes()).toEqual([]);
  });

  test.each([
    {
      name: 'pods that fit nowhere else',
      arrange: () => {
        for (let index = 0; index < 5; index += 1) world.pod(`cart-${index}`, { cpu: '3' });
      },
      code: 'no-node-fits',
      why: /only 4 of 5 pods .* 4 of 4 nodes: not enough cpu/,
    },
    {
      name: 'two budgets on one pod',
      arrange: () => {
        world.pod('cart-1');
        for (const name of ['a', 'b']) world.budget(name, 'cart', { disruptionsAllowed: 1 });
      },
      code: 'no-disruption-allowed',
      why: /pod cart-1: several disruption budgets/,
    },
  ])('$name -> $code', async ({ arrange, code, why }) => {
    pressedNode();
    arrange();

    const answer = await world.plan(drain, await world.diagnosed('node-pressure', at));

    expect(answer).toMatchObject({ code, why: expect.stringMatching(why) });
    expect(world.writes()).toEqual([]);
  });

  test('a node that is gone -> changed-since', async () => {
    const given = context('node-pressure', { location: { ...LOCATED, workload: nodeRef, uid: 'gone' } });

    expect(await world.planAfresh(drain, given)).toMatchObject({ code: 'changed-since' });
  });

  const located = { ...LOCATED, workload: { kind: 'Node', namespace: '', name: 'node-1' } };
  test.each([
    { name: 'a workload', given: context('node-pressure'), code: 'wrong-kind' },
    { name: 'another cause', given: context('memory-leak', { location: located }), code: 'does-not-cure' },
    {
      name: 'tried before',
      given: context('node-pressure', { location: located, tried: ['drain'] }),
      code: 'already-tried',
    },
    {
      name: 'nodes that could not be read',
      given: context('node-pressure', { location: located }),
      code: 'evidence-missing',
    },
  ])('$name -> $code', ({ given, code }) => {
    expect(drain.consider(given)).toMatchObject({ kind: 'refused', refusal: { code } });
  });
});

const nodeRef = { kind: 'Node', namespace: '', name: 'node-1' };

describe('what it costs', () => {
  const given = (ready: number, unready: number) =>
    context('node-pressure', {
      found: {
        pods: [
          ...Array.from({ length: ready }, (_, index) =>
            podEvidence(`r-${index}`, { ownerKind: 'ReplicaSet', createdAt: NOW - 600_000, readySince: NOW - 480_000 }),
          ),
          ...Array.from({ length: unready }, (_, index) =>
            podEvidence(`u-${index}`, { ownerKind: 'ReplicaSet', ready: false }),
          ),
          podEvidence('agent', { ownerKind: 'DaemonSet' }),
        ],
      },
    });

  test.each([
    { name: 'two minutes for each ready pod', ready: 3, unready: 0, expected: 6 },
    { name: 'twice as many cost twice as much', ready: 6, unready: 0, expected: 12 },
    { name: 'nothing where none is ready', ready: 0, unready: 5, expected: 0 },
  ])('$name', ({ ready, unready, expected }) => {
    expect(drain.disruption(given(ready, unready)).readyReplicaMinutes).toBe(expected);
  });
});
