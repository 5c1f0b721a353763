import { describe, expect, test } from '@jest/globals';
import { conditionOf } from '../../../../src/simulator/world/pods.ts';
import type { ServiceSpec } from '../../../../src/simulator/world/spec.ts';
import { aBench, aService, aSpec, type Bench } from './harness.ts';

const load = { cpuMillisPerRequest: 4, idleCpuMillis: 4, latencySeconds: 0.02, errorRatio: 0.001 };

function aShop(web: Partial<ServiceSpec> = {}): Bench {
  const bench = aBench(aSpec([aService({ name: 'web', load: { ...load, rootRate: 40 }, ...web })]));
  bench.run(60);
  return bench;
}

/** Changes the resources of a pod's container, as `pods/resize` does. */
function resize(bench: Bench, name: string, resources: object): void {
  const pod = bench.get('pods', name);
  const [container] = pod.spec!.containers;
  bench.store.update('pods', { ...pod, spec: { ...pod.spec, containers: [{ ...container!, resources }] } });
}

function statusOf(bench: Bench, name: string): Record<string, unknown> | undefined {
  // The kubelet writes the resources in force there; the domain type leaves them out.
  return bench.get('pods', name).status?.containerStatuses?.[0] as Record<string, unknown> | undefined;
}

const wide = { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '400m', memory: '256Mi' } };

describe('a resize in place', () => {
  test('gives a running container what it asks for, without a restart', () => {
    const bench = aShop();
    const [pod] = bench.pods('web');
    const before = bench.world.view.usage(pod!.metadata.uid)?.pressure ?? 0;

    resize(bench, pod!.metadata.name, wide);
    bench.run(5);

    expect(statusOf(bench, pod!.metadata.name)).toMatchObject({ restartCount: 0, ready: true, resources: wide });
    expect(bench.world.view.usage(pod!.metadata.uid)!.pressure / before).toBeCloseTo(0.5, 1);
  });

  test('waits while its node has no room', () => {
    const bench = aShop();
    const name = bench.pods('web')[0]!.metadata.name;

    resize(bench, name, { requests: { cpu: '3950m', memory: '64Mi' }, limits: { cpu: '4', memory: '128Mi' } });
    bench.run(5);

    expect(conditionOf(bench.get('pods', name), 'PodResizePending')).toBeUndefined();

    resize(bench, name, { requests: { cpu: '4500m', memory: '64Mi' }, limits: { cpu: '5', memory: '128Mi' } });
    bench.run(5);

    expect(conditionOf(bench.get('pods', name), 'PodResizePending')).toMatchObject({
      status: 'True',
      reason: 'Deferred',
      message: expect.stringContaining('requested: 4500'),
    });
    expect(statusOf(bench, name)).toMatchObject({ resources: { limits: { cpu: '4' } } });
  });

  test('below what the process uses waits for it to use less', () => {
    const bench = aShop();
    const name = bench.pods('web')[0]!.metadata.name;

    resize(bench, name, { requests: { cpu: '100m', memory: '16Mi' }, limits: { cpu: '200m', memory: '32Mi' } });
    bench.run(5);

    expect(conditionOf(bench.get('pods', name), 'PodResizeInProgress')).toMatchObject({ reason: 'Error' });
    expect(statusOf(bench, name)).toMatchObject({ restartCount: 0, ready: true });
  });
});

describe('a quota', () => {
  test('keeps a ReplicaSet from creating pods, and both it and its Deployment say so', () => {
    const bench = aBench(
      aSpec([aService({ name: 'web' })], { quotas: [{ namespace: 'shop', name: 'team', hard: { pods: '2' } }] }),
    );
    bench.run(30);

    bench.scale('web', 4);
    bench.run(30);

    expect(bench.pods('web')).toHaveLength(2);
    const [set] = bench.sets('web');
    expect(set?.status?.conditions).toMatchObject([
      {
        type: 'ReplicaFailure',
        reason: 'FailedCreate',
        message: expect.stringMatching(
          /^pods "web-[a-z0-9]+-[a-z0-9]{5}" is forbidden: exceeded quota: team, requested: pods=1, used: pods=2, limited: pods=2$/,
        ),
      },
    ]);
    expect(bench.get('deployments', 'web').status?.conditions?.map(({ type }) => type)).toContain('ReplicaFailure');
    expect(bench.all('events').filter(({ reason }) => reason === 'FailedCreate')).toHaveLength(1);
    expect(bench.get('resourcequotas', 'team').status).toEqual({ hard: { pods: '2' }, used: { pods: '2' } });
  });

  test('lets the pods come when it is raised', () => {
    const bench = aBench(
      aSpec([aService({ name: 'web', replicas: 3 })], {
        quotas: [{ namespace: 'shop', name: 'team', hard: { 'limits.memory': '256Mi' } }],
      }),
    );
    bench.run(30);
    const before = bench.ready('web');

    bench.patch('resourcequotas', 'team', { hard: { 'limits.memory': '1Gi' } });
    bench.run(30);

    expect([before, bench.ready('web')]).toEqual([2, 3]);
    expect(bench.sets('web')[0]?.status?.conditions).toBeUndefined();
    expect(bench.get('deployments', 'web').status?.conditions?.map(({ type }) => type)).not.toContain('ReplicaFailure');
  });
});

describe('a Deployment that is paused in the middle of a rollout', () => {
  /** Ten pods, two of them of the next revision already, which never becomes ready. */
  function halfRolled(): Bench {
    const bench = aBench(aSpec([aService({ name: 'web', replicas: 10, requests: { cpu: '10m', memory: '8Mi' } })]));
    bench.run(30);
    bench.setImage('web', 'registry.invalid/web:2.0.0');
    bench.run(30);
    bench.patch('deployments', 'web', { paused: true });
    bench.run(10);
    return bench;
  }

  const sizes = (bench: Bench): readonly (number | undefined)[] => bench.sets('web').map((set) => set.spec?.replicas);

  test('stays exactly where it is, and makes no new revision', () => {
    const bench = halfRolled();
    const before = sizes(bench);

    bench.setImage('web', 'shop/web:3.0.0');
    bench.run(120);

    expect(before).toEqual([8, 5]);
    expect(sizes(bench)).toEqual(before);
    expect(bench.get('deployments', 'web').status?.conditions).toEqual(
      expect.arrayContaining([expect.objectContaining({ type: 'Progressing', reason: 'DeploymentPaused' })]),
    );
  });

  test.each([
    { name: 'twice as many', replicas: 20, after: [15, 10] },
    { name: 'half as many', replicas: 5, after: [4, 3] },
  ])('shares a change of its size between its revisions: $name', ({ replicas, after }) => {
    const bench = halfRolled();

    bench.scale('web', replicas);
    bench.run(30);

    expect(sizes(bench)).toEqual(after);
  });

  test('goes on when it is resumed', () => {
    const bench = halfRolled();
    bench.setImage('web', 'shop/web:3.0.0');
    bench.patch('deployments', 'web', { paused: undefined });

    bench.run(120);

    expect(sizes(bench)).toEqual([0, 0, 10]);
    expect(bench.ready('web')).toBe(10);
  });
});
