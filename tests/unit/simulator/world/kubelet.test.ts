import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { goDuration, grownBackOff, nextBackOff } from '../../../../src/simulator/world/kubelet/run.ts';
import type { PodObject } from '../../../../src/simulator/world/kinds.ts';
import { aBench, aService, aSpec, START, type Bench } from './harness.ts';

const target = { namespace: 'shop', service: 'web' };

describe('the back-off', () => {
  test('of a container that keeps ending: none, then 10 s, doubling to 300 s', () => {
    const waits: number[] = [];
    let backOffSeconds = 0;
    for (let ends = 0; ends < 8; ends += 1) {
      backOffSeconds = nextBackOff({ backOffSeconds }, 1_000);
      waits.push(backOffSeconds);
      backOffSeconds = grownBackOff(backOffSeconds);
    }

    expect(waits).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
  });

  test('is forgiven after ten minutes of running', () => {
    expect(nextBackOff({ backOffSeconds: 300 }, 600_000)).toBe(0);
  });

  test.each([
    { seconds: 10, text: '10s' },
    { seconds: 80, text: '1m20s' },
    { seconds: 300, text: '5m0s' },
  ])('is written as Go does: $text', ({ seconds, text }) => {
    expect(goDuration(seconds)).toBe(text);
  });
});

function newest(bench: Bench): PodObject {
  return [...bench.pods('web')]
    .sort((left, right) => Date.parse(left.metadata.creationTimestamp) - Date.parse(right.metadata.creationTimestamp))
    .at(-1)!;
}

function sick(
  kind: 'bad-rollout-crash' | 'image-pull' | 'missing-config',
  seconds: number,
): { readonly bench: Bench; readonly pod: PodObject } {
  const bench = aBench(aSpec([aService({ name: 'web' })]));
  bench.run(15);
  bench.world.inject({ id: 'f', kind, target });
  bench.run(seconds);
  return { bench, pod: newest(bench) };
}

describe('a container', () => {
  test('that crashes again and again: CrashLoopBackOff with its exit code, its restarts and its back-off', () => {
    const { bench, pod } = sick('bad-rollout-crash', 60);

    const status = pod.status?.containerStatuses?.[0];
    expect(pod.status?.phase).toBe('Running');
    expect(status).toMatchObject({
      ready: false,
      restartCount: 3,
      state: {
        waiting: {
          reason: 'CrashLoopBackOff',
          message: `back-off 40s restarting failed container=app pod=${pod.metadata.name}_shop(${pod.metadata.uid})`,
        },
      },
      lastState: { terminated: { exitCode: 1, reason: 'Error' } },
    });
    const reasons = bench
      .all('events')
      .filter((event) => (event['involvedObject'] as { name?: string }).name === pod.metadata.name);
    expect(new Set(reasons.map((event) => event['reason']))).toEqual(
      new Set(['BackOff', 'Created', 'Pulled', 'Scheduled', 'Started']),
    );
    expect(reasons.find((event) => event['reason'] === 'Started')).toMatchObject({ count: 4 });
  });

  test('that crashed left its last words', () => {
    const { bench, pod } = sick('bad-rollout-crash', 60);

    const previous = bench.world.logs('shop', pod.metadata.name, 'app', true);

    expect(previous).toContain("FATAL Error: Cannot find module './routes/v2'");
    expect(bench.world.logs('shop', pod.metadata.name, 'other', true)).toBeUndefined();
    expect(bench.world.logs('shop', 'gone', 'app', true)).toBeUndefined();
  });

  test('that never restarted has no previous log', () => {
    const bench = aBench(aSpec([aService({ name: 'web' })]));
    bench.run(15);
    const { name } = bench.pods('web')[0]!.metadata;

    expect(bench.world.logs('shop', name, undefined, false)).toContain('INFO ready');
    expect(bench.world.logs('shop', name, undefined, true)).toBeUndefined();
  });

  test('whose image cannot be pulled goes from ErrImagePull to ImagePullBackOff and back', () => {
    const { bench } = sick('image-pull', 1);
    const reasons: string[] = [];

    bench.run(60, () => {
      const reason = newest(bench).status?.containerStatuses?.[0]?.state?.waiting?.reason ?? 'none';
      if (reasons.at(-1) !== reason) {
        reasons.push(reason);
      }
    });

    expect(reasons.slice(0, 4)).toEqual(['ErrImagePull', 'ImagePullBackOff', 'ErrImagePull', 'ImagePullBackOff']);
    expect(newest(bench).status).toMatchObject({
      phase: 'Pending',
      containerStatuses: [{ restartCount: 0, imageID: '' }],
    });
  });

  test('whose ConfigMap is missing waits for it, and starts when it is there', () => {
    const { bench, pod } = sick('missing-config', 15);

    bench.store.create('configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'web-settings-f', namespace: 'shop' },
      data: {},
    });
    bench.run(60);

    expect(pod.status?.containerStatuses?.[0]?.state?.waiting).toEqual({
      reason: 'CreateContainerConfigError',
      message: 'configmap "web-settings-f" not found',
    });
    expect(bench.ready('web')).toBe(2);
    expect(bench.pods('web').map((each) => each.metadata.uid)).toContain(pod.metadata.uid);
  });

  test('that outgrows its limit is OOMKilled with 137, and restarted in place', () => {
    const bench = aBench(aSpec([aService({ name: 'web', replicas: 1 })]));
    bench.run(15);
    bench.world.inject({ id: 'f', kind: 'memory-leak', target, strength: 5 });

    bench.run(120);

    const status = bench.pods('web')[0]?.status?.containerStatuses?.[0];
    expect(status?.lastState?.terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
    expect(status?.restartCount).toBeGreaterThanOrEqual(1);
  });

  test('obeys a limit that was raised in place', () => {
    const bench = aBench(aSpec([aService({ name: 'web', replicas: 1 })]));
    bench.run(15);
    const pod = bench.pods('web')[0]!;
    const [container] = pod.spec!.containers;
    bench.world.inject({ id: 'f', kind: 'memory-leak', target, strength: 5 });
    bench.run(2);

    const raised = { ...container!, resources: { ...container!.resources, limits: { cpu: '200m', memory: '4Gi' } } };
    bench.store.update('pods', {
      ...bench.get('pods', pod.metadata.name),
      spec: { ...pod.spec, containers: [raised] },
    });
    bench.run(120);

    expect(bench.pods('web')[0]?.status?.containerStatuses?.[0]).toMatchObject({
      restartCount: 0,
      resources: { limits: { memory: '4Gi' } },
    });
  });
});

test('a pod that is deleted ends gracefully: terminating first, then gone', () => {
  const bench = aBench(aSpec([aService({ name: 'web', replicas: 1 })]));
  bench.run(15);
  const pod = bench.pods('web')[0]!;

  bench.evict(pod);
  bench.run(1);
  const ending = bench.get('pods', pod.metadata.name);
  bench.run(5);

  expect(ending.metadata.deletionTimestamp).toBe(new Date(START + 45_000).toISOString());
  expect(bench.pods('web').map((each) => each.metadata.uid)).not.toContain(pod.metadata.uid);
});

const RECORDING = '../shared/kubernetes/recordings/sick-pods.json';

interface RecordedPod {
  readonly status: {
    readonly phase: string;
    readonly conditions: readonly { readonly type: string; readonly status: string; readonly reason?: string }[];
    readonly containerStatuses?: readonly Readonly<Record<string, unknown>>[];
  };
}

/** The pods of one exchange of the recording, by the note on it. */
function recorded(note: string): RecordedPod {
  const { exchanges } = JSON.parse(readFileSync(RECORDING, 'utf8')) as {
    readonly exchanges: readonly {
      readonly note: string;
      readonly response: { readonly body: { readonly items: readonly RecordedPod[] } };
    }[];
  };
  return exchanges.find((exchange) => exchange.note === note)!.response.body.items[0]!;
}

/** What two statuses must agree on: phase, conditions, and of each container all fields but values that are its own. */
function shape(pod: RecordedPod): object {
  const { phase, conditions, containerStatuses } = pod.status;
  return {
    phase,
    conditions: conditions.map(({ type, status, reason }) => [type, status, reason]),
    containers: containerStatuses?.map((status) => ({
      ready: status['ready'],
      started: status['started'],
      state: reasonsOf(status['state']),
      lastState: reasonsOf(status['lastState']),
    })),
  };
}

function reasonsOf(state: unknown): unknown {
  return Object.entries(state as Readonly<Record<string, { readonly reason?: string }>>).map(([kind, detail]) => [
    kind,
    detail.reason,
  ]);
}

const agree = existsSync(RECORDING) ? test : test.skip;
const why = existsSync(RECORDING) ? '' : ' (skipped: no recordings here)';

describe('sick pods look as a real API server shows them', () => {
  agree(`crash${why}`, () => {
    expect(shape(sick('bad-rollout-crash', 60).pod as unknown as RecordedPod)).toEqual(shape(recorded('crash: pods')));
  });

  agree(`configuration${why}`, () => {
    expect(shape(sick('missing-config', 10).pod as unknown as RecordedPod)).toEqual(shape(recorded('badcfg: pods')));
  });

  agree(`never ready${why}`, () => {
    const bench = aBench(aSpec([aService({ name: 'web', replicas: 1, startSeconds: 1_000 })]));
    bench.run(15);

    expect(shape(bench.pods('web')[0] as unknown as RecordedPod)).toEqual(shape(recorded('unready: pods')));
  });

  agree(`pending${why}`, () => {
    const bench = aBench(
      aSpec([aService({ name: 'web', replicas: 1, requests: { cpu: '500', memory: '1Mi' }, limits: {} })]),
    );
    bench.run(15);

    expect(shape(bench.pods('web')[0] as unknown as RecordedPod)).toEqual(shape(recorded('pending: pods')));
  });
});
