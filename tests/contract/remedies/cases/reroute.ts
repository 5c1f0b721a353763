import { expect } from '@jest/globals';
import { reroute } from '../../../../src/act/remedies/reroute.ts';
import { HTTP_ROUTES } from '../../../../src/simulator/custom-resources.ts';
import type { ObjectStore } from '../../../../src/simulator/objects.ts';
import type { ServiceSpec } from '../../../../src/simulator/world/spec.ts';
import type { RemedyCase, RemedyWorld } from '../case.ts';
import { annotate, merge, objectOf, podsOf, SHOP } from '../hands.ts';
import { aService, isReady, NO_DISRUPTION, NO_DISRUPTION_LATER, ownedRows } from './shop.ts';

const FALLBACK = { 'autoheal.io/fallback': 'service/spare' } as const;
const SPARE = aService('spare', { replicas: 2 });
const ROUTES = { customResources: [HTTP_ROUTES] };

function firstPod(objects: ObjectStore): { readonly pods: readonly string[] } {
  return {
    pods: podsOf(objects, 'cart')
      .slice(0, 1)
      .map(({ metadata }) => metadata.name),
  };
}

const ONE_BAD: RemedyWorld = {
  name: 'one bad pod',
  services: [aService('cart')],
  cause: 'one-bad-pod',
  located: firstPod,
  effect({ objects, run, intent }) {
    run(60);

    const pods = podsOf(objects, 'cart');
    const { labels, annotations } = objectOf(objects, 'pods', intent.target.name).metadata;
    expect(labels).toMatchObject({ 'autoheal.io/quarantined-by': 'inc-1' });
    expect(labels).not.toHaveProperty('app');
    expect(annotations).toMatchObject({ 'autoheal.io/held-by': intent.actionId });
    expect(pods.filter(isReady)).toHaveLength(4);
  },
};

function bySelector(kind: ServiceSpec['kind']): RemedyWorld {
  return {
    name: `the Service of a ${kind}`,
    services: [aService('cart', { kind, annotations: FALLBACK }), SPARE],
    more: ROUTES,
    cause: 'errors-after-rollout',
    // A StatefulSet's own Service is headless: one with an address stands beside it, as charts make it.
    ...(kind === 'StatefulSet' && { arrange: ({ objects }) => unhead(objects) }),
    effect({ objects, run }) {
      run(10);

      expect(objectOf(objects, 'services', 'cart').spec).toMatchObject({ selector: { app: 'spare' } });
    },
  };
}

function unhead(objects: ObjectStore): void {
  merge(objects, 'services', 'cart', { spec: { clusterIP: null } });
}

const BY_ROUTE: RemedyWorld = {
  name: 'an HTTPRoute',
  services: [aService('cart', { annotations: FALLBACK, route: { name: 'cart', fallback: 'spare' } }), SPARE],
  cause: 'errors-after-rollout',
  effect({ objects }) {
    const refs = JSON.stringify(objectOf(objects, 'httproutes', 'cart').spec);
    expect(refs).toMatch(/"name":"cart"[^}]*"weight":0/);
    expect(refs).toMatch(/"name":"spare"[^}]*"weight":[1-9]/);
  },
};

const DEPLOYMENT = bySelector('Deployment');

export const rerouteCase: RemedyCase = {
  remedy: reroute,
  disruption: 'constant',
  worlds: [
    ONE_BAD,
    { ...ONE_BAD, name: 'one bad pod, until its time is over', takenBack: 'by what the intent says instead' },
    DEPLOYMENT,
    bySelector('StatefulSet'),
    bySelector('DaemonSet'),
    BY_ROUTE,
  ],
  refusals: [
    {
      code: 'no-pod-named',
      when: 'no alert names a pod, and none looks ill',
      incident: (incident) => ({ ...incident, location: { ...incident.location, pods: [] } }),
    },
    {
      code: 'last-healthy-pod',
      when: 'no other pod is ready',
      arrange: ({ objects }) => notReady(objects),
    },
    {
      code: 'last-healthy-pod',
      when: 'no other pod is ready any more',
      arrange: ({ objects }) => notReady(objects),
      at: 'after',
    },
    NO_DISRUPTION,
    NO_DISRUPTION_LATER,
    {
      code: 'no-service',
      when: 'no Service sends traffic to it',
      arrange: ({ objects }) => objects.remove('services', SHOP, 'cart'),
      at: 'after',
    },
    {
      code: 'no-service',
      when: 'its Service reaches other workloads too',
      world: DEPLOYMENT.name,
      arrange: ({ objects }) => {
        const [pod] = podsOf(objects, 'spare');
        merge(objects, 'pods', pod?.metadata.name ?? '', { metadata: { labels: { app: 'cart' } } });
        merge(objects, 'deployments', 'cart', { spec: { selector: { matchLabels: { app: 'cart', own: 'yes' } } } });
      },
      at: 'after',
    },
    {
      code: 'no-fallback',
      when: 'the workload names no stand-in',
      world: DEPLOYMENT.name,
      arrange: ({ objects }) => annotate(objects, 'deployments', 'cart', { 'autoheal.io/fallback': null }),
    },
    {
      code: 'no-fallback',
      when: 'its stand-in is gone',
      world: DEPLOYMENT.name,
      arrange: ({ objects }) => objects.remove('services', SHOP, 'spare'),
      at: 'after',
    },
    {
      code: 'fallback-not-healthy',
      when: 'its stand-in has no endpoint that is ready',
      world: DEPLOYMENT.name,
      arrange: ({ objects }) => {
        for (const { metadata } of objects.list('endpointslices', { namespace: SHOP })) {
          if (metadata.name.startsWith('spare')) merge(objects, 'endpointslices', metadata.name, { endpoints: [] });
        }
      },
      at: 'after',
    },
    ...ownedRows('services', 'cart', { world: DEPLOYMENT.name, at: 'after' }),
    ...ownedRows('httproutes', 'cart', { world: BY_ROUTE.name, at: 'after' }),
  ],
};

function notReady(objects: ObjectStore): void {
  for (const { metadata } of podsOf(objects, 'cart').slice(1)) {
    merge(objects, 'pods', metadata.name, { status: { conditions: [{ type: 'Ready', status: 'False' }] } });
  }
}
