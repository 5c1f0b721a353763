import type { Condition } from '../../../domain/kubernetes.ts';
import type { Kinds, PodObject } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import { isActive, isReady } from '../pods.ts';
import { podRequests } from '../resources.ts';

type Autoscaler = Kinds['horizontalpodautoscalers'];

/** The CPU that a pod uses now, in cores; undefined while nothing was measured. */
export type CpuOf = (podUid: string) => number | undefined;

const SYNC_MS = 15_000;
const SCALE_DOWN_WINDOW_MS = 300_000;
const TOLERANCE = 0.1;

/** Scales on CPU utilisation. Source: kubernetes pkg/controller/podautoscaler with the default behaviour of autoscaling/v2. */
export function makeAutoscalers(kit: Kit, cpuOf: CpuOf): { reconcile(): void } {
  const state = kit.keep('autoscalers', () => ({
    recommendations: new Map<string, { readonly at: number; readonly replicas: number }[]>(),
    lastSync: Number.NEGATIVE_INFINITY,
  }));
  const { recommendations } = state;

  /** Scaling down waits until nothing in the last five minutes asked for more. */
  function stabilised(scaler: Autoscaler, current: number, recommended: number): number {
    const { uid } = scaler.metadata;
    const recent = (recommendations.get(uid) ?? []).filter((entry) => entry.at > kit.now() - SCALE_DOWN_WINDOW_MS);
    recent.push({ at: kit.now(), replicas: recommended });
    recommendations.set(uid, recent);
    const highest = Math.max(...recent.map((entry) => entry.replicas));
    return recommended >= current ? recommended : Math.min(current, highest);
  }

  function reconcile(): void {
    if (kit.now() - state.lastSync < SYNC_MS) {
      return;
    }
    state.lastSync = kit.now();
    const scalers = kit.list('horizontalpodautoscalers');
    const alive = new Set(scalers.map((scaler) => scaler.metadata.uid));
    for (const uid of recommendations.keys()) {
      if (!alive.has(uid)) {
        recommendations.delete(uid);
      }
    }
    for (const scaler of scalers) {
      sync(kit, scaler, { cpuOf, stabilised });
    }
  }

  return { reconcile };
}

interface Means {
  readonly cpuOf: CpuOf;
  readonly stabilised: (scaler: Autoscaler, current: number, recommended: number) => number;
}

function targetOf(kit: Kit, scaler: Autoscaler): Kinds['deployments'] | Kinds['statefulsets'] | undefined {
  const { kind, name } = scaler.spec?.scaleTargetRef ?? {};
  const { namespace } = scaler.metadata;
  if (name === undefined) {
    return undefined;
  }
  return kind === 'StatefulSet' ? kit.get('statefulsets', namespace, name) : kit.get('deployments', namespace, name);
}

function sync(kit: Kit, scaler: Autoscaler, means: Means): void {
  const target = targetOf(kit, scaler);
  if (target === undefined) {
    writeStatus(kit, scaler, {
      conditions: [
        condition(
          'AbleToScale',
          false,
          'FailedGetScale',
          "the HPA controller was unable to get the target's current scale",
        ),
      ],
    });
    return;
  }
  const current = target.spec?.replicas ?? 1;
  const able = condition('AbleToScale', true, 'ReadyForNewScale', 'recommended size matches current size');
  if (current === 0) {
    const disabled = condition(
      'ScalingActive',
      false,
      'ScalingDisabled',
      'scaling is disabled since the replica count of the target is zero',
    );
    writeStatus(kit, scaler, { currentReplicas: 0, desiredReplicas: 0, conditions: [able, disabled] });
    return;
  }
  const utilisation = utilisationOf(kit, target, means.cpuOf);
  if (utilisation === undefined) {
    const failed = condition(
      'ScalingActive',
      false,
      'FailedGetResourceMetric',
      'the HPA was unable to compute the replica count: failed to get cpu utilization: no metrics returned from resource metrics API',
    );
    writeStatus(kit, scaler, { currentReplicas: current, desiredReplicas: 0, conditions: [able, failed] });
    return;
  }
  const wanted = means.stabilised(scaler, current, recommendation(scaler, current, utilisation));
  const bounded = withinBounds(scaler, current, wanted);
  if (bounded.replicas !== current) {
    scale(kit, target, bounded.replicas);
    kit.events.record(scaler, {
      type: 'Normal',
      reason: 'SuccessfulRescale',
      message: `New size: ${bounded.replicas}; reason: cpu resource utilization (percentage of request) ${bounded.replicas > current ? 'above' : 'below'} target`,
      component: 'horizontal-pod-autoscaler',
    });
  }
  writeStatus(kit, scaler, {
    currentReplicas: current,
    desiredReplicas: bounded.replicas,
    ...(bounded.replicas === current ? {} : { lastScaleTime: kit.stamp() }),
    currentMetrics: [
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: Math.round(utilisation * 100) } } },
    ],
    conditions: [
      bounded.replicas === current
        ? able
        : condition(
            'AbleToScale',
            true,
            'SucceededRescale',
            `the HPA controller was able to update the target scale to ${bounded.replicas}`,
          ),
      condition(
        'ScalingActive',
        true,
        'ValidMetricFound',
        'the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)',
      ),
      bounded.limited,
    ],
  });
}

/** CPU used / CPU requested over the ready pods. */
function utilisationOf(
  kit: Kit,
  target: { readonly metadata: { readonly uid: string } },
  cpuOf: CpuOf,
): number | undefined {
  let used = 0;
  let requested = 0;
  for (const pod of podsUnder(kit, target.metadata.uid)) {
    const cpu = isActive(pod) && isReady(pod) ? cpuOf(pod.metadata.uid) : undefined;
    if (cpu !== undefined) {
      used += cpu;
      requested += podRequests(pod).cpu;
    }
  }
  return requested === 0 ? undefined : used / requested;
}

function podsUnder(kit: Kit, uid: string): readonly PodObject[] {
  const sets = kit.owned('replicasets', uid);
  return [...kit.owned('pods', uid), ...sets.flatMap((set) => kit.owned('pods', set.metadata.uid))];
}

function recommendation(scaler: Autoscaler, current: number, utilisation: number): number {
  const metric = scaler.spec?.metrics?.find((candidate) => candidate.resource?.name === 'cpu');
  const ratio = utilisation / ((metric?.resource?.target?.averageUtilization ?? 80) / 100);
  return Math.abs(ratio - 1) <= TOLERANCE ? current : Math.max(1, Math.ceil(current * ratio - 1e-9));
}

function withinBounds(
  scaler: Autoscaler,
  current: number,
  wanted: number,
): { readonly replicas: number; readonly limited: Condition } {
  const least = scaler.spec?.minReplicas ?? 1;
  const most = scaler.spec?.maxReplicas ?? Math.max(least, current);
  const fastest = Math.max(2 * current, current + 4);
  if (wanted > most) {
    return {
      replicas: most,
      limited: condition(
        'ScalingLimited',
        true,
        'TooManyReplicas',
        'the desired replica count is more than the maximum replica count',
      ),
    };
  }
  if (wanted < least) {
    return {
      replicas: least,
      limited: condition(
        'ScalingLimited',
        true,
        'TooFewReplicas',
        'the desired replica count is less than the minimum replica count',
      ),
    };
  }
  if (wanted > fastest) {
    return {
      replicas: Math.min(fastest, most),
      limited: condition(
        'ScalingLimited',
        true,
        'ScaleUpLimit',
        'the desired replica count is increasing faster than the maximum scale rate',
      ),
    };
  }
  return {
    replicas: wanted,
    limited: condition(
      'ScalingLimited',
      false,
      'DesiredWithinRange',
      'the desired count is within the acceptable range',
    ),
  };
}

function scale(kit: Kit, target: Kinds['deployments'] | Kinds['statefulsets'], replicas: number): void {
  const resource = target.kind === 'StatefulSet' ? 'statefulsets' : 'deployments';
  kit.update(resource, { ...target, spec: { ...target.spec, replicas } });
}

function condition(type: string, holds: boolean, reason: string, message: string): Condition {
  return { type, status: holds ? 'True' : 'False', reason, message };
}

function writeStatus(
  kit: Kit,
  scaler: Autoscaler,
  status: { readonly conditions: readonly Condition[]; readonly [field: string]: unknown },
): void {
  const conditions = status.conditions.map((next) => {
    const before = scaler.status?.conditions?.find((old) => old.type === next.type);
    const since = before?.status === next.status ? before.lastTransitionTime : undefined;
    if (
      before !== undefined &&
      since !== undefined &&
      before.reason === next.reason &&
      before.message === next.message
    ) {
      return before;
    }
    return { ...next, lastTransitionTime: since ?? kit.stamp() };
  });
  const lastScaleTime = scaler.status?.lastScaleTime;
  kit.updateStatus('horizontalpodautoscalers', scaler, {
    ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
    ...status,
    conditions,
  });
}
