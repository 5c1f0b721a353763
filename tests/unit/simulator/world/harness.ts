import { makeObjectStore, type ObjectStore, type StoredObject } from '../../../../src/simulator/objects.ts';
import { makeSimClock, type SimClock } from '../../../../src/simulator/world/clock.ts';
import type {
  DeploymentObject,
  Kinds,
  PodObject,
  ReplicaSetObject,
  ResourceName,
} from '../../../../src/simulator/world/kinds.ts';
import { isReady } from '../../../../src/simulator/world/pods.ts';
import { seededUids } from '../../../../src/simulator/world/random.ts';
import type { ServiceSpec, WorldSpec } from '../../../../src/simulator/world/spec.ts';
import { advance, makeWorld, type World } from '../../../../src/simulator/world/world.ts';

export const START = Date.parse('2026-11-21T10:00:00Z');

/** A service of the namespace `shop` with what most tests need. */
export function aService(overrides: Partial<ServiceSpec> & { readonly name: string }): ServiceSpec {
  return {
    namespace: 'shop',
    kind: 'Deployment',
    replicas: 2,
    image: `shop/${overrides.name}:1.0.0`,
    requests: { cpu: '100m', memory: '64Mi' },
    limits: { cpu: '200m', memory: '128Mi' },
    memory: '48Mi',
    startSeconds: 3,
    port: 8080,
    progressDeadlineSeconds: 60,
    ...overrides,
  };
}

export function aSpec(services: readonly ServiceSpec[], overrides: Partial<WorldSpec> = {}): WorldSpec {
  return { nodes: ['node-1', 'node-2'].map((name) => ({ name, cpu: '4', memory: '8Gi' })), services, ...overrides };
}

export interface Bench {
  readonly world: World;
  readonly store: ObjectStore;
  readonly clock: SimClock;
  /** Lives so many seconds, calling `each` after every one. */
  run(seconds: number, each?: (second: number) => void): void;
  all<K extends ResourceName>(resource: K): readonly Kinds[K][];
  get<K extends ResourceName>(resource: K, name: string): Kinds[K];
  pods(app: string): readonly PodObject[];
  ready(app: string): number;
  sets(name: string): readonly ReplicaSetObject[];
  /** Changes the spec of an object of the namespace `shop`, as a PATCH would. */
  patch(resource: ResourceName, name: string, change: object): void;
  setImage(name: string, image: string): void;
  rolloutRestart(name: string): void;
  scale(name: string, replicas: number): void;
  /** Replaces the template with that of the ReplicaSet before the newest, as `kubectl rollout undo` does. */
  rollBack(name: string): void;
  /** Deletes a pod gracefully. */
  evict(pod: StoredObject): void;
}

export function aBench(scenario: WorldSpec, options: { readonly seed?: number } = {}): Bench {
  const seed = options.seed ?? 1;
  const clock = makeSimClock(START);
  const store = makeObjectStore({ now: clock.now, uid: seededUids(seed) });
  const world = makeWorld({ store, seed, scenario });
  const { kit } = world.view;

  function get<K extends ResourceName>(resource: K, name: string): Kinds[K] {
    const found = kit.get(resource, resource === 'nodes' ? undefined : 'shop', name);
    if (found === undefined) {
      throw new Error(`no ${resource} ${name}`);
    }
    return found;
  }

  function patch(resource: ResourceName, name: string, change: object): void {
    const object = get(resource, name);
    store.update(resource, { ...object, spec: { ...object.spec, ...change } });
  }

  function template(name: string): NonNullable<NonNullable<DeploymentObject['spec']>['template']> {
    return get('deployments', name).spec!.template!;
  }

  function sets(name: string): readonly ReplicaSetObject[] {
    return kit.owned('replicasets', get('deployments', name).metadata.uid);
  }

  return {
    world,
    store,
    clock,
    run(seconds, each) {
      for (let second = 1; second <= seconds; second += 1) {
        advance(world, clock, 1);
        each?.(second);
      }
    },
    all: (resource) => kit.list(resource),
    get,
    pods: (app) => kit.list('pods', 'shop').filter((pod) => pod.metadata.labels?.['app'] === app),
    ready: (app) =>
      kit.list('pods', 'shop').filter((pod) => pod.metadata.labels?.['app'] === app && isReady(pod)).length,
    sets,
    patch,
    setImage(name, image) {
      const [first, ...others] = template(name).spec.containers;
      const spec = { ...template(name).spec, containers: [{ ...first!, image }, ...others] };
      patch('deployments', name, { template: { ...template(name), spec } });
    },
    rolloutRestart(name) {
      const { metadata } = template(name);
      const annotations = {
        ...metadata?.annotations,
        'kubectl.kubernetes.io/restartedAt': new Date(clock.now()).toISOString(),
      };
      patch('deployments', name, { template: { ...template(name), metadata: { ...metadata, annotations } } });
    },
    scale: (name, replicas) => patch('deployments', name, { replicas }),
    rollBack(name) {
      const byRevision = [...sets(name)].sort((left, right) => revision(right) - revision(left));
      const { metadata, spec } = byRevision[1]!.spec!.template!;
      const { 'pod-template-hash': _hash, ...labels } = metadata?.labels ?? {};
      patch('deployments', name, { template: { metadata: { ...metadata, labels }, spec } });
    },
    evict(pod) {
      const deletionTimestamp = new Date(clock.now() + 30_000).toISOString();
      const current = store.get('pods', pod.metadata.namespace, pod.metadata.name);
      if (current !== undefined) {
        store.update('pods', {
          ...current,
          metadata: { ...current.metadata, deletionTimestamp, deletionGracePeriodSeconds: 30 },
        });
      }
    },
  };
}

export function revision(set: StoredObject): number {
  return Number(set.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
}
