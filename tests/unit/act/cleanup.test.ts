import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { cleanup } from '../../../src/act/remedies/cleanup.ts';
import { lastWords } from '../../../src/act/pods/last-words.ts';
import type { Pod } from '../../../src/domain/kubernetes.ts';
import type { Located } from '../../../src/domain/location.ts';
import { writesOf } from '../../../src/domain/remedy.ts';
import { ACTION, aPod, context, LOCATED, NOW, podEvidence } from '../../builders/incident.ts';
import { recordingCluster } from '../../fakes/recording-cluster.ts';
import { intentOf, openNodeWorld, type NodeWorld, type PodWish } from '../../fakes/node-world.ts';

let world: NodeWorld;
let at: Partial<Located>;

beforeEach(async () => {
  world = await openNodeWorld();
  world.node('node-1');
  at = world.deployment('cart', 2);
});

afterEach(() => world.close());

const EVICTED = { reason: 'Evicted', message: 'The node was low on resource: memory.' };

function failed(name: string, wish: PodWish = {}) {
  return world.pod(name, { phase: 'Failed', ...wish, status: { phase: 'Failed', ...EVICTED, ...wish.status } });
}

/** Makes what is there older than what is looked for: the store makes everything now. */
function later(seconds = 700): void {
  world.pass(seconds);
}

async function plan(where: Partial<Located> = at) {
  return world.plan(cleanup, await world.diagnosed('evicted-pods', where));
}

const names = (intent: ReturnType<typeof intentOf>) => writesOf(intent).map(({ target }) => target.name);
const namespace = (): Partial<Located> => ({ workload: { kind: 'Namespace', namespace: '', name: 'shop' }, uid: 'ns' });

describe('what is sent', () => {
  test('an eviction of each failed pod, with its uid and version, none of which needs another', async () => {
    const { uid, resourceVersion } = failed('cart-1').metadata;
    failed('cart-2');
    world.pod('cart-3');
    later();

    const intent = intentOf(await plan());

    expect(intent).toMatchObject({
      remedy: 'cleanup',
      independent: true,
      summary: 'remove 2 failed pods',
      uid,
      resourceVersion,
      write: {
        method: 'POST',
        path: '/api/v1/namespaces/shop/pods/cart-1/eviction',
        body: {
          apiVersion: 'policy/v1',
          kind: 'Eviction',
          metadata: { name: 'cart-1', namespace: 'shop', annotations: { 'autoheal.io/action-id': ACTION } },
          deleteOptions: { preconditions: { uid, resourceVersion } },
        },
      },
    });
    expect(names(intent)).toEqual(['cart-1', 'cart-2']);
    expect(intent).not.toHaveProperty('undo');
    expect(world.writes()).toEqual([]);
  });

  test('their last words are kept', async () => {
    failed('cart-1', {
      status: { containerStatuses: [{ name: 'app', state: { terminated: { exitCode: 137, reason: 'Error' } } }] },
    });
    later();

    const intent = intentOf(await plan());

    expect(intent.diff).toBe(
      'pod cart-1: Evicted: The node was low on resource: memory.\ncontainer app: Error (exit code 137)',
    );
  });

  test('is done once, and recognised after a crash; no budget is asked for what has ended', async () => {
    failed('cart-1');
    failed('cart-2');
    world.budget('cart', 'cart', { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 2 });
    later();
    const intent = intentOf(await plan());

    const first = await world.execute(cleanup, intent);
    const afterCrash = await world.execute(cleanup, intent);

    expect([first.kind, afterCrash.kind]).toEqual(['done', 'already-done']);
    expect(world.writes()).toHaveLength(2);
  });

  test('one that changed after it was looked at is left, the others go', async () => {
    failed('cart-1');
    failed('cart-2');
    later();
    const intent = intentOf(await plan());
    world.change('pods', 'shop', 'cart-1', ({ metadata }) => ({ metadata: { ...metadata, labels: { app: 'x' } } }));

    const result = await world.execute(cleanup, intent);

    expect(result).toMatchObject({ kind: 'done', left: [{ step: 0, why: expect.stringContaining('changed-since') }] });
    expect(world.writes().map(({ path }) => path)).toEqual(['/api/v1/namespaces/shop/pods/cart-2/eviction']);
  });

  test('needs nothing but the rights that it declares, and not even the optional one', async () => {
    await world.close();
    world = await openNodeWorld({ rules: cleanup.rbac.filter(({ optional }) => optional === undefined) });
    const { uid } = failed('cart-1', { owner: 'Job/report' }).metadata;
    later();
    const found = { pods: [podEvidence('cart-1', { uid, phase: 'Failed', ready: false })] };

    const intent = intentOf(await world.planAfresh(cleanup, context('evicted-pods', { found })));

    expect(intent.diff).toContain('log of app: could not be read');
    expect((await world.execute(cleanup, intent)).kind).toBe('done');
  });
});

describe('which pods go', () => {
  test('the oldest first, as many as the policy lets go, and the rest is said', async () => {
    for (const [index, ageSeconds] of [4000, 6000, 5000].entries()) failed(`cart-${index}`, { ageSeconds });
    later();
    const incident = await world.diagnosed('evicted-pods', at);
    const limits = { ...context('evicted-pods').limits, cleanup: { minAgeSeconds: 600, maxPods: 2 } };

    const intent = intentOf(await world.plan(cleanup, incident, { limits }));

    expect(names(intent)).toHaveLength(2);
    expect(intent.summary).toBe('remove 2 failed pods; 1 more are left for the next time');
  });

  test('of a workload its own only, of a namespace those of every controller that is done with them', async () => {
    failed('cart-1');
    failed('web-1', { app: 'web' });
    failed('daemon-1', { owner: 'DaemonSet/agent' });
    failed('bare', { owner: '' });
    failed('workflow-step', { owner: 'Workflow/nightly' });
    failed('mirror', { metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } } });
    failed('elsewhere', { namespace: 'other' });
    world.pod('cart-well');
    later();

    const own = intentOf(await plan());
    const all = intentOf(await plan(namespace()));

    expect(names(own)).toEqual(['cart-1']);
    expect([...names(all)].sort()).toEqual(['cart-1', 'daemon-1', 'web-1']);
  });

  test.each([
    { name: 'a Job that still runs keeps its failed pods', conditions: [], expected: 'nothing-to-clean' },
    {
      name: 'a Job that failed has no use for them',
      conditions: [{ type: 'Failed', status: 'True' }],
      expected: 'pod',
    },
    { name: 'nor one that is complete', conditions: [{ type: 'Complete', status: 'True' }], expected: 'pod' },
    { name: 'a suspended one has', conditions: [{ type: 'Suspended', status: 'True' }], expected: 'nothing-to-clean' },
  ])('$name', async ({ conditions, expected }) => {
    const job = world.objects.create('jobs', {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'report', namespace: 'shop' },
      status: { conditions },
    });
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'report', uid: job.metadata.uid, controller: true };
    failed('report-1', { metadata: { ownerReferences: [owner] } });
    later();

    const answer = await plan(namespace());

    expect('code' in answer ? answer.code : 'pod').toBe(expected);
    expect(world.writes()).toEqual([]);
  });
});

describe('when it is refused', () => {
  const cases: readonly { readonly name: string; readonly arrange: () => void; readonly code: string }[] = [
    { name: 'nothing failed', arrange: () => void world.pod('cart-1'), code: 'nothing-to-clean' },
    { name: 'it failed a moment ago', arrange: () => void failed('cart-1'), code: 'nothing-to-clean' },
    {
      name: 'it is terminating already',
      arrange: () => {
        failed('cart-1', { metadata: { deletionTimestamp: '2026-11-21T02:00:00Z' } });
        later();
      },
      code: 'nothing-to-clean',
    },
  ];
  test.each(cases)('$name -> $code', async ({ arrange, code }) => {
    arrange();

    const answer = await plan();
    const afresh = await world.planAfresh(cleanup, await world.context('evicted-pods', at));

    expect([answer, afresh]).toMatchObject([{ code }, { code }]);
    expect(world.writes()).toEqual([]);
  });

  test.each([
    { name: 'the control plane, always', place: 'kube-system', protectedNamespaces: [] },
    { name: 'what the policy protects', place: 'bank-eu', protectedNamespaces: ['bank-*'] },
  ])('$name -> protected', async ({ place, protectedNamespaces }) => {
    failed('x-1', { namespace: place, owner: 'ReplicaSet/x' });
    later();
    const where = { workload: { kind: 'Namespace', namespace: '', name: place }, uid: 'ns' };

    const answer = await world.plan(cleanup, await world.diagnosed('evicted-pods', where), { protectedNamespaces });
    const given = await world.context('evicted-pods', where, { protectedNamespaces });

    expect([answer, await world.planAfresh(cleanup, given)]).toMatchObject([
      { code: 'protected' },
      { code: 'protected' },
    ]);
    expect(world.writes()).toEqual([]);
  });

  const node = { ...LOCATED, workload: { kind: 'Node', namespace: '', name: 'x' } };
  const bare = { ...LOCATED, workload: { kind: 'Pod', namespace: 'shop', name: 'x' } };
  test.each([
    { name: 'a node', given: context('evicted-pods', { location: node }), code: 'wrong-kind' },
    { name: 'a bare pod', given: context('evicted-pods', { location: bare }), code: 'bare-pod' },
    { name: 'another cause', given: context('memory-leak'), code: 'does-not-cure' },
    { name: 'tried before', given: context('evicted-pods', { tried: ['cleanup'] }), code: 'already-tried' },
  ])('$name -> $code', ({ given, code }) => {
    expect(cleanup.consider(given)).toMatchObject({ kind: 'refused', refusal: { code } });
  });
});

describe('last words', () => {
  const pod = (name: string): Pod => aPod(name, { status: { phase: 'Failed', ...EVICTED } });

  /** A cluster whose containers have written this much before they ended. */
  function talkative(text: string) {
    const asked: string[] = [];
    const cluster = {
      ...recordingCluster(),
      previousLogs: (query: { readonly pod: string; readonly container: string; readonly tailLines: number }) => {
        asked.push(`${query.pod}/${query.container}/${query.tailLines}`);
        return Promise.resolve(text);
      },
    };
    return { cluster, asked };
  }

  test('of five pods at most, twenty lines of each container', async () => {
    const { cluster, asked } = talkative('bye');
    const pods = Array.from({ length: 7 }, (_, index) => pod(`p-${index}`));

    const words = await lastWords(pods, { logs: [] }, cluster);

    expect(asked).toEqual(['p-0/app/20', 'p-1/app/20', 'p-2/app/20', 'p-3/app/20', 'p-4/app/20']);
    expect(words.split('\n').at(-1)).toBe('and 2 more pods');
    expect(words).toContain('log of app:\nbye');
  });

  test('four kilobytes of each pod, however much it wrote', async () => {
    const { cluster } = talkative('ü'.repeat(100_000));

    const words = await lastWords([pod('p')], { logs: [] }, cluster);

    expect(Buffer.byteLength(words)).toBeLessThanOrEqual(4096);
    expect(words).toMatch(/^pod p: Evicted/);
  });

  test('what the evidence holds already is not read again', async () => {
    const { cluster, asked } = talkative('bye');

    await lastWords([pod('p')], { logs: [{ pod: 'p', container: 'app', tail: 'bye' }] }, cluster);

    expect(asked).toEqual([]);
  });

  test('without control characters, and what looks like a secret is masked', async () => {
    const { cluster } = talkative('\u001b[31mDB_PASSWORD=hunter2\u0007');

    const words = await lastWords([pod('p')], { logs: [] }, cluster);

    expect(words).toContain('DB_PASSWORD=***');
    for (const hidden of ['hunter2', '\u001b', '\u0007']) expect(words).not.toContain(hidden);
  });
});

test('the age of a failed pod is told by its last sign of life, not by its creation', () => {
  const container = { name: 'app', image: 'a', ready: false, restarts: 0, stateReason: 'Error', stateMessage: '' };
  const ended = (finishedAt: number) =>
    podEvidence('p', {
      phase: 'Failed',
      createdAt: NOW - 86_400_000,
      containers: [{ ...container, lastTermination: { reason: 'Error', exitCode: 1, finishedAt } }],
    });
  const answers = [NOW - 60_000, NOW - 700_000].map(
    (finishedAt) => cleanup.consider(context('evicted-pods', { found: { pods: [ended(finishedAt)] } })).kind,
  );

  expect(answers).toEqual(['refused', 'applies']);
});
