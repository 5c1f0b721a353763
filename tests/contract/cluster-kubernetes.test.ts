import { randomBytes } from 'node:crypto';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { makeDryRunCluster } from '../../src/adapters/dry-run-cluster.ts';
import { makeKubernetesCluster } from '../../src/adapters/kubernetes/cluster.ts';
import type { Cluster } from '../../src/ports/cluster.ts';
import type { WriteRecord } from '../../src/simulator/api/context.ts';
import { startApiServer, type ApiServer } from '../../src/simulator/api/server.ts';
import { makeObjectStore, type ObjectStore } from '../../src/simulator/objects.ts';
import { NIGHT } from '../builders/journey.ts';
import { describeCluster } from './cluster.contract.ts';

function simulatedStore(): ObjectStore {
  return makeObjectStore({ now: () => NIGHT });
}

describeCluster('the Kubernetes adapter on the simulator', async () => {
  const api = await startApiServer({ store: simulatedStore() });
  return {
    cluster: makeKubernetesCluster({ connection: { server: api.url }, timeoutMs: 5_000 }),
    namespace: 'contract',
    close: () => api.close(),
  };
});

const kubeconfig = process.env['AUTOHEAL_TEST_KUBECONFIG'] ?? '';
if (kubeconfig === '') {
  describe.skip('the Kubernetes adapter on a real cluster (AUTOHEAL_TEST_KUBECONFIG names no kubeconfig)', () => {
    test('keeps the contract', () => {
      throw new Error('runs only against a real cluster');
    });
  });
} else {
  describeCluster('the Kubernetes adapter on a real cluster', async () => {
    const namespace = `autoheal-contract-${randomBytes(4).toString('hex')}`;
    return {
      cluster: makeKubernetesCluster({ connection: { kubeconfig }, timeoutMs: 15_000 }),
      namespace,
      async close() {
        const config = new KubeConfig();
        config.loadFromFile(kubeconfig);
        await config.makeApiClient(CoreV1Api).deleteNamespace({ name: namespace });
      },
    };
  });
}

describe('the Kubernetes adapter on a simulated cluster with many objects', () => {
  let api: ApiServer;
  let store: ObjectStore;
  let cluster: Cluster;
  let writes: WriteRecord[];

  beforeEach(async () => {
    store = simulatedStore();
    writes = [];
    api = await startApiServer({ store, onWrite: (record) => void writes.push(record) });
    cluster = makeKubernetesCluster({ connection: { server: api.url }, timeoutMs: 5_000 });
  });
  afterEach(() => api.close());

  test('a list brings all pages', async () => {
    for (let n = 0; n < 1201; n += 1) {
      store.create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `c-${n}`, namespace: 'a' } });
      store.create('nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: `n-${n}` } });
    }

    const nodes = await cluster.list('Node', {});

    expect(new Set(nodes.map(({ metadata }) => metadata.name)).size).toBe(1201);
  });

  test('a dry-run cluster changes nothing, whatever it is asked, and remembers it', async () => {
    store.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
    const node = store.create('nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } });
    const replaying = makeDryRunCluster(cluster);
    const write = {
      method: 'PATCH',
      path: '/api/v1/nodes/n1',
      contentType: 'application/merge-patch+json',
      body: { spec: { unschedulable: true } },
    } as const;
    const event = {
      regarding: { apiVersion: 'v1', kind: 'Node', namespace: '', name: 'n1', uid: node.metadata.uid },
      type: 'Normal',
      reason: 'Healed',
      action: 'Cordon',
      note: '',
      at: NIGHT,
    } as const;

    const answer = await replaying.send(write, { dryRun: false });
    await replaying.send(write, { dryRun: true });
    await replaying.recordEvent(event);

    expect(answer).toMatchObject({ kind: 'ok', object: { spec: { unschedulable: true } } });
    expect(writes.filter(({ dryRun }) => !dryRun)).toEqual([]);
    expect(writes).toHaveLength(2);
    expect((await replaying.get('Node', { name: 'n1' }))?.metadata.resourceVersion).toBe(node.metadata.resourceVersion);
    expect(replaying.writes).toEqual([{ write, answer }]);
    expect(replaying.events).toEqual([event]);
  });
});
