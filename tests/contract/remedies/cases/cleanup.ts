import { expect } from '@jest/globals';
import { cleanup } from '../../../../src/act/remedies/cleanup.ts';
import type { NewObject, ObjectStore, OwnerReference, StoredObject } from '../../../../src/simulator/objects.ts';
import type { LivingHands, RemedyCase, RemedyWorld } from '../case.ts';
import { add, merge, objectOf, podsOf, SHOP } from '../hands.ts';
import { aService } from './shop.ts';

/** What is left of a pod that its node evicted a quarter of an hour ago. */
function evictedPod(name: string, owner: OwnerReference, labels: object, now: number): NewObject {
  const at = new Date(now - 900_000).toISOString().replace('.000', '');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: SHOP, labels: { ...labels }, ownerReferences: [owner] },
    spec: { nodeName: 'node-1', containers: [{ name: 'app', image: 'shop/cart:2' }] },
    status: {
      phase: 'Failed',
      reason: 'Evicted',
      message: 'The node was low on resource: memory.',
      startTime: at,
      conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: at }],
    },
  };
}

function ownerOf({ apiVersion, kind, metadata }: StoredObject): OwnerReference {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true };
}

function setOf(objects: ObjectStore): StoredObject {
  const set = objects
    .list('replicasets', { namespace: SHOP })
    .find(({ metadata, spec }) => metadata.name.startsWith('cart-') && spec?.['replicas'] !== 0);
  if (set === undefined) throw new Error('cart has no ReplicaSet');
  return set;
}

function leave({ objects, now }: Pick<LivingHands, 'objects' | 'now'>): void {
  const set = setOf(objects);
  for (const name of ['cart-left-1', 'cart-left-2']) {
    add(objects, 'pods', evictedPod(name, ownerOf(set), set.metadata.labels ?? {}, now - 3_000_000));
  }
}

const LEFT = ['cart-left-1', 'cart-left-2'] as const;

function isGone(objects: ObjectStore, name: string): boolean {
  return objects.get('pods', SHOP, name) === undefined;
}

const FIRST: RemedyWorld = {
  name: 'evicted pods of a Deployment',
  services: [aService('cart')],
  cause: 'evicted-pods',
  arrange(hands) {
    leave(hands);
    hands.run(800);
  },
  spares: [{ request: /\/log$/, why: 'their last words are kept where they can be read' }],
  effect({ objects, run }) {
    run(60);

    expect(LEFT.filter((name) => !isGone(objects, name))).toEqual([]);
    expect(podsOf(objects, 'cart')).toHaveLength(3);
  },
};

export const cleanupCase: RemedyCase = {
  remedy: cleanup,
  disruption: 'constant',
  worlds: [
    FIRST,
    {
      ...FIRST,
      name: 'failed pods of a Job that has ended, and all others of the namespace',
      arrange(hands) {
        const { objects, now } = hands;
        const job = add(objects, 'jobs', {
          apiVersion: 'batch/v1',
          kind: 'Job',
          metadata: { name: 'import', namespace: SHOP },
          spec: { backoffLimit: 0, suspend: true, template: { spec: { containers: [] } } },
          status: { failed: 1, conditions: [{ type: 'Failed', status: 'True' }] },
        });
        add(objects, 'pods', evictedPod('import-1', ownerOf(job), { 'job-name': 'import' }, now));
        leave(hands);
        hands.run(800);
      },
      located: (objects) => ({
        workload: { kind: 'Namespace', namespace: '', name: SHOP },
        uid: objectOf(objects, 'namespaces', SHOP).metadata.uid,
      }),
      effect({ objects, run }) {
        run(60);

        expect([...LEFT, 'import-1'].filter((name) => !isGone(objects, name))).toEqual([]);
      },
    },
  ],
  refusals: [
    {
      code: 'nothing-to-clean',
      when: 'they failed only now',
      policy: { limits: { cleanup: { minAgeSeconds: 86_400, maxPods: 20 } } },
    },
    {
      code: 'nothing-to-clean',
      when: 'somebody has removed them since',
      arrange: ({ objects }) => {
        for (const name of LEFT) objects.remove('pods', SHOP, name);
      },
      at: 'after',
    },
    {
      code: 'nothing-to-clean',
      when: 'their controller is one that AutoHeal does not know',
      arrange: ({ objects }) => {
        for (const name of LEFT) merge(objects, 'pods', name, { metadata: { ownerReferences: null } });
      },
      at: 'after',
    },
    { code: 'protected', when: 'the namespace is protected', policy: { protectedNamespaces: ['shop*'] } },
  ],
};
