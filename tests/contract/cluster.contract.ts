import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ClusterWrite } from '../../src/domain/cluster-write.ts';
import type { Deployment } from '../../src/domain/kubernetes.ts';
import type { Cluster, WriteAnswer } from '../../src/ports/cluster.ts';

export interface ClusterUnderTest {
  readonly cluster: Cluster;
  /** A namespace that does not exist yet and that the suite may fill. */
  readonly namespace: string;
  close(): Promise<void>;
}

const MERGE = 'application/merge-patch+json';

/** What every cluster must do, whether it is real or simulated. Needs no running pods. */
export function describeCluster(name: string, open: () => Promise<ClusterUnderTest>): void {
  describe(name, () => {
    let under: ClusterUnderTest;
    let cluster: Cluster;
    let namespace: string;

    beforeAll(async () => {
      under = await open();
      ({ cluster, namespace } = under);
      await created('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      const labels = { app: 'web' };
      await created(`/apis/apps/v1/namespaces/${namespace}/deployments`, {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web', namespace, labels },
        spec: {
          replicas: 0,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
        },
      });
    });
    afterAll(() => under.close());

    async function created(path: string, body: object): Promise<void> {
      const answer = await cluster.send(
        { method: 'POST', path, contentType: 'application/json', body },
        { dryRun: false },
      );
      expect(answer).toMatchObject({ kind: 'ok' });
    }

    async function web(): Promise<Deployment> {
      const found = await cluster.get('Deployment', { namespace, name: 'web' });
      if (found === undefined) throw new Error('the Deployment is gone');
      return found;
    }

    function patch(
      body: unknown,
      more: { readonly dryRun?: boolean; readonly path?: string } = {},
    ): Promise<WriteAnswer> {
      const { dryRun = false, path = '' } = more;
      const write: ClusterWrite = {
        method: 'PATCH',
        path: `/apis/apps/v1/namespaces/${namespace}/deployments/web${path}`,
        contentType: Array.isArray(body) ? 'application/json-patch+json' : MERGE,
        body,
      };
      return cluster.send(write, { dryRun });
    }

    test('an object is read as the server keeps it, times as RFC 3339 text', async () => {
      const { metadata, spec } = await web();

      expect(metadata).toMatchObject({ name: 'web', namespace, labels: { app: 'web' } });
      expect(metadata.uid).not.toBe('');
      expect(metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(spec.replicas).toBe(0);
    });

    test('what is not there is undefined, and no error', async () => {
      expect(await cluster.get('Pod', { namespace, name: 'gone' })).toBeUndefined();
      expect(await cluster.get('Node', { name: 'no-such-node' })).toBeUndefined();
      expect(await cluster.getAny({ apiVersion: 'v1', kind: 'Pod', namespace, name: 'gone' })).toBeUndefined();
      const unknown = { apiVersion: 'no-such-group.example/v1', kind: 'Nothing', namespace, name: 'x' };
      expect(await cluster.getAny(unknown)).toBeUndefined();
      expect(await cluster.previousLogs({ namespace, pod: 'gone', container: 'web', tailLines: 5 })).toBe('');
    });

    test('a list takes selectors', async () => {
      const chosen = await cluster.list('Deployment', { namespace, labelSelector: 'app=web' });
      const others = await cluster.list('Deployment', { namespace, labelSelector: 'app!=web' });
      const named = await cluster.list('Deployment', { namespace, fieldSelector: 'metadata.name=web' });

      expect(chosen.map(({ metadata }) => metadata.name)).toEqual(['web']);
      expect(others).toEqual([]);
      expect(named).toHaveLength(1);
    });

    test('a dry run answers as the write would, and changes nothing', async () => {
      const before = await web();

      const answer = await patch({ metadata: { annotations: { 'autoheal.io/note': 'x' } } }, { dryRun: true });

      expect(answer).toMatchObject({
        kind: 'ok',
        object: { metadata: { annotations: { 'autoheal.io/note': 'x' } } },
      });
      expect((await web()).metadata.annotations?.['autoheal.io/note']).toBeUndefined();
      expect((await web()).metadata.uid).toBe(before.metadata.uid);
    });

    test('a write with the current uid is done', async () => {
      const { metadata } = await web();
      const annotations = { 'autoheal.io/action-id': 'inc-1/1' };

      const answer = await patch({ metadata: { uid: metadata.uid, annotations } });

      expect(answer).toMatchObject({ kind: 'ok', object: { kind: 'Deployment', metadata: { annotations } } });
      expect((await web()).metadata.annotations).toMatchObject(annotations);
    });

    test('a stale resourceVersion is a conflict', async () => {
      const answer = await patch({ metadata: { resourceVersion: '1', annotations: { a: 'b' } } });

      expect(answer).toMatchObject({ kind: 'refused', code: 'CONFLICT', status: 409 });
    });

    test('another uid, a failed test and a wrong value are invalid', async () => {
      const wrongUid = await patch({ metadata: { uid: '00000000-0000-0000-0000-000000000000' } });
      const failedTest = await patch([{ op: 'test', path: '/metadata/uid', value: 'nope' }]);
      const wrongValue = await patch({ spec: { replicas: -1 } });

      expect([wrongUid, failedTest, wrongValue]).toMatchObject([
        { kind: 'refused', code: 'INVALID', status: 422 },
        { kind: 'refused', code: 'INVALID', status: 422 },
        { kind: 'refused', code: 'INVALID', status: 422 },
      ]);
    });

    test('the scale is a subresource of its own, with a dry run of its own', async () => {
      const rehearsed = await patch(
        { spec: { replicas: 0, minReadySeconds: undefined } },
        { path: '/scale', dryRun: true },
      );

      expect(rehearsed).toMatchObject({ kind: 'ok', object: { kind: 'Scale', spec: {} } });
    });

    test('an eviction of a pod that is not there is not found', async () => {
      const evict: ClusterWrite = {
        method: 'POST',
        path: `/api/v1/namespaces/${namespace}/pods/gone/eviction`,
        contentType: 'application/json',
        body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'gone', namespace } },
      };

      expect(await cluster.send(evict, { dryRun: true })).toMatchObject({ kind: 'refused', code: 'NOT_FOUND' });
      expect(await cluster.send(evict, { dryRun: false })).toMatchObject({ kind: 'refused', code: 'NOT_FOUND' });
    });

    test('an Event is recorded on its object', async () => {
      const { metadata } = await web();

      await cluster.recordEvent({
        regarding: { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: 'web', uid: metadata.uid },
        type: 'Normal',
        reason: 'Healed',
        action: 'RolloutRestart',
        note: 'restarted',
        at: Date.UTC(2026, 10, 21, 3),
      });

      const events = await cluster.list('Event', { namespace, fieldSelector: 'involvedObject.name=web' });
      expect(events.filter(({ reason }) => reason === 'Healed')).toMatchObject([
        { message: 'restarted', type: 'Normal', involvedObject: { kind: 'Deployment', name: 'web' } },
      ]);
    });

    test('any object is found by its apiVersion and kind', async () => {
      const found = await cluster.getAny({ apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: 'web' });
      const discovered = await cluster.getAny({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'gone' });

      expect(found?.metadata.name).toBe('web');
      expect(discovered).toBeUndefined();
    });
  });
}
