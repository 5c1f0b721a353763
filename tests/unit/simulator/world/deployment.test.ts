import { describe, expect, test } from '@jest/globals';
import { aBench, aService, aSpec, revision } from './harness.ts';

const SETTLE = 15;

describe('a Deployment', () => {
  test('is made with one ReplicaSet of revision 1 and the conditions of a finished rollout', () => {
    const bench = aBench(aSpec([aService({ name: 'web' })]));

    bench.run(SETTLE);

    const deployment = bench.get('deployments', 'web');
    const [set] = bench.sets('web');
    expect(deployment.metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '1' });
    expect(deployment.status).toMatchObject({
      observedGeneration: 1,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      conditions: [
        { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable' },
        {
          type: 'Progressing',
          status: 'True',
          reason: 'NewReplicaSetAvailable',
          message: `ReplicaSet "${set?.metadata.name}" has successfully progressed.`,
        },
      ],
    });
    expect(deployment.status).not.toHaveProperty('unavailableReplicas');
    expect(set?.metadata.annotations).toEqual({
      'deployment.kubernetes.io/desired-replicas': '2',
      'deployment.kubernetes.io/max-replicas': '3',
      'deployment.kubernetes.io/revision': '1',
    });
  });

  const sizes = [
    { name: 'one replica: one more at a time, none fewer', replicas: 1, surge: 1, unavailable: 0 },
    { name: 'two replicas', replicas: 2, surge: 1, unavailable: 0 },
    { name: 'four replicas', replicas: 4, surge: 1, unavailable: 1 },
    { name: 'ten replicas: surge rounds up, unavailable rounds down', replicas: 10, surge: 3, unavailable: 2 },
  ];
  test.each(sizes)('rolls out within its bounds: $name', ({ replicas, surge, unavailable }) => {
    const bench = aBench(aSpec([aService({ name: 'web', replicas })]));
    bench.run(SETTLE);
    let most = 0;
    let least = replicas;

    bench.setImage('web', 'shop/web:1.1.0');
    bench.run(120, () => {
      const wanted = bench.sets('web').reduce((total, set) => total + (set.spec?.replicas ?? 0), 0);
      most = Math.max(most, wanted);
      least = Math.min(least, bench.ready('web'));
    });

    expect(most).toBeLessThanOrEqual(replicas + surge);
    expect(least).toBeGreaterThanOrEqual(replicas - unavailable);
    expect(bench.pods('web').map((pod) => pod.spec?.containers[0]?.image)).toEqual(
      Array.from({ length: replicas }, () => 'shop/web:1.1.0'),
    );
    expect(bench.get('deployments', 'web').status).toMatchObject({ replicas, updatedReplicas: replicas });
  });

  test('rolled back: the old ReplicaSet is used again and carries the newest revision; the number it had is gone', () => {
    const bench = aBench(aSpec([aService({ name: 'web' })]));
    bench.run(SETTLE);
    const [first] = bench.sets('web');
    bench.setImage('web', 'shop/web:1.1.0');
    bench.run(60);

    bench.rollBack('web');
    bench.run(60);

    const sets = bench.sets('web');
    const again = sets.find((set) => set.metadata.uid === first?.metadata.uid);
    expect(sets.map(revision)).toEqual([3, 2]);
    expect(again?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    });
    expect(again?.spec?.replicas).toBe(2);
    expect(bench.get('deployments', 'web').metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
    });
  });

  test('past its deadline: Progressing is False, and the old pods still serve', () => {
    const bench = aBench(aSpec([aService({ name: 'web' })]));
    bench.run(SETTLE);
    bench.setImage('web', 'registry.invalid/web:1.1.0');

    bench.run(50);
    const before = bench.get('deployments', 'web').status?.conditions?.find(({ type }) => type === 'Progressing');
    bench.run(20);

    const status = bench.get('deployments', 'web').status;
    expect(before).toMatchObject({ status: 'True' });
    expect(status).toMatchObject({
      replicas: 3,
      updatedReplicas: 1,
      readyReplicas: 2,
      availableReplicas: 2,
      unavailableReplicas: 1,
    });
    expect(status?.conditions?.find(({ type }) => type === 'Progressing')).toMatchObject({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: expect.stringMatching(/^ReplicaSet "web-[a-z0-9]+" has timed out progressing\.$/),
    });
  });

  test('paused: makes no new revision until it is resumed, but follows its size', () => {
    const bench = aBench(aSpec([aService({ name: 'web' })]));
    bench.run(SETTLE);
    bench.patch('deployments', 'web', { paused: true });
    bench.setImage('web', 'shop/web:1.1.0');
    bench.scale('web', 3);

    bench.run(20);
    const paused = bench.get('deployments', 'web');
    const whilePaused = bench.sets('web').map((set) => set.spec?.replicas);
    bench.patch('deployments', 'web', { paused: false });
    bench.run(60);

    expect(paused.status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused' }),
    );
    expect(paused.status?.observedGeneration).toBe(paused.metadata.generation);
    expect(whilePaused).toEqual([3]);
    expect(bench.sets('web').map((set) => [revision(set), set.spec?.replicas])).toEqual([
      [1, 0],
      [2, 3],
    ]);
  });

  test('with the strategy Recreate never has two revisions running', () => {
    const bench = aBench(aSpec([aService({ name: 'web' })]));
    bench.patch('deployments', 'web', { strategy: { type: 'Recreate' } });
    bench.run(SETTLE);
    let mixed = false;

    bench.setImage('web', 'shop/web:1.1.0');
    bench.run(40, () => {
      mixed ||= new Set(bench.pods('web').map((pod) => pod.spec?.containers[0]?.image)).size > 1;
    });

    expect(mixed).toBe(false);
    expect(bench.pods('web').map((pod) => pod.spec?.containers[0]?.image)).toEqual([
      'shop/web:1.1.0',
      'shop/web:1.1.0',
    ]);
  });

  test('keeps no more old ReplicaSets than its history limit', () => {
    const bench = aBench(aSpec([aService({ name: 'web', replicas: 1 })]));
    bench.patch('deployments', 'web', { revisionHistoryLimit: 2 });
    bench.run(SETTLE);

    for (const minor of [1, 2, 3, 4]) {
      bench.setImage('web', `shop/web:1.${minor}.0`);
      bench.run(30);
    }

    expect(bench.sets('web').map(revision)).toEqual([3, 4, 5]);
  });

  test('that is deleted takes its ReplicaSets and pods with it', () => {
    const bench = aBench(aSpec([aService({ name: 'web' })]));
    bench.run(SETTLE);

    bench.store.remove('deployments', 'shop', 'web');
    bench.run(10);

    expect(bench.all('replicasets')).toEqual([]);
    expect(bench.pods('web')).toEqual([]);
  });
});

describe('a ReplicaSet', () => {
  test('replaces a pod that is deleted', () => {
    const bench = aBench(aSpec([aService({ name: 'web' })]));
    bench.run(SETTLE);
    const [gone] = bench.pods('web');

    bench.evict(gone!);
    bench.run(20);

    expect(bench.ready('web')).toBe(2);
    expect(bench.pods('web').map((pod) => pod.metadata.uid)).not.toContain(gone?.metadata.uid);
  });

  test('lets a pod go whose selector label is taken away, and replaces it; the pod runs on', () => {
    const bench = aBench(aSpec([aService({ name: 'web' })]));
    bench.run(SETTLE);
    const [pod] = bench.pods('web');
    const { app: _app, ...labels } = pod!.metadata.labels ?? {};

    bench.store.update('pods', { ...pod!, metadata: { ...pod!.metadata, labels: { ...labels, quarantined: 'yes' } } });
    bench.run(20);

    const quarantined = bench.get('pods', pod!.metadata.name);
    expect(quarantined.metadata).not.toHaveProperty('ownerReferences');
    expect(quarantined.status?.phase).toBe('Running');
    expect(bench.ready('web')).toBe(2);
  });

  test('scaled down, gives up pods that are not ready first', () => {
    const bench = aBench(aSpec([aService({ name: 'web', replicas: 3 })]));
    bench.run(SETTLE);
    bench.world.inject({ id: 'f', kind: 'deadlock-one-pod', target: { namespace: 'shop', service: 'web' } });
    bench.run(15);
    const readyBefore = bench.pods('web').filter((pod) => pod.status?.containerStatuses?.[0]?.ready === true);

    bench.scale('web', 2);
    bench.run(10);

    expect(bench.pods('web').map((pod) => pod.metadata.name)).toEqual(readyBefore.map((pod) => pod.metadata.name));
  });
});
