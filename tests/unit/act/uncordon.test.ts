import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { uncordon } from '../../../src/act/remedies/uncordon.ts';
import type { Located } from '../../../src/domain/location.ts';
import { ACTION, context, LOCATED, podEvidence } from '../../builders/incident.ts';
import { intentOf, nodeAt, openNodeWorld, type NodeWish, type NodeWorld } from '../../fakes/node-world.ts';

let world: NodeWorld;

beforeEach(async () => {
  world = await openNodeWorld();
});

afterEach(() => world.close());

const HELD: NodeWish = {
  annotations: {
    'autoheal.io/action-id': 'inc-0/1',
    'autoheal.io/held-by': 'inc-0/1',
    'autoheal.io/original': '{"/spec/unschedulable":{"was":null,"left":true}}',
  },
  spec: {
    unschedulable: true,
    taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }],
  },
};

/** A Deployment with a pod that finds no node: the only other one is full. */
function waitingPod(cpu = '2'): Partial<Located> {
  world.node('full', { cpu: '100m' });
  const at = world.deployment('cart', 1);
  world.pod('cart-1', {
    node: '',
    phase: 'Pending',
    cpu,
    status: {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', message: '0/2 nodes are available' }],
    },
  });
  return at;
}

describe('what is sent', () => {
  test('one marked, preconditioned merge patch that takes the hold away', async () => {
    const at = waitingPod();
    const node = world.node('node-1', HELD);
    const { uid, resourceVersion } = node.metadata;

    const intent = intentOf(await world.plan(uncordon, await world.diagnosed('unschedulable', at)));

    expect(intent).toMatchObject({
      target: { kind: 'Node', namespace: '', name: 'node-1' },
      uid,
      resourceVersion,
      write: {
        method: 'PATCH',
        path: '/api/v1/nodes/node-1',
        contentType: 'application/merge-patch+json',
        body: {
          metadata: {
            uid,
            resourceVersion,
            annotations: {
              'autoheal.io/action-id': ACTION,
              'autoheal.io/held-by': null,
              'autoheal.io/original': null,
            },
          },
          spec: { unschedulable: null },
        },
      },
      summary: 'uncordon node node-1 (pod cart-1 fits there)',
    });
    expect(intent).not.toHaveProperty('giveBack');
    expect(world.writes()).toEqual([]);
  });

  test('is done once, recognised after a crash, and undone exactly', async () => {
    const at = waitingPod();
    const before = world.node('node-1', HELD);
    const intent = intentOf(await world.plan(uncordon, await world.diagnosed('unschedulable', at)));

    const first = await world.execute(uncordon, intent);
    const afterCrash = await world.execute(uncordon, intent);
    const open = world.object('nodes', undefined, 'node-1');
    const undone = await world.undo(intent);

    expect([first.kind, afterCrash.kind, undone.kind]).toEqual(['done', 'already-done', 'undone']);
    expect(world.writes()).toHaveLength(2);
    expect(open.spec).not.toHaveProperty('unschedulable');
    const after = world.object('nodes', undefined, 'node-1');
    expect(after.spec).toEqual(before.spec);
    expect(after.metadata.annotations).toEqual({ ...HELD.annotations, 'autoheal.io/action-id': 'undo-1' });
  });

  test('whoever cordons the node meanwhile keeps it: the undo takes no hold of it', async () => {
    const at = waitingPod();
    world.node('node-1', HELD);
    const intent = intentOf(await world.plan(uncordon, await world.diagnosed('unschedulable', at)));
    await world.execute(uncordon, intent);
    world.change('nodes', undefined, 'node-1', ({ spec }) => ({ spec: { ...spec, unschedulable: true } }));

    const answer = await world.undo(intent);

    expect(answer).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(world.writes()).toHaveLength(1);
  });

  test('a node that changed after it was looked at is left alone', async () => {
    const at = waitingPod();
    world.node('node-1', HELD);
    const intent = intentOf(await world.plan(uncordon, await world.diagnosed('unschedulable', at)));
    world.change('nodes', undefined, 'node-1', ({ metadata }) => ({
      metadata: { ...metadata, labels: { ...metadata.labels, zone: 'b' } },
    }));

    const result = await world.execute(uncordon, intent);

    expect(result).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(world.writes()).toEqual([]);
  });

  test('of several nodes it is one that takes the pod', async () => {
    const at = waitingPod('3');
    world.node('a-small', { ...HELD, cpu: '1' });
    world.node('b-ill', { ...HELD, pressure: 'DiskPressure' });
    world.node('c-large', HELD);

    const intent = intentOf(await world.plan(uncordon, await world.diagnosed('unschedulable', at)));

    expect(intent.target.name).toBe('c-large');
  });

  test('a node that is the incident itself needs no pod that waits', async () => {
    world.node('other');
    const at = nodeAt(world.node('node-1', HELD));

    const intent = intentOf(await world.plan(uncordon, await world.diagnosed('unschedulable', at)));

    expect(intent.summary).toBe('uncordon node node-1 (it is well)');
  });

  test('needs nothing but the rights that it declares', async () => {
    await world.close();
    world = await openNodeWorld({ rules: uncordon.rbac });
    const at = waitingPod();
    world.node('node-1', HELD);
    const { uid } = world.object('pods', 'shop', 'cart-1').metadata;
    const found = { pods: [podEvidence('cart-1', { uid, unschedulable: 'no node' })] };

    const intent = intentOf(
      await world.planAfresh(uncordon, context('unschedulable', { found, location: { ...LOCATED, ...at } })),
    );
    const result = await world.execute(uncordon, intent);

    expect([result.kind, (await world.undo(intent)).kind]).toEqual(['done', 'undone']);
  });
});

describe('when it is refused', () => {
  test.each([
    { name: 'no node is cordoned', node: {}, code: 'not-held-by-autoheal' },
    { name: 'cordoned by a person', node: { spec: { unschedulable: true } }, code: 'not-held-by-autoheal' },
    {
      name: 'a hold from before a person uncordoned it',
      node: { annotations: HELD.annotations ?? {} },
      code: 'not-held-by-autoheal',
    },
    {
      name: 'cordoned again by a person',
      node: HELD,
      managedFields: [{ manager: 'kubectl-cordon', fieldsV1: { 'f:spec': { 'f:unschedulable': {} } } }],
      code: 'not-held-by-autoheal',
    },
    { name: 'not ready yet', node: { ...HELD, ready: false }, code: 'node-not-ready' },
    { name: 'still under pressure', node: { ...HELD, pressure: 'DiskPressure' }, code: 'node-not-ready' },
    { name: 'no room for the pod', node: { ...HELD, cpu: '1' }, code: 'no-node-fits' },
  ])('$name -> $code', async ({ node, code, managedFields }) => {
    const at = waitingPod();
    world.node('node-1', node);
    world.change('nodes', undefined, 'node-1', ({ metadata }) => ({
      metadata: { ...metadata, ...(managedFields !== undefined && { managedFields }) },
    }));

    const answer = await world.plan(uncordon, await world.diagnosed('unschedulable', at));
    const afresh = await world.planAfresh(uncordon, await world.context('unschedulable', at));

    expect([answer, afresh]).toMatchObject([{ code }, { code }]);
    expect(world.writes()).toEqual([]);
  });

  test('the pod found a node meanwhile -> changed-since', async () => {
    const at = waitingPod();
    world.node('node-1', HELD);
    const given = await world.context('unschedulable', at);
    world.change('pods', 'shop', 'cart-1', ({ spec }) => ({ spec: { ...spec, nodeName: 'full' } }));

    expect(await world.planAfresh(uncordon, given)).toMatchObject({ code: 'changed-since' });
    expect(world.writes()).toEqual([]);
  });

  test('another node under the name by now -> changed-since', async () => {
    const at = nodeAt(world.node('node-1', HELD));
    const given = await world.context('unschedulable', { ...at, uid: 'other' });

    expect(await world.planAfresh(uncordon, given)).toMatchObject({ code: 'changed-since' });
  });

  const job = { ...LOCATED, workload: { kind: 'Job', namespace: 'shop', name: 'x' } };
  const bare = { ...LOCATED, workload: { kind: 'Pod', namespace: 'shop', name: 'x' } };
  test.each([
    { name: 'a Job', given: context('unschedulable', { location: job }), code: 'wrong-kind' },
    { name: 'a bare pod', given: context('unschedulable', { location: bare }), code: 'bare-pod' },
    { name: 'another cause', given: context('memory-leak'), code: 'does-not-cure' },
    { name: 'tried before', given: context('unschedulable', { tried: ['uncordon'] }), code: 'already-tried' },
    { name: 'nodes that could not be read', given: context('unschedulable'), code: 'evidence-missing' },
  ])('$name -> $code', ({ given, code }) => {
    expect(uncordon.consider(given)).toMatchObject({ kind: 'refused', refusal: { code } });
  });
});
