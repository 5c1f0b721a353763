import type { Json } from '../../../src/simulator/api/json.ts';
import { makeObjectStore, timestamp, type ObjectStore, type StoredObject } from '../../../src/simulator/objects.ts';
import { NOW } from '../../builders/incident.ts';

export const NAMESPACE = 'shop';
const MINUTE = 60_000;
const clocks = new WeakMap<ObjectStore, { now: number }>();

/** A store whose objects can be made in the past. */
export function aStore(): ObjectStore {
  const clock = { now: NOW };
  let made = 0;
  const objects = makeObjectStore({
    now: () => clock.now,
    uid: () => `00000000-0000-4000-8000-${String((made += 1)).padStart(12, '0')}`,
  });
  clocks.set(objects, clock);
  return objects;
}

/** Makes objects so many minutes ago. */
export function before<T>(objects: ObjectStore, minutes: number, make: () => T): T {
  const clock = clocks.get(objects);
  if (clock === undefined) throw new Error('made by aStore');
  clock.now = NOW - minutes * MINUTE;
  const made = make();
  clock.now = NOW;
  return made;
}

export interface CartWish {
  readonly kind?: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  readonly replicas?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Laid over the spec. */
  readonly spec?: Json;
  /** Laid over the status. */
  readonly status?: Json;
  readonly resources?: Json;
  /** Of the newest revision, in minutes. */
  readonly ageMinutes?: number;
}

/** Nodes of a small cluster, all well. */
export function addNodes(objects: ObjectStore, count = 4): readonly StoredObject[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `node-${index + 1}`;
    const size = { cpu: '8', memory: '32Gi', pods: '110' };
    return objects.create('nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { 'kubernetes.io/hostname': name, pool: 'general' } },
      spec: {},
      status: {
        capacity: size,
        allocatable: size,
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: timestamp(NOW - 600 * MINUTE) }],
      },
    });
  });
}

export function templateOf(app: string, image: string, resources: Json = { requests: { cpu: '100m' } }): Json {
  return {
    metadata: { labels: { app } },
    spec: { containers: [{ name: 'app', image, resources }] },
  };
}

/** The workload `cart` with two revisions, rolled out and ready, its pods on the first nodes. */
export function addCart(objects: ObjectStore, wish: CartWish = {}): StoredObject {
  const { kind = 'Deployment', replicas = 3, resources, annotations = {}, ageMinutes = 20 } = wish;
  const template = templateOf('cart', 'cart:2', resources);
  const cart = before(objects, 3000, () =>
    objects.create(PLURALS[kind], {
      apiVersion: 'apps/v1',
      kind,
      metadata: {
        name: 'cart',
        namespace: NAMESPACE,
        labels: { app: 'cart' },
        annotations: { 'deployment.kubernetes.io/revision': '2', ...annotations },
      },
      spec: { replicas, selector: { matchLabels: { app: 'cart' } }, template, ...wish.spec },
      status: {
        observedGeneration: 1,
        replicas,
        updatedReplicas: replicas,
        readyReplicas: replicas,
        availableReplicas: replicas,
        ...wish.status,
      },
    }),
  );
  addSet(objects, cart, 1, { ageMinutes: 3000, replicas: 0, image: 'cart:1', resources });
  const current = addSet(objects, cart, 2, { ageMinutes, replicas, image: 'cart:2', resources });
  for (let index = 0; index < replicas; index += 1) {
    addPod(objects, `cart-2-${'abcdefghij'[index] ?? index}`, {
      owner: current,
      node: `node-${(index % 3) + 1}`,
      resources,
    });
  }
  return cart;
}

const PLURALS = { Deployment: 'deployments', StatefulSet: 'statefulsets', DaemonSet: 'daemonsets' } as const;

interface SetWish {
  readonly ageMinutes: number;
  readonly replicas: number;
  readonly image: string;
  readonly resources?: Json | undefined;
}

export function addSet(objects: ObjectStore, cart: StoredObject, revision: number, wish: SetWish): StoredObject {
  const { replicas, image, ageMinutes, resources } = wish;
  const { name, namespace, uid } = cart.metadata;
  const owner = { apiVersion: 'apps/v1', kind: cart.kind ?? 'Deployment', name, uid, controller: true };
  const template = templateOf('cart', image, resources);
  const labels = { app: 'cart', 'pod-template-hash': `h${revision}` };
  return before(objects, ageMinutes, () =>
    objects.create('replicasets', {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `cart-${revision}`,
        namespace: namespace ?? NAMESPACE,
        labels,
        annotations: { 'deployment.kubernetes.io/revision': String(revision) },
        ownerReferences: [owner],
      },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: { ...template, metadata: { labels } },
      },
      status: { observedGeneration: 1, replicas, readyReplicas: replicas, availableReplicas: replicas },
    }),
  );
}

export interface PodWish {
  readonly owner?: StoredObject;
  readonly node?: string;
  readonly ready?: boolean;
  readonly phase?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly resources?: Json | undefined;
  readonly status?: Json;
  readonly spec?: Json;
}

export function addPod(objects: ObjectStore, name: string, wish: PodWish = {}): StoredObject {
  const { owner, node = 'node-1', ready = true, phase = 'Running', resources } = wish;
  const since = timestamp(NOW - 60 * MINUTE);
  const status = ready ? 'True' : 'False';
  return before(objects, 60, () =>
    objects.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name,
        namespace: NAMESPACE,
        labels: wish.labels ?? { app: 'cart', 'pod-template-hash': 'h2' },
        ...(owner === undefined
          ? {}
          : {
              ownerReferences: [
                {
                  apiVersion: owner.apiVersion ?? 'apps/v1',
                  kind: owner.kind ?? 'ReplicaSet',
                  name: owner.metadata.name,
                  uid: owner.metadata.uid,
                  controller: true,
                },
              ],
            }),
      },
      spec: {
        ...(node === '' ? {} : { nodeName: node }),
        containers: [{ name: 'app', image: 'cart:2', resources: resources ?? { requests: { cpu: '100m' } } }],
        ...wish.spec,
      },
      status: {
        phase,
        startTime: since,
        conditions: [{ type: 'Ready', status, lastTransitionTime: timestamp(NOW - 59.5 * MINUTE) }],
        containerStatuses: [
          { name: 'app', ready, restartCount: 0, image: 'cart:2', state: { running: { startedAt: since } } },
        ],
        ...wish.status,
      },
    }),
  );
}

/** The Service of an app, with its ready endpoints. */
export function addService(objects: ObjectStore, app: string, endpoints: readonly string[]): StoredObject {
  const service = objects.create('services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: app, namespace: NAMESPACE },
    spec: {
      selector: { app },
      ports: [{ name: 'http', port: 8080, targetPort: 8080, protocol: 'TCP' }],
      type: 'ClusterIP',
    },
  });
  objects.create('endpointslices', {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${app}-1`, namespace: NAMESPACE, labels: { 'kubernetes.io/service-name': app } },
    addressType: 'IPv4',
    endpoints: endpoints.map((pod, index) => ({
      addresses: [`10.0.0.${index + 1}`],
      conditions: { ready: true },
      targetRef: { kind: 'Pod', namespace: NAMESPACE, name: pod },
    })),
  });
  return service;
}

/** Changes an object in place, as a controller would. */
export function change(
  objects: ObjectStore,
  resource: string,
  name: string,
  to: (object: StoredObject) => object,
): StoredObject {
  const found = objects.list(resource).find(({ metadata }) => metadata.name === name);
  if (found === undefined) throw new Error(`no ${resource} ${name}`);
  return objects.update(resource, { ...found, ...to(found) });
}
