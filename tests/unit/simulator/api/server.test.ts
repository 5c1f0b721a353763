import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  PatchStrategy,
  PolicyV1Api,
  Watch,
  setHeaderOptions,
} from '@kubernetes/client-node';
import { type ApiServer, startApiServer } from '../../../../src/simulator/api/server.ts';
import type { ObjectStore } from '../../../../src/simulator/objects.ts';
import { PODS, aBudget, aDeployment, aPod, aStore } from './world.ts';

let store: ObjectStore;
let server: ApiServer;

beforeEach(async () => {
  store = aStore();
  server = await startApiServer({ store });
});

afterEach(async () => {
  await server.close();
});

function aClient(): KubeConfig {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'c', server: server.url, skipTLSVerify: true }],
    users: [{ name: 'u', token: 't' }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
    currentContext: 'x',
  });
  return config;
}

function ask(
  path: string,
  options: { method?: string; body?: string } = {},
  url = server.url,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}${path}`, { method: options.method ?? 'GET' }, (incoming) => {
      text(incoming).then((body) => resolve({ status: incoming.statusCode ?? 0, body }), reject);
    });
    outgoing.on('error', reject);
    outgoing.end(options.body);
  });
}

describe('over HTTP', () => {
  test("the real client's list, patch and eviction work", async () => {
    store.create('deployments', aDeployment('cart'));
    store.create('pods', aPod('cart-1'));
    store.create('poddisruptionbudgets', aBudget({ allowed: 0 }));
    const config = aClient();
    const core = config.makeApiClient(CoreV1Api);

    const pods = await core.listNamespacedPod({ namespace: 'shop', labelSelector: 'app=cart' });
    const patched = await config
      .makeApiClient(AppsV1Api)
      .patchNamespacedDeployment(
        { name: 'cart', namespace: 'shop', body: { spec: { replicas: 4 } } },
        setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch),
      );
    const budgets = await config.makeApiClient(PolicyV1Api).listPodDisruptionBudgetForAllNamespaces();
    const evicted = core.createNamespacedPodEviction({
      name: 'cart-1',
      namespace: 'shop',
      body: { metadata: { name: 'cart-1', namespace: 'shop' } },
    });

    expect(pods.items.map(({ metadata }) => metadata?.name)).toEqual(['cart-1']);
    expect(patched.spec?.replicas).toBe(4);
    expect(budgets.items[0]?.status?.disruptionsAllowed).toBe(0);
    await expect(evicted).rejects.toMatchObject({ code: 429 });
    await expect(evicted).rejects.toBeInstanceOf(ApiException);
    await expect(core.readNamespacedPod({ name: 'none', namespace: 'shop' })).rejects.toMatchObject({ code: 404 });
  });

  test("the real client's watch sees changes as they happen", async () => {
    const seen: string[] = [];
    store.create('pods', aPod('a'));

    await new Promise<void>((resolve, reject) => {
      new Watch(aClient())
        .watch(
          PODS,
          {},
          (type: string, object: { metadata: { name: string } }) => {
            seen.push(`${type} ${object.metadata.name}`);
            if (seen.length === 1) {
              store.create('pods', aPod('b'));
              store.remove('pods', 'shop', 'a');
            }
            if (seen.length === 3) {
              resolve();
            }
          },
          (error: unknown) => reject(error instanceof Error ? error : new Error('the watch ended')),
        )
        .catch(reject);
    });

    expect(seen).toEqual(['ADDED a', 'ADDED b', 'DELETED a']);
  });

  test('a watch ends with a bookmark when its time is up', async () => {
    store.create('pods', aPod('a'));

    const { body } = await ask(`${PODS}?watch=true&allowWatchBookmarks=true&timeoutSeconds=1`);

    expect(
      body
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).type),
    ).toEqual(['ADDED', 'BOOKMARK']);
  });

  test('a body that is too large is refused, and the server goes on', async () => {
    const body = ' '.repeat(3 * 1024 * 1024 + 1);

    const answer = await ask(PODS, { method: 'POST', body });

    expect(answer.status).toBe(413);
    expect((await ask('/readyz')).body).toBe('ok');
  });

  test('closing ends watches that run', async () => {
    const other = await startApiServer({ store });
    const ended = new Promise((resolve) => {
      request(`${other.url}${PODS}?watch=true`, (incoming) => {
        incoming.resume();
        incoming.on('error', resolve).on('close', resolve);
        void other.close();
      }).end();
    });

    await expect(ended).resolves.toMatchObject({ code: 'ECONNRESET' });
  });

  test('a failure that was put in between is answered as one', async () => {
    const failing = await startApiServer({
      store,
      wrap: (handle) => (given) => {
        if (given.path.startsWith('/api/')) {
          throw new Error('etcd is away');
        }
        return handle(given);
      },
    });

    const answer = await ask(PODS, {}, failing.url);
    await failing.close();

    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.body)).toMatchObject({ reason: 'InternalError', message: 'Internal error: etcd is away' });
  });
});
