import { describe, expect, test } from '@jest/globals';
import { makeClusterOver } from '../../../src/adapters/kubernetes/cluster.ts';
import { makeApi } from '../../../src/simulator/api/handle.ts';
import { makeInProcessTransport } from '../../../src/simulator/api/in-process.ts';
import { makeObjectStore } from '../../../src/simulator/objects.ts';

function shop(): ReturnType<typeof makeObjectStore> {
  const objects = makeObjectStore({ now: () => 0 });
  for (const name of ['a', 'b']) {
    objects.create('configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'shop', labels: { app: name } },
    });
  }
  return objects;
}

describe('the API without a socket', () => {
  test('answers the adapter as it would over HTTP: reads, selectors, writes and dry runs', async () => {
    const objects = shop();
    const cluster = makeClusterOver(makeInProcessTransport(makeApi({ store: objects })), { retryMs: 1 });
    const write = {
      method: 'PATCH',
      path: '/api/v1/namespaces/shop/configmaps/a',
      contentType: 'application/merge-patch+json',
      body: { data: { key: 'value' } },
    } as const;

    const found = await cluster.getAny({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'a' });
    const missing = await cluster.getAny({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'c' });
    const rehearsed = await cluster.send(write, { dryRun: true });
    const untouched = objects.get('configmaps', 'shop', 'a')?.['data'];
    const written = await cluster.send(write, { dryRun: false });

    expect(found?.metadata.name).toBe('a');
    expect(missing).toBeUndefined();
    expect([rehearsed.kind, written.kind]).toEqual(['ok', 'ok']);
    expect(untouched).toBeUndefined();
    expect(objects.get('configmaps', 'shop', 'a')?.['data']).toEqual({ key: 'value' });
  });

  test('says 501 to a watch, and cuts an answer off', async () => {
    const transport = makeInProcessTransport(makeApi({ store: shop() }));

    const watch = await transport({
      method: 'GET',
      path: '/api/v1/namespaces/shop/configmaps',
      query: { watch: 'true' },
      maxBytes: 10_000,
    });
    const cut = await transport({ method: 'GET', path: '/api/v1/namespaces/shop/configmaps', maxBytes: 20 });

    expect(watch.status).toBe(501);
    expect(cut).toMatchObject({ status: 200, cut: true });
    expect(cut.text).toHaveLength(20);
  });
});
