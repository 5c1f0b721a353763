import { type HandleRequest, type ApiAnswer, type ApiDeps } from '../../../../src/simulator/api/context.ts';
import { makeApi } from '../../../../src/simulator/api/handle.ts';
import type { Json } from '../../../../src/simulator/api/json.ts';
import {
  type NewObject,
  type ObjectStore,
  type StoredObject,
  makeObjectStore,
} from '../../../../src/simulator/objects.ts';

export const NOW = Date.parse('2026-11-21T03:00:00Z');

/** A store with numbered uids and a clock that stands still. */
export function aStore(history?: number): ObjectStore {
  let uids = 0;
  return makeObjectStore({
    now: () => NOW,
    uid: () => `00000000-0000-4000-8000-${String((uids += 1)).padStart(12, '0')}`,
    ...(history === undefined ? {} : { history }),
  });
}

export function aPod(
  name: string,
  more: { labels?: Record<string, string>; spec?: object; status?: object } = {},
): NewObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', labels: { app: 'cart', ...more.labels } },
    spec: {
      nodeName: 'node-1',
      terminationGracePeriodSeconds: 5,
      containers: [{ name: 'app', image: 'cart:1', resources: { limits: { memory: '64Mi' } } }],
      ...more.spec,
    },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], ...more.status },
  };
}

export function aDeployment(name: string, spec: object = {}): NewObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop', labels: { app: name } },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'app', image: 'cart:1', env: [{ name: 'A', value: '1' }] }] },
      },
      ...spec,
    },
    status: { replicas: 2 },
  };
}

export function aBudget(numbers: { allowed: number; healthy?: number; desired?: number }): NewObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'cart', namespace: 'shop' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'cart' } } },
    status: {
      observedGeneration: 1,
      disruptionsAllowed: numbers.allowed,
      currentHealthy: numbers.healthy ?? 2,
      desiredHealthy: numbers.desired ?? 1,
      expectedPods: 2,
    },
  };
}

export interface TestWorld {
  readonly store: ObjectStore;
  readonly handle: HandleRequest;
  send(method: string, path: string, body?: unknown, contentType?: string): { status: number; body: Json };
  text(method: string, path: string): { status: number; body: unknown };
}

/** An API over a new store, asked without sockets. */
export function aWorld(deps: Partial<ApiDeps> = {}): TestWorld {
  const store = deps.store ?? aStore();
  const handle = makeApi({ store, ...deps });
  function ask(method: string, path: string, body?: unknown, contentType?: string): { status: number; body: unknown } {
    const answer: ApiAnswer = handle({
      method,
      path,
      contentType: contentType ?? (method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'),
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    if ('watch' in answer) {
      throw new Error('a watch was not asked for');
    }
    return { status: answer.status, body: answer.body };
  }
  return {
    store,
    handle,
    text: (method, path) => ask(method, path),
    send(method, path, body, contentType) {
      const answer = ask(method, path, body, contentType);
      if (typeof answer.body !== 'object' || answer.body === null) {
        throw new Error(`not an object: ${String(answer.body)}`);
      }
      // The API's bodies are objects or texts.
      return { status: answer.status, body: answer.body as Json };
    },
  };
}

/** Everything that is in the store. */
export function snapshot(store: ObjectStore): string {
  const objects: (readonly StoredObject[])[] = store.resources().map((resource) => store.list(resource));
  return JSON.stringify([store.resourceVersion(), objects]);
}

export const PODS = '/api/v1/namespaces/shop/pods';
export const DEPLOYMENTS = '/apis/apps/v1/namespaces/shop/deployments';
