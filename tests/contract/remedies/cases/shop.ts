import type { ObjectStore, StoredObject } from '../../../../src/simulator/objects.ts';
import type { ServiceSpec } from '../../../../src/simulator/world/spec.ts';
import type { RefusalRow } from '../case.ts';
import { add, merge, SHOP } from '../hands.ts';

/** A service of the shop, with three replicas of a modest size and one revision before the present one. */
export function aService(name: string, overrides: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    namespace: SHOP,
    name,
    kind: 'Deployment',
    replicas: 3,
    image: `shop/${name}:2`,
    previousImage: `shop/${name}:1`,
    requests: { cpu: '100m', memory: '64Mi' },
    limits: { cpu: '200m', memory: '128Mi' },
    memory: '40Mi',
    port: 8080,
    ...overrides,
  };
}

/** The two refusals of objects that somebody else writes. */
export function ownedRows(resource: string, name: string, more: Partial<RefusalRow> = {}): readonly RefusalRow[] {
  return [
    {
      code: 'gitops-owned',
      when: `Argo CD writes the ${resource}`,
      arrange: ({ objects }) =>
        void merge(objects, resource, name, { metadata: { labels: { 'argocd.argoproj.io/instance': 'shop' } } }),
      ...more,
    },
    {
      code: 'operator-owned',
      when: `an operator writes the ${resource}`,
      arrange: ({ objects }) => void merge(objects, resource, name, { metadata: { ownerReferences: [OPERATOR] } }),
      ...more,
    },
  ];
}

/** The owner of an object that an operator made. */
export const OPERATOR = {
  apiVersion: 'acme.example/v1',
  kind: 'Shop',
  name: 'shop',
  uid: 'uid-of-the-shop',
  controller: true,
} as const;

/** A disruption budget over the pods of an app that allows so many to go now. */
export function addBudget(objects: ObjectStore, app: string, disruptionsAllowed: number): void {
  add(objects, 'poddisruptionbudgets', {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: `${app}-budget`, namespace: SHOP },
    spec: { minAvailable: 3, selector: { matchLabels: { app } } },
    status: { observedGeneration: 1, disruptionsAllowed, currentHealthy: 3, desiredHealthy: 3, expectedPods: 3 },
  });
}

export const NO_DISRUPTION: RefusalRow = {
  code: 'no-disruption-allowed',
  when: 'the budget of its pods allows none to go now',
  arrange: ({ objects }) => addBudget(objects, 'cart', 0),
};

/** The same, told by the plan alone. */
export const NO_DISRUPTION_LATER: RefusalRow = {
  ...NO_DISRUPTION,
  when: `${NO_DISRUPTION.when} any more`,
  at: 'after',
};

/** A quota of the namespace that is used up. */
export function addFullQuota(objects: ObjectStore, hard: Readonly<Record<string, string>>): void {
  add(objects, 'resourcequotas', {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'shop', namespace: SHOP },
    spec: { hard },
    status: { hard, used: hard },
  });
}

/** Nobody may start a pod on any node any more. */
export function cordonAll(objects: ObjectStore): void {
  for (const { metadata } of objects.list('nodes')) merge(objects, 'nodes', metadata.name, CORDONED);
}

export const CORDONED = {
  spec: { unschedulable: true, taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] },
} as const;

/** Rolls another template out. */
export function rollOut(objects: ObjectStore, resource: string, name: string, container: object): void {
  const { spec = {} } = objects.get(resource, SHOP, name) ?? {};
  const template = spec['template'] as { readonly spec: { readonly containers: readonly object[] } }; // A workload's.
  const [first, ...others] = template.spec.containers;
  merge(objects, resource, name, {
    spec: { template: { spec: { containers: [{ ...first, ...container }, ...others] } } },
  });
}

/** The controller has not come to see the newest spec. */
export const UNSEEN = { status: { observedGeneration: 0 } } as const;

export function isReady(pod: StoredObject): boolean {
  const conditions = (pod.status?.['conditions'] ?? []) as readonly {
    readonly type: string;
    readonly status: string;
  }[]; // A pod's.
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}
