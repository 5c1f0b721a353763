import { beforeEach, describe, expect, test } from '@jest/globals';
import { AutoHealError } from '../../../src/domain/errors.ts';
import type { Signals, Symptom } from '../../../src/domain/diagnosis.ts';
import type { Verification, Verifying } from '../../../src/domain/incident.ts';
import type { Located } from '../../../src/domain/location.ts';
import type { Intent } from '../../../src/domain/remedy.ts';
import { makeVerify } from '../../../src/verify/recovery.ts';
import { recordingCluster, type RecordingCluster } from '../../fakes/recording-cluster.ts';
import {
  ACTION,
  aDaemonSet,
  aDeployment,
  anAutoscaler,
  aPod,
  aReplicaSet,
  aStatefulSet,
  cause,
  diagnosis,
  LOCATED,
  meta,
  NOW,
  ownedBy,
  podEvidence,
  rfc,
  verifyingIncident,
} from '../../builders/incident.ts';

let cluster: RecordingCluster;
let signals: Signals | AutoHealError;
const ACTED_AT = NOW - 120_000;

beforeEach(() => {
  cluster = recordingCluster();
  cluster.put('Deployment', aDeployment());
  cluster.put('ReplicaSet', aReplicaSet(2));
  cluster.put('Pod', aPod('a'));
  cluster.put('Pod', aPod('b'));
  signals = {};
});

interface Given {
  readonly symptoms?: readonly Symptom[];
  readonly ill?: Signals;
  readonly location?: Located;
}

function verify({ symptoms = [], ill = {}, location = LOCATED }: Given = {}): Promise<Verification> {
  const metrics = {
    signals: () => (signals instanceof AutoHealError ? Promise.reject(signals) : Promise.resolve(signals)),
  };
  const incident: Verifying = verifyingIncident({
    location,
    diagnosis: diagnosis(cause('memory-leak', { symptoms }), {
      signals: ill,
      pods: [podEvidence('a'), podEvidence('b')],
    }),
    startedAt: ACTED_AT,
  });
  return makeVerify({ cluster, metrics, clock: { now: () => NOW }, settleSeconds: 60 })(incident);
}

interface Case {
  readonly name: string;
  readonly arrange: () => void;
  readonly given?: Given;
  readonly verdict: Verification['verdict'];
  /** The first reason: what decided. */
  readonly reason: string;
}

/** A container status after a restart. */
function restarted(count: number, finishedAt: number | undefined): object {
  const lastState = { terminated: { exitCode: 1, ...(finishedAt !== undefined && { finishedAt: rfc(finishedAt) }) } };
  return { containerStatuses: [{ name: 'app', ready: true, restartCount: count, state: { running: {} }, lastState }] };
}

function container(state: object): object {
  return { containerStatuses: [{ name: 'app', ready: false, restartCount: 3, state }] };
}

function at(kind: string, name = 'cart'): Located {
  return {
    ...LOCATED,
    workload: { kind, namespace: kind === 'Node' ? '' : 'shop', name },
    uid: kind === 'CronJob' ? 'uid-cron' : LOCATED.uid!,
  };
}

const cases: readonly Case[] = [
  {
    name: 'all replicas updated, ready and quiet',
    arrange: () => {},
    verdict: 'recovered',
    reason: 'All 2 replicas are updated and ready.',
  },
  {
    name: 'a rollout that is on its way',
    arrange: () => cluster.put('Deployment', aDeployment({ status: { updatedReplicas: 1 } })),
    verdict: 'not-recovered',
    reason: '1 of 2 replicas are updated.',
  },
  {
    name: 'a rollout whose controller has not seen the write',
    arrange: () => cluster.put('Deployment', aDeployment({ metadata: { generation: 4 } })),
    verdict: 'not-recovered',
    reason: 'The controller has not seen the newest spec yet.',
  },
  {
    name: 'a rollout that is stuck',
    arrange: () =>
      cluster.put(
        'Deployment',
        aDeployment({
          status: { conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }] },
        }),
      ),
    verdict: 'not-recovered',
    reason: 'The rollout exceeded its progress deadline.',
  },
  {
    name: 'a paused rollout is judged by its pods',
    arrange: () => cluster.put('Deployment', aDeployment({ spec: { paused: true } })),
    verdict: 'recovered',
    reason: 'The Deployment is paused.',
  },
  {
    name: 'a status that does not say',
    arrange: () => {
      const { status: _, ...rest } = aDeployment();
      cluster.put('Deployment', rest);
    },
    verdict: 'unknown',
    reason: 'The status does not say which generation the controller has seen.',
  },
  {
    name: 'a workload that was scaled to zero',
    arrange: () => {
      cluster.put(
        'Deployment',
        aDeployment({
          spec: { replicas: 0 },
          status: { replicas: 0, updatedReplicas: 0, readyReplicas: 0, availableReplicas: 0 },
        }),
      );
    },
    verdict: 'unknown',
    reason: 'Deployment shop/cart is scaled to zero',
  },
  {
    name: 'a workload that is gone',
    arrange: () => cluster.remove('Deployment', 'cart'),
    verdict: 'unknown',
    reason: 'Deployment shop/cart could not be read: it is gone',
  },
  {
    name: 'another workload of its name',
    arrange: () => cluster.put('Deployment', aDeployment({ metadata: { uid: 'other' } })),
    verdict: 'unknown',
    reason: 'Deployment shop/cart could not be read: it is another object by now',
  },
  {
    name: 'an API server that does not answer',
    arrange: () => {
      cluster.readError = new AutoHealError('PORT_TIMEOUT', 'timed out');
    },
    verdict: 'unknown',
    reason: 'Deployment shop/cart could not be read: timed out',
  },
  // pods
  {
    name: 'a pod that is not ready',
    arrange: () => cluster.put('Pod', aPod('b', { status: { conditions: [{ type: 'Ready', status: 'False' }] } })),
    verdict: 'not-recovered',
    reason: '1 of 2 pods are ready',
  },
  {
    name: 'a pod that terminates does not count as ready',
    arrange: () => cluster.put('Pod', aPod('b', { metadata: { deletionTimestamp: rfc(NOW) } })),
    verdict: 'not-recovered',
    reason: '1 of 2 pods are ready',
  },
  {
    name: 'a pod of the selector that belongs to another does not count',
    arrange: () => cluster.put('Pod', aPod('b', { metadata: ownedBy('ReplicaSet', 'other', 'uid-other') })),
    verdict: 'not-recovered',
    reason: '1 of 2 pods are ready',
  },
  {
    name: 'a container in CrashLoopBackOff',
    arrange: () => cluster.put('Pod', aPod('b', { status: container({ waiting: { reason: 'CrashLoopBackOff' } }) })),
    verdict: 'not-recovered',
    reason: 'pod b: container app is in CrashLoopBackOff',
  },
  {
    name: 'an init container in CrashLoopBackOff',
    arrange: () =>
      cluster.put(
        'Pod',
        aPod('b', {
          status: {
            initContainerStatuses: [
              { name: 'init', ready: false, restartCount: 2, state: { waiting: { reason: 'CrashLoopBackOff' } } },
            ],
          },
        }),
      ),
    verdict: 'not-recovered',
    reason: 'pod b: container init is in CrashLoopBackOff',
  },
  {
    name: 'a container that ended badly',
    arrange: () => cluster.put('Pod', aPod('b', { status: container({ terminated: { exitCode: 137 } }) })),
    verdict: 'not-recovered',
    reason: 'pod b: container app ended with 137',
  },
  {
    name: 'a restart half a minute ago, between two crashes perhaps',
    arrange: () => cluster.put('Pod', aPod('b', { status: restarted(6, NOW - 30_000) })),
    verdict: 'not-recovered',
    reason: 'pod b: container app restarted again',
  },
  {
    name: 'a restart after the action that settled',
    arrange: () => cluster.put('Pod', aPod('b', { status: restarted(6, NOW - 61_000) })),
    verdict: 'recovered',
    reason: 'All 2 replicas are updated and ready.',
  },
  {
    name: 'a restart before the action',
    arrange: () => cluster.put('Pod', aPod('b', { status: restarted(6, ACTED_AT - 1000) })),
    verdict: 'recovered',
    reason: 'All 2 replicas are updated and ready.',
  },
  {
    name: 'more restarts than the evidence counted, at a time that nobody knows',
    arrange: () => cluster.put('Pod', aPod('b', { status: restarted(1, undefined) })),
    verdict: 'not-recovered',
    reason: 'pod b: container app restarted again',
  },
  {
    name: 'no pod at all',
    arrange: () => {
      cluster.remove('Pod', 'a');
      cluster.remove('Pod', 'b');
    },
    verdict: 'not-recovered',
    reason: '0 of 2 pods are ready',
  },
  {
    name: 'a pod that waits for a node',
    arrange: () => cluster.put('Pod', aPod('c', { spec: { nodeName: '' } })),
    given: { symptoms: ['pending'] },
    verdict: 'not-recovered',
    reason: 'pod c waits for a node',
  },
  {
    name: 'every pod placed',
    arrange: () => {},
    given: { symptoms: ['pending'] },
    verdict: 'recovered',
    reason: 'All 2 replicas are updated and ready.',
  },
  {
    name: 'evicted pods',
    arrange: () => cluster.put('Pod', aPod('c', { status: { phase: 'Failed', reason: 'Evicted' } })),
    given: { symptoms: ['evicted-pods'] },
    verdict: 'not-recovered',
    reason: '1 pods are evicted',
  },
  // signals
  {
    name: 'an error ratio back at its baseline',
    arrange: () => {
      signals = { error_ratio: 0.011 };
    },
    given: { symptoms: ['error_ratio'], ill: { error_ratio: 0.4, error_ratio_baseline: 0.01 } },
    verdict: 'recovered',
    reason: 'All 2 replicas are updated and ready.',
  },
  {
    name: 'an error ratio that is still high',
    arrange: () => {
      signals = { error_ratio: 0.2 };
    },
    given: { symptoms: ['error_ratio'], ill: { error_ratio: 0.4, error_ratio_baseline: 0.01 } },
    verdict: 'not-recovered',
    reason: 'error_ratio is 0.2, above 0.02',
  },
  {
    name: 'no requests, so no error ratio',
    arrange: () => {},
    given: { symptoms: ['error_ratio'], ill: { error_ratio: 0.4 } },
    verdict: 'unknown',
    reason: 'error_ratio has no data',
  },
  {
    name: 'a signal that is no number',
    arrange: () => {
      signals = { error_ratio: Number.NaN };
    },
    given: { symptoms: ['error_ratio'], ill: { error_ratio: 0.4 } },
    verdict: 'unknown',
    reason: 'error_ratio has no data',
  },
  {
    name: 'a Prometheus that does not answer',
    arrange: () => {
      signals = new AutoHealError('PORT_TIMEOUT', 'timed out');
    },
    given: { symptoms: ['error_ratio', 'latency_p99_seconds'], ill: { error_ratio: 0.4 } },
    verdict: 'unknown',
    reason: 'error_ratio, latency_p99_seconds could not be read: timed out',
  },
  {
    name: 'a Prometheus that does not answer where no signal was ill',
    arrange: () => {
      signals = new AutoHealError('PORT_TIMEOUT', 'timed out');
    },
    verdict: 'recovered',
    reason: 'All 2 replicas are updated and ready.',
  },
  {
    name: 'what is bad outweighs what is unknown',
    arrange: () => {
      signals = { cpu_per_limit: 0.97 };
    },
    given: { symptoms: ['error_ratio', 'cpu_per_limit'], ill: { error_ratio: 0.4, cpu_per_limit: 0.98 } },
    verdict: 'not-recovered',
    reason: 'cpu_per_limit is 0.97, above 0.85',
  },
  // autoscaler
  {
    name: 'an autoscaler with room again',
    arrange: () =>
      cluster.put('HorizontalPodAutoscaler', anAutoscaler({ max: 6 }, { currentReplicas: 5, desiredReplicas: 5 })),
    given: { symptoms: ['autoscaler-at-maximum'] },
    verdict: 'recovered',
    reason: 'All 2 replicas are updated and ready.',
  },
  {
    name: 'an autoscaler at its maximum',
    arrange: () =>
      cluster.put('HorizontalPodAutoscaler', anAutoscaler({ max: 4 }, { currentReplicas: 4, desiredReplicas: 4 })),
    given: { symptoms: ['autoscaler-at-maximum'] },
    verdict: 'not-recovered',
    reason: 'the autoscaler wants 4 of at most 4 replicas',
  },
  {
    name: 'an autoscaler without a status',
    arrange: () => cluster.put('HorizontalPodAutoscaler', anAutoscaler({ max: 4 })),
    given: { symptoms: ['autoscaler-at-maximum'] },
    verdict: 'unknown',
    reason: 'the autoscaler does not say how many replicas it wants',
  },
  {
    name: 'no autoscaler any more',
    arrange: () => {},
    given: { symptoms: ['autoscaler-at-maximum'] },
    verdict: 'unknown',
    reason: 'the autoscaler is gone',
  },
  // other kinds
  {
    name: 'a StatefulSet',
    arrange: () => {
      cluster.put('StatefulSet', aStatefulSet());
      for (const name of ['a', 'b'])
        cluster.put('Pod', aPod(name, { metadata: ownedBy('StatefulSet', 'cart', LOCATED.uid!) }));
    },
    given: { location: at('StatefulSet') },
    verdict: 'recovered',
    reason: 'All 2 replicas are updated and ready.',
  },
  {
    name: 'a DaemonSet',
    arrange: () => {
      cluster.put('DaemonSet', aDaemonSet());
      for (const name of ['a', 'b'])
        cluster.put('Pod', aPod(name, { metadata: ownedBy('DaemonSet', 'cart', LOCATED.uid!) }));
    },
    given: { location: at('DaemonSet') },
    verdict: 'recovered',
    reason: 'All 2 replicas are updated and ready.',
  },
  {
    name: 'a node that is ready',
    arrange: () => node('True'),
    given: { location: at('Node', 'node-1'), symptoms: ['node-not-ready'] },
    verdict: 'recovered',
    reason: 'node node-1: well',
  },
  {
    name: 'a node that is silent',
    arrange: () => node('Unknown'),
    given: { location: at('Node', 'node-1'), symptoms: ['node-not-ready'] },
    verdict: 'not-recovered',
    reason: 'node node-1 is not ready (Ready is Unknown)',
  },
  {
    name: 'a node under pressure',
    arrange: () => node('True', 'MemoryPressure'),
    given: { location: at('Node', 'node-1'), symptoms: ['node-pressure'] },
    verdict: 'not-recovered',
    reason: 'node node-1 has MemoryPressure',
  },
  {
    name: 'a node that is gone',
    arrange: () => {},
    given: { location: at('Node', 'node-1'), symptoms: ['node-not-ready'] },
    verdict: 'unknown',
    reason: 'the nodes could not be read: node node-1 is gone',
  },
  {
    name: "the node of the workload's pods",
    arrange: () => node('False'),
    given: { symptoms: ['node-not-ready'] },
    verdict: 'not-recovered',
    reason: 'node node-1 is not ready (Ready is False)',
  },
  {
    name: 'a Job that completed',
    arrange: () => job('cart', 'Complete'),
    given: { location: at('Job'), symptoms: ['job-failed'] },
    verdict: 'recovered',
    reason: 'Job cart completed',
  },
  {
    name: 'a Job that failed',
    arrange: () => job('cart', 'Failed'),
    given: { location: at('Job'), symptoms: ['job-failed'] },
    verdict: 'not-recovered',
    reason: 'Job cart failed',
  },
  {
    name: 'a Job that runs',
    arrange: () => job('cart'),
    given: { location: at('Job'), symptoms: ['job-failed'] },
    verdict: 'unknown',
    reason: 'Job cart has not ended',
  },
  {
    name: 'a Job that was removed',
    arrange: () => {},
    given: { location: at('Job'), symptoms: ['job-failed'] },
    verdict: 'unknown',
    reason: 'the Job is gone',
  },
  {
    name: 'the newest Job of a CronJob',
    arrange: () => {
      job('cart-1', 'Failed', 100);
      job('cart-2', 'Complete', 10);
    },
    given: { location: at('CronJob'), symptoms: ['job-failed'] },
    verdict: 'recovered',
    reason: 'Job cart-2 completed',
  },
  {
    name: 'a kind of which nothing can be looked at',
    arrange: () => {},
    given: { location: at('Namespace') },
    verdict: 'unknown',
    reason: 'there is nothing to look at',
  },
];

function node(ready: string, pressure?: string): void {
  const conditions = [
    { type: 'Ready', status: ready },
    { type: 'DiskPressure', status: 'False' },
  ];
  const more = pressure === undefined ? [] : [{ type: pressure, status: 'True' }];
  const { namespace: _, ...metadata } = meta('node-1');
  cluster.put('Node', { metadata, status: { conditions: [...conditions, ...more] } });
}

function job(name: string, condition?: string, ageMinutes = 1): void {
  cluster.put('Job', {
    metadata: meta(name, {
      creationTimestamp: rfc(NOW - ageMinutes * 60_000),
      ...ownedBy('CronJob', 'cart', 'uid-cron'),
    }),
    spec: { template: { spec: { containers: [] } } },
    status: { conditions: condition === undefined ? [] : [{ type: condition, status: 'True' }] },
  });
}

describe('one look', () => {
  test.each(cases)('$name -> $verdict', async ({ arrange, given, verdict, reason }) => {
    arrange();

    const check = await verify(given);

    expect(check).toMatchObject({ verdict, at: NOW });
    // Namespaced fakes answer for nodes and namespaces as well.
    expect(check.reasons[0]).toBe(reason);
    expect(cluster.writes).toEqual([]);
  });

  test('the symptoms of every cause that was found count', async () => {
    signals = { error_ratio: 0.5 };
    const incident = verifyingIncident({
      diagnosis: diagnosis(
        cause('memory-leak', { symptoms: ['memory_per_limit'] }),
        { signals: { error_ratio: 0.5 } },
        [cause('errors-after-rollout', { symptoms: ['error_ratio'] })],
      ),
    });

    const check = await makeVerify({
      cluster,
      metrics: { signals: () => Promise.resolve({ memory_per_limit: 0.2, error_ratio: 0.5 }) },
      clock: { now: () => NOW },
    })(incident);

    expect(check.verdict).toBe('not-recovered');
    expect(check.reasons[0]).toContain('error_ratio is 0.5');
  });
});

describe('the Job that the action started', () => {
  const target = { kind: 'Job', namespace: 'shop', name: 'autoheal-inc-1-1' };
  const intent: Intent = {
    actionId: ACTION,
    rung: 1,
    remedy: 'run-job',
    cures: 'memory-leak',
    target,
    uid: '',
    resourceVersion: '',
    write: { method: 'POST', path: '/apis/batch/v1/namespaces/shop/jobs', contentType: 'application/json', body: {} },
    summary: 'start a Job',
    plannedAt: ACTED_AT,
  };

  function look(more: Partial<Verifying>): Promise<Verification> {
    const metrics = { signals: () => Promise.resolve({}) };
    const incident = verifyingIncident({ diagnosis: diagnosis(cause('memory-leak')), startedAt: ACTED_AT, ...more });
    return makeVerify({ cluster, metrics, clock: { now: () => NOW } })(incident);
  }

  test.each([
    { name: 'has completed', arrange: () => job(target.name, 'Complete'), verdict: 'recovered' },
    { name: 'has failed', arrange: () => job(target.name, 'Failed'), verdict: 'not-recovered' },
    { name: 'still runs', arrange: () => job(target.name), verdict: 'unknown' },
    { name: 'is gone', arrange: () => {}, verdict: 'unknown' },
  ] as const)('$name: a workload that looks well is $verdict', async ({ arrange, verdict }) => {
    arrange();

    const check = await look({ intent, result: { kind: 'done', at: ACTED_AT, detail: '' } });

    expect(check).toMatchObject({ verdict });
    expect(check.reasons.join()).toContain('Job');
  });

  test('has completed, and the workload is still ill', async () => {
    job(target.name, 'Complete');
    cluster.put('Deployment', aDeployment({ status: { updatedReplicas: 1 } }));

    expect(await look({ intent })).toMatchObject({ verdict: 'not-recovered' });
  });

  test('was not started: it says nothing', async () => {
    const refusal = { code: 'changed-since', why: '' } as const;

    expect(await look({ intent, result: { kind: 'refused', at: ACTED_AT, refusal } })).toMatchObject({
      verdict: 'recovered',
    });
  });

  test('is not looked at after another action', async () => {
    const workload = { ...intent, target: LOCATED.workload, uid: 'some' };

    expect(await look({ intent: workload })).toMatchObject({ verdict: 'recovered' });
  });
});
