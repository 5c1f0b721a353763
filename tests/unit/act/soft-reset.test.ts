import { afterEach, describe, expect, test } from '@jest/globals';
import { softReset } from '../../../src/act/remedies/soft-reset.ts';
import type { RemedyContext } from '../../../src/act/remedy.ts';
import type { RefusalCode } from '../../../src/domain/remedy.ts';
import type { ObjectStore } from '../../../src/simulator/objects.ts';
import type { ServiceSpec } from '../../../src/simulator/world/spec.ts';
import { annotated, changed, openActing, planned, SERVICE, stored, type Acting } from '../../builders/acting.ts';
import { ACTION, context, LOCATED, stateEvidence } from '../../builders/incident.ts';

const PATH = 'autoheal.io/heal-path';
const PORT = 'autoheal.io/heal-port';
const CART: ServiceSpec = { ...SERVICE, healEndpoint: { path: '/admin/heal' } };

let acting: Acting | undefined;

afterEach(() => acting?.close());

async function open(arrange: (objects: ObjectStore) => void = () => {}, service = CART): Promise<Acting> {
  acting = await openActing(softReset, { services: [service], arrange });
  return acting;
}

/** Another Service that selects the same pods. */
function addService(objects: ObjectStore, name: string, spec: object): void {
  objects.create('services', { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'shop' }, spec });
}

describe('a soft reset', () => {
  test('marks the workload and nothing else, then calls the Service of its own once', async () => {
    const on = await open();
    const before = stored(on.objects, 'deployments', 'cart');

    const intent = planned(await on.plan('memory-leak'));
    const result = await on.execute(intent);

    expect(result).toMatchObject({ kind: 'done', detail: expect.stringContaining('it reaches one of 3 pods') });
    expect(on.writes()).toMatchObject([
      {
        method: 'PATCH',
        path: '/apis/apps/v1/namespaces/shop/deployments/cart',
        body: {
          metadata: {
            uid: before.metadata.uid,
            resourceVersion: before.metadata.resourceVersion,
            annotations: { 'autoheal.io/action-id': ACTION },
          },
        },
      },
    ]);
    expect(Object.keys(on.writes()[0]?.body ?? {})).toEqual(['metadata']);
    expect(stored(on.objects, 'deployments', 'cart').spec).toEqual(before.spec);
    expect(on.endpoints.calls).toEqual([
      { call: { method: 'POST', url: 'http://cart.shop.svc:8080/admin/heal' }, actionId: ACTION },
    ]);
    expect(intent.undo).toBeUndefined();
  });

  test.each(['StatefulSet', 'DaemonSet'] as const)('works on a %s', async (kind) => {
    const on = await open(undefined, { ...CART, kind });

    expect(planned(await on.plan('memory-leak')).call?.url).toBe('http://cart.shop.svc:8080/admin/heal');
  });

  test('is not called again after a crash between the mark and the call', async () => {
    const on = await open();
    const intent = planned(await on.plan('memory-leak'));
    const { call: _, ...markOnly } = intent;
    await on.execute(markOnly);

    expect(await on.execute(intent)).toMatchObject({ kind: 'unknown' });
    expect(on.endpoints.calls).toEqual([]);
    expect(on.writes()).toHaveLength(1);
  });

  test('is not called when the workload changed after the plan', async () => {
    const on = await open();
    const intent = planned(await on.plan('memory-leak'));
    annotated(on.objects, 'deployments', 'cart', { [PATH]: '/elsewhere' });

    expect(await on.execute(intent)).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect([on.writes(), on.endpoints.calls]).toEqual([[], []]);
  });

  test.each([
    { name: 'by number', port: '9090' },
    { name: 'by name', port: 'admin' },
  ])('chooses among several ports $name', async ({ port }) => {
    const on = await open((objects) => {
      addService(objects, 'cart-admin', { selector: { app: 'cart' }, ports: [{ name: 'admin', port: 9090 }] });
      annotated(objects, 'deployments', 'cart', { [PORT]: port });
    });

    expect(planned(await on.plan('memory-leak')).call?.url).toBe('http://cart-admin.shop.svc:9090/admin/heal');
  });
});

interface Refused {
  readonly name: string;
  readonly arrange: (objects: ObjectStore) => void;
  readonly expected: RefusalCode;
  readonly why: RegExp;
}

const refusals: readonly Refused[] = [
  {
    name: 'no endpoint is annotated',
    arrange: (objects) => annotated(objects, 'deployments', 'cart', { [PATH]: undefined }),
    expected: 'no-endpoint',
    why: /no annotation autoheal.io\/heal-path/,
  },
  ...[
    'heal',
    '/heal?all=1',
    '/a/../b',
    '//evil.example/heal',
    '/heal#x',
    '/a%2e%2e/b',
    '/a b',
    '/',
    '',
    `/${'x'.repeat(200)}`,
  ].map((path) => ({
    name: `the path is ${JSON.stringify(path.slice(0, 30))}`,
    arrange: (objects: ObjectStore) => annotated(objects, 'deployments', 'cart', { [PATH]: path }),
    expected: 'no-endpoint' as const,
    why: /no plain absolute path/,
  })),
  {
    name: 'there is no Service',
    arrange: (objects) => objects.remove('services', 'shop', 'cart'),
    expected: 'no-service',
    why: /no Service of the namespace selects/,
  },
  {
    name: 'its Service leads out of the cluster',
    arrange: (objects) =>
      changed(objects, 'services', 'cart', (each) => ({ ...each, spec: { ...each.spec, type: 'ExternalName' } })),
    expected: 'no-service',
    why: /no Service of the namespace selects/,
  },
  {
    name: 'two Services could be meant',
    arrange: (objects) => addService(objects, 'cart-too', { selector: { app: 'cart' }, ports: [{ port: 80 }] }),
    expected: 'no-service',
    why: /cart:8080, cart-too:80/,
  },
  {
    name: 'the annotated port is not there',
    arrange: (objects) => annotated(objects, 'deployments', 'cart', { [PORT]: 'admin' }),
    expected: 'no-service',
    why: /cart has not a port admin/,
  },
  {
    name: 'its Service reaches others too',
    arrange: (objects) => {
      const labels = { app: 'cart', tier: 'web' };
      changed(objects, 'deployments', 'cart', (each) => ({
        ...each,
        spec: { ...each.spec, template: { ...(each.spec?.['template'] as object), metadata: { labels } } },
      }));
      changed(objects, 'services', 'cart', (each) => ({ ...each, spec: { ...each.spec, selector: { tier: 'web' } } }));
      objects.create('pods', {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'other', namespace: 'shop', labels: { tier: 'web' } },
        spec: { containers: [{ name: 'app', image: 'other:1' }] },
      });
    },
    expected: 'no-service',
    why: /Service cart reaches pods of other workloads too/,
  },
];

describe('is refused, and nothing is sent, when', () => {
  test.each(refusals)('$name', async ({ arrange, expected, why }) => {
    const on = await open(arrange);

    const plan = await on.plan('memory-leak');

    expect(plan).toMatchObject({ kind: 'refused', refusal: { code: expected, why: expect.stringMatching(why) } });
    expect(plan.kind === 'refused' && plan.refusal.suggest).toEqual(expect.any(String));
    expect([on.writes(), on.endpoints.calls]).toEqual([[], []]);
  });

  test('the workload is another one than the one that was diagnosed', async () => {
    const on = await open();

    expect(await on.plan('memory-leak', { uid: 'another' })).toMatchObject({ refusal: { code: 'changed-since' } });
    expect(on.writes()).toEqual([]);
  });

  test.each<{ name: string; given: RemedyContext; expected: RefusalCode }>([
    {
      name: 'a bare pod',
      given: context('memory-leak', {
        location: { ...LOCATED, workload: { kind: 'Pod', namespace: 'shop', name: 'x' } },
      }),
      expected: 'bare-pod',
    },
    {
      name: 'a kind that it does not know',
      given: context('memory-leak', {
        location: { ...LOCATED, workload: { kind: 'CronJob', namespace: 'shop', name: 'x' } },
      }),
      expected: 'wrong-kind',
    },
    { name: 'a cause that it does not cure', given: context('image-pull-failure'), expected: 'does-not-cure' },
    { name: 'tried before', given: context('memory-leak', { tried: ['soft-reset'] }), expected: 'already-tried' },
    { name: 'nothing annotated', given: context('memory-leak'), expected: 'no-endpoint' },
  ])('the evidence shows $name', ({ given, expected }) => {
    expect(softReset.consider(given)).toMatchObject({ kind: 'refused', refusal: { code: expected } });
  });

  test('applies with the annotation, and costs nothing', () => {
    const state = stateEvidence({ annotations: { [PATH]: '/heal' } });
    const given = context('memory-leak', { found: { state } });

    expect(softReset.consider(given)).toMatchObject({ kind: 'applies', cures: 'memory-leak' });
    expect(softReset.disruption(given).readyReplicaMinutes).toBe(0);
  });
});
