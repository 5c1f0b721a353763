import { describe, expect, test } from '@jest/globals';
import { aBench, aService, aSpec, type Bench } from './harness.ts';

function template(bench: Bench, resource: 'statefulsets' | 'daemonsets', name: string, image: string): object {
  const { metadata, spec } = bench.get(resource, name).spec!.template!;
  return { metadata, spec: { ...spec, containers: [{ ...spec.containers[0]!, image }] } };
}

function images(bench: Bench, app: string): readonly (string | undefined)[] {
  return bench.pods(app).map((pod) => pod.spec?.containers[0]?.image);
}

describe('a StatefulSet', () => {
  const db = aService({ name: 'db', kind: 'StatefulSet', replicas: 3, volume: { size: '1Gi', usedRatio: 0.5 } });

  test('makes its pods one after the other, each with its own claim', () => {
    const bench = aBench(aSpec([db]));
    const counts: number[] = [];

    bench.run(30, () =>
      counts.push(bench.pods('db').filter((pod) => pod.status?.phase === 'Running').length - bench.ready('db')),
    );

    expect(Math.max(...counts)).toBe(1);
    expect(bench.pods('db').map((pod) => pod.metadata.name)).toEqual(['db-0', 'db-1', 'db-2']);
    expect(bench.all('persistentvolumeclaims').map((claim) => claim.metadata.name)).toEqual([
      'data-db-0',
      'data-db-1',
      'data-db-2',
    ]);
    expect(bench.get('statefulsets', 'db').status).toMatchObject({ replicas: 3, readyReplicas: 3, updatedReplicas: 3 });
  });

  test('updates from the highest ordinal down, one at a time', () => {
    const bench = aBench(aSpec([db]));
    bench.run(30);
    const seen: string[] = [];

    bench.patch('statefulsets', 'db', { template: template(bench, 'statefulsets', 'db', 'shop/db:1.1.0') });
    bench.run(60, () => {
      expect(bench.ready('db')).toBeGreaterThanOrEqual(2);
      const updated = bench.pods('db').filter((pod) => pod.spec?.containers[0]?.image === 'shop/db:1.1.0');
      seen.push(...updated.map((pod) => pod.metadata.name).filter((name) => !seen.includes(name)));
    });

    expect(seen).toEqual(['db-2', 'db-1', 'db-0']);
    expect(bench.get('statefulsets', 'db').status?.currentRevision).toBe(
      bench.get('statefulsets', 'db').status?.updateRevision,
    );
  });

  test('rolled back, uses its old ControllerRevision again under the newest number', () => {
    const bench = aBench(aSpec([db]));
    bench.run(30);
    const old = template(bench, 'statefulsets', 'db', 'shop/db:1.0.0');
    bench.patch('statefulsets', 'db', { template: template(bench, 'statefulsets', 'db', 'shop/db:1.1.0') });
    bench.run(60);
    const before = bench.all('controllerrevisions').map(({ metadata, revision }) => [metadata.name, revision]);

    bench.patch('statefulsets', 'db', { template: old });
    bench.run(60);

    const after = bench.all('controllerrevisions').map(({ metadata, revision }) => [metadata.name, revision]);
    expect(new Set(before.map(([, number]) => number))).toEqual(new Set([1, 2]));
    expect(new Set(after.map(([, number]) => number))).toEqual(new Set([2, 3]));
    expect(after.map(([name]) => name)).toEqual(before.map(([name]) => name));
    expect(images(bench, 'db')).toEqual(['shop/db:1.0.0', 'shop/db:1.0.0', 'shop/db:1.0.0']);
  });

  test('waits for a broken pod even when rolled back, until that pod is deleted', () => {
    const bench = aBench(aSpec([db]));
    bench.run(30);
    const old = template(bench, 'statefulsets', 'db', 'shop/db:1.0.0');
    bench.patch('statefulsets', 'db', { template: template(bench, 'statefulsets', 'db', 'registry.invalid/db:1.1.0') });
    bench.run(30);

    bench.patch('statefulsets', 'db', { template: old });
    bench.run(60);
    const stuck = images(bench, 'db');
    bench.evict(bench.get('pods', 'db-2'));
    bench.run(30);

    expect(stuck).toEqual(['shop/db:1.0.0', 'shop/db:1.0.0', 'registry.invalid/db:1.1.0']);
    expect(images(bench, 'db')).toEqual(['shop/db:1.0.0', 'shop/db:1.0.0', 'shop/db:1.0.0']);
    expect(bench.ready('db')).toBe(3);
  });

  test('leaves pods below the partition as they are', () => {
    const bench = aBench(aSpec([db]));
    bench.run(30);

    bench.patch('statefulsets', 'db', {
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } },
      template: template(bench, 'statefulsets', 'db', 'shop/db:1.1.0'),
    });
    bench.run(60);

    expect(images(bench, 'db')).toEqual(['shop/db:1.0.0', 'shop/db:1.0.0', 'shop/db:1.1.0']);
  });
});

describe('a DaemonSet', () => {
  const agent = aService({ name: 'agent', kind: 'DaemonSet' });

  test('has one pod on every node, cordoned ones included', () => {
    const bench = aBench(aSpec([agent]));
    bench.patch('nodes', 'node-2', { unschedulable: true });

    bench.run(15);

    expect(
      bench
        .pods('agent')
        .map((pod) => pod.spec?.nodeName ?? '')
        .sort(),
    ).toEqual(['node-1', 'node-2']);
    expect(bench.get('daemonsets', 'agent').status).toMatchObject({
      desiredNumberScheduled: 2,
      numberReady: 2,
      updatedNumberScheduled: 2,
    });
  });

  test('updates one node at a time, and labels revisions as the recordings show', () => {
    const bench = aBench(aSpec([agent]));
    bench.run(15);

    bench.patch('daemonsets', 'agent', { template: template(bench, 'daemonsets', 'agent', 'shop/agent:1.1.0') });
    bench.run(40, () => expect(bench.ready('agent')).toBeGreaterThanOrEqual(1));

    const newest = bench.all('controllerrevisions').find((each) => each.revision === 2);
    expect(images(bench, 'agent')).toEqual(['shop/agent:1.1.0', 'shop/agent:1.1.0']);
    expect(newest?.metadata.annotations).toEqual({ 'deprecated.daemonset.template.generation': '2' });
    expect(bench.pods('agent')[0]?.metadata.labels?.['controller-revision-hash']).toBe(
      newest?.metadata.labels?.['controller-revision-hash'],
    );
  });
});
