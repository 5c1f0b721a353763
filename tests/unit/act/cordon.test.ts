import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { cordon } from '../../../src/act/remedies/cordon.ts';
import { takeOutRefusal } from '../../../src/act/pods/node-safety.ts';
import type { NodeEvidence } from '../../../src/domain/diagnosis.ts';
import { ACTION, context, LOCATED, NOW } from '../../builders/incident.ts';
import { intentOf, nodeAt, openNodeWorld, type NodeWorld } from '../../fakes/node-world.ts';

let world: NodeWorld;
const nodeRef = { kind: 'Node', namespace: '', name: 'node-1' };

beforeEach(async () => {
  world = await openNodeWorld();
});

afterEach(() => world.close());

/** A node that is not ready, among so many others that are well. */
function illNode(others: number) {
  const ill = world.node('node-1', { ready: false });
  for (let index = 0; index < others; index += 1) world.node(`other-${index}`);
  return ill;
}

describe('what is sent', () => {
  test('one marked, preconditioned merge patch, with what stood there before', async () => {
    const ill = illNode(4);
    const { uid, resourceVersion } = ill.metadata;

    const intent = intentOf(await world.plan(cordon, await world.diagnosed('node-not-ready', nodeAt(ill))));

    const original = '{"/spec/unschedulable":{"was":null,"left":true}}';
    const target = { kind: 'Node', namespace: '', name: 'node-1' };
    expect(intent).toEqual({
      actionId: ACTION,
      rung: 1,
      cures: 'node-not-ready',
      plannedAt: NOW,
      remedy: 'cordon',
      target,
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
              'autoheal.io/held-by': ACTION,
              'autoheal.io/original': original,
            },
          },
          spec: { unschedulable: true },
        },
      },
      undo: {
        target,
        uid,
        path: '/api/v1/nodes/node-1',
        expect: { '/spec/unschedulable': true, '/metadata/annotations/autoheal.io~1held-by': ACTION },
        restore: {
          '/spec/unschedulable': null,
          '/metadata/annotations/autoheal.io~1held-by': null,
          '/metadata/annotations/autoheal.io~1original': null,
        },
      },
      summary: 'cordon node node-1: no new pods',
      afterwards: cordon.afterwards,
      giveBack: { afterMs: 900_000, when: 'node-healthy' },
    });
    expect(world.writes()).toEqual([]);
  });

  test('is done once, recognised after a crash, and undone exactly', async () => {
    const ill = illNode(4);
    const intent = intentOf(await world.plan(cordon, await world.diagnosed('node-not-ready', nodeAt(ill))));

    const first = await world.execute(cordon, intent);
    const afterCrash = await world.execute(cordon, intent);
    const cordoned = world.object('nodes', undefined, 'node-1');
    const undone = await world.undo(intent);

    expect([first.kind, afterCrash.kind, undone.kind]).toEqual(['done', 'already-done', 'undone']);
    expect(world.writes().map(({ method }) => method)).toEqual(['PATCH', 'PATCH']);
    expect(cordoned.spec).toMatchObject({ unschedulable: true });
    const after = world.object('nodes', undefined, 'node-1');
    expect(after.spec).toEqual(ill.spec);
    expect(after.metadata.labels).toEqual(ill.metadata.labels);
    expect(after.metadata.annotations).toEqual({ 'autoheal.io/action-id': 'undo-1' });
  });

  test('a node that changed after it was looked at is left alone', async () => {
    const ill = illNode(4);
    const intent = intentOf(await world.plan(cordon, await world.diagnosed('node-not-ready', nodeAt(ill))));
    world.change('nodes', undefined, 'node-1', ({ metadata }) => ({
      metadata: { ...metadata, labels: { ...metadata.labels, zone: 'b' } },
    }));

    const result = await world.execute(cordon, intent);

    expect(result).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(world.writes()).toEqual([]);
  });

  test('whoever uncordons the node meanwhile has the last word', async () => {
    const ill = illNode(4);
    const intent = intentOf(await world.plan(cordon, await world.diagnosed('node-not-ready', nodeAt(ill))));
    await world.execute(cordon, intent);
    world.change('nodes', undefined, 'node-1', () => ({ spec: {} }));

    const answer = await world.undo(intent);

    expect(answer).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(world.writes()).toHaveLength(1);
  });

  test('needs nothing but the rights that it declares', async () => {
    await world.close();
    world = await openNodeWorld({ rules: cordon.rbac });
    const ill = illNode(4);
    const found = { nodes: [{ name: 'node-1', ready: false, pressures: [], unschedulable: false }] };
    const given = context('node-not-ready', { found, location: { ...LOCATED, ...nodeAt(ill) } });

    const intent = intentOf(await world.planAfresh(cordon, given));
    const result = await world.execute(cordon, intent);

    expect([result.kind, (await world.undo(intent)).kind]).toEqual(['done', 'undone']);
  });
});

describe('when it is refused', () => {
  test.each([
    { name: 'a node that is well again', node: { ready: true }, others: 4, code: 'node-recovered' },
    { name: 'cordoned by somebody', node: { spec: { unschedulable: true } }, others: 4, code: 'does-not-cure' },
    {
      name: 'the control plane',
      node: { labels: { 'node-role.kubernetes.io/control-plane': '' } },
      others: 4,
      code: 'control-plane-node',
    },
    {
      name: 'an old control plane',
      node: { labels: { 'node-role.kubernetes.io/master': '' } },
      others: 4,
      code: 'control-plane-node',
    },
    { name: 'the only node', node: {}, others: 0, code: 'single-node' },
    { name: 'one of three', node: {}, others: 2, code: 'too-many-nodes-out' },
  ])('$name -> $code', async ({ node, others, code }) => {
    const ill = world.node('node-1', { ready: false, ...node });
    for (let index = 0; index < others; index += 1) world.node(`other-${index}`);
    const incident = await world.diagnosed('node-not-ready', nodeAt(ill));

    const considered = await world.plan(cordon, incident);
    const afresh = await world.planAfresh(cordon, await world.context('node-not-ready', nodeAt(ill)));

    expect([considered, afresh]).toMatchObject([{ code }, { code }]);
    expect(world.writes()).toEqual([]);
  });

  test.each<{ name: string; byPods: number | undefined; code: string | undefined }>([
    { name: 'whose CPU something takes that is no pod', byPods: 0.2, code: undefined },
    { name: 'whose own pods need all of its CPU', byPods: 0.9, code: 'does-not-cure' },
    { name: 'of whose pods nobody knows what they need', byPods: undefined, code: 'does-not-cure' },
  ])('a node that is well, $name -> $code', async ({ byPods, code }) => {
    const busy = world.node('node-1');
    for (let index = 0; index < 4; index += 1) world.node(`other-${index}`);
    const given = await world.context('node-pressure', nodeAt(busy));
    const { evidence, causes } = given.diagnosis;
    const [cause] = causes;
    const signals = { node_cpu_ratio: 0.98, ...(byPods === undefined ? {} : { node_pods_cpu_ratio: byPods }) };
    const diagnosis = {
      evidence: { ...evidence, signals },
      causes: [{ ...cause, symptoms: ['node_cpu_ratio'] }],
    } as const;

    const considered = cordon.consider({ ...given, diagnosis });
    const afresh = await world.planAfresh(cordon, { ...given, diagnosis });

    expect('refusal' in considered ? considered.refusal.code : undefined).toBe(code);
    expect('code' in afresh ? afresh.code : undefined).toBe(code);
  });

  test('another node under the name by now', async () => {
    const ill = illNode(4);
    const given = await world.context('node-not-ready', { ...nodeAt(ill), uid: 'other' });

    expect(await world.planAfresh(cordon, given)).toMatchObject({ code: 'changed-since' });
    expect(world.writes()).toEqual([]);
  });

  test.each([
    { name: 'a workload', given: context('node-not-ready'), code: 'wrong-kind' },
    {
      name: 'a bare pod',
      given: context('node-not-ready', {
        location: { ...LOCATED, workload: { kind: 'Pod', namespace: 'a', name: 'b' } },
      }),
      code: 'bare-pod',
    },
    {
      name: 'another cause',
      given: context('memory-leak', { location: { ...LOCATED, workload: nodeRef } }),
      code: 'does-not-cure',
    },
    {
      name: 'tried before',
      given: context('node-not-ready', { tried: ['cordon'], location: { ...LOCATED, workload: nodeRef } }),
      code: 'already-tried',
    },
    {
      name: 'nodes that could not be read',
      given: context('node-not-ready', { location: { ...LOCATED, workload: nodeRef } }),
      code: 'evidence-missing',
    },
  ])('$name -> $code', ({ given, code }) => {
    expect(cordon.consider(given)).toMatchObject({ kind: 'refused', refusal: { code } });
  });
});

describe('how many nodes may be out', () => {
  const ill: NodeEvidence = { name: 'a', ready: false, pressures: [], unschedulable: false };
  const pressed: NodeEvidence = { name: 'a', ready: true, pressures: ['MemoryPressure'], unschedulable: false };
  test.each([
    { name: 'the first of five, a fifth allowed', node: ill, total: 5, out: 1, share: 0.2, code: undefined },
    { name: 'the second of ten', node: ill, total: 10, out: 2, share: 0.2, code: undefined },
    { name: 'the third of ten', node: ill, total: 10, out: 3, share: 0.2, code: 'too-many-nodes-out' },
    {
      name: 'the share includes the node itself',
      node: pressed,
      total: 10,
      out: 2,
      share: 0.2,
      code: 'too-many-nodes-out',
    },
    { name: 'one of four: three others are well', node: ill, total: 4, out: 1, share: 0.1, code: undefined },
    {
      name: 'one of three: only two others are well',
      node: pressed,
      total: 3,
      out: 0,
      share: 0.1,
      code: 'too-many-nodes-out',
    },
    { name: 'one of three where half may be out', node: ill, total: 3, out: 1, share: 0.5, code: undefined },
    { name: 'a product that a fraction misses', node: ill, total: 100, out: 29, share: 0.29, code: undefined },
    { name: 'all may be out, but one has to stay', node: ill, total: 2, out: 2, share: 1, code: 'single-node' },
  ])('$name -> $code', ({ node, total, out, share, code }) => {
    expect(takeOutRefusal({ node, all: { total, out, held: [] } }, share)?.code).toBe(code);
  });
});
