import type { Signals } from '../../domain/diagnosis.ts';
import type { WorkloadRef } from '../../domain/workload.ts';
import type { DeploymentObject, PodObject } from '../world/kinds.ts';
import { lostTargets } from '../world/faults/lost-targets.ts';
import { podsOf } from '../world/load/signals.ts';
import type { WorldView } from '../world/view.ts';
import { exporterPod } from './exporter.ts';
import { rule, type Holding } from './rule.ts';

type Labels = Readonly<Record<string, string>>;

/** Alerts of kube-prometheus-stack. They wait here for minutes where they wait there for a quarter of an hour. */
export const STOCK_RULES = {
  nodeNotReady: rule('KubeNodeNotReady', 60),
  nodePressure: { ...rule('KubeNodePressure', 60), severity: 'info' },
  podPending: rule('KubePodNotReady', 300),
  hpaMaxedOut: rule('KubeHpaMaxedOut', 120),
  throttling: { ...rule('CPUThrottlingHigh', 120), severity: 'info' },
  volumeFilling: rule('KubePersistentVolumeFillingUp', 60),
  jobFailed: rule('KubeJobFailed', 300),
  targetDown: rule('TargetDown', 60),
} as const;

/** Of a claim that has less than this left. */
const VOLUME_LEFT = 0.15;
const THROTTLED = 0.25;

/** Everything that the stock rules find in the world now, but for throttling. */
export function stockHoldings(view: WorldView, exporter: Labels): readonly Holding[] {
  return [
    ...view.kit.list('pods').filter(isPending).map(pendingHolding),
    ...hpaHoldings(view, exporter),
    ...volumeHoldings(view),
    ...jobHoldings(view, exporter),
    ...nodeHoldings(view, exporter),
    ...targetHoldings(view),
  ];
}

/** The services that Prometheus lost: false alerts, for nothing is wrong with them. */
function targetHoldings({ kit }: WorldView): readonly Holding[] {
  return [...lostTargets(kit)].map((key) => {
    const [namespace = '', service = ''] = key.split('/');
    return {
      rule: STOCK_RULES.targetDown,
      labels: { namespace, service, job: service },
      summary: `100% of the ${service}/${service} targets in ${namespace} namespace are down.`,
    };
  });
}

/** Pods that wait, or failed and were left; those of Jobs have a rule of their own. */
function isPending({ metadata, status }: PodObject): boolean {
  const ofJob = metadata.ownerReferences?.some(({ kind }) => kind === 'Job') === true;
  return !ofJob && (status?.phase === 'Pending' || status?.phase === 'Failed');
}

function pendingHolding({ metadata: { namespace = '', name } }: PodObject): Holding {
  return {
    rule: STOCK_RULES.podPending,
    labels: { namespace, pod: name, job: 'kube-state-metrics' },
    summary: `Pod ${namespace}/${name} has been in a non-ready state.`,
  };
}

function hpaHoldings({ kit }: WorldView, exporter: Labels): readonly Holding[] {
  return kit
    .list('horizontalpodautoscalers')
    .filter(({ spec, status }) => {
      const most = spec?.maxReplicas ?? Number.POSITIVE_INFINITY;
      return (status?.currentReplicas ?? 0) >= most && most !== spec?.minReplicas;
    })
    .map(({ metadata: { namespace = '', name } }) => ({
      rule: STOCK_RULES.hpaMaxedOut,
      labels: { namespace, horizontalpodautoscaler: name, ...exporter },
      summary: `HPA ${namespace}/${name} has been running at max replicas.`,
    }));
}

function volumeHoldings(view: WorldView): readonly Holding[] {
  return view.kit.list('pods').flatMap((pod) => {
    const node = pod.spec?.nodeName ?? '';
    const full = view.volumesOf(pod).filter(({ used, capacity }) => 1 - used / capacity < VOLUME_LEFT);
    return full.map(({ claim }) => ({
      rule: STOCK_RULES.volumeFilling,
      labels: {
        namespace: pod.metadata.namespace ?? '',
        persistentvolumeclaim: claim,
        node,
        instance: `${pod.status?.hostIP ?? ''}:10250`,
        job: 'kubelet',
        metrics_path: '/metrics',
      },
      summary: `The PersistentVolume claimed by ${claim} is expected to fill up.`,
    }));
  });
}

function jobHoldings({ kit }: WorldView, exporter: Labels): readonly Holding[] {
  return kit
    .list('jobs')
    .filter(
      ({ status }) => status?.conditions?.some((each) => each.type === 'Failed' && each.status === 'True') === true,
    )
    .map(({ metadata: { namespace = '', name } }) => ({
      rule: STOCK_RULES.jobFailed,
      labels: { namespace, job_name: name, condition: 'true', ...exporter },
      summary: `Job ${namespace}/${name} failed to complete.`,
    }));
}

/** Cluster-scoped objects get the exporter's own namespace, pod and container: the trap that a receiver must not fall into. */
function nodeHoldings(view: WorldView, exporter: Labels): readonly Holding[] {
  const labels = {
    ...exporter,
    namespace: 'monitoring',
    pod: exporterPod(view)?.metadata.name ?? 'kube-state-metrics-0',
    container: 'kube-state-metrics',
  };
  return view.kit.list('nodes').flatMap(({ metadata: { name }, status }) => {
    const has = (type: string, value: (text: string) => boolean): boolean =>
      status?.conditions?.some((each) => each.type === type && value(each.status)) === true;
    const down: Holding = {
      rule: STOCK_RULES.nodeNotReady,
      labels: { node: name, condition: 'Ready', status: 'true', ...labels },
      summary: `Node ${name} is not ready.`,
    };
    const pressed: Holding = {
      rule: STOCK_RULES.nodePressure,
      labels: { node: name, condition: 'MemoryPressure', status: 'true', ...labels },
      summary: `Node ${name} has active condition MemoryPressure.`,
    };
    return [
      ...(has('Ready', (text) => text !== 'True') ? [down] : []),
      ...(has('MemoryPressure', (text) => text === 'True') ? [pressed] : []),
    ];
  });
}

export interface ThrottlingDeps {
  readonly view: WorldView;
  readonly signals: (workload: WorkloadRef, pods: readonly string[], windowMs: number) => Signals;
  readonly windowMs: number;
}

/** The throttled containers of one workload. */
export function throttlingHoldings(deps: ThrottlingDeps, { metadata }: DeploymentObject): readonly Holding[] {
  const { namespace = '', name } = metadata;
  const workload = { kind: 'Deployment', namespace, name };
  return podsOf(deps.view.kit, workload, [])
    .filter((pod) => (deps.signals(workload, [pod.metadata.name], deps.windowMs).throttled_ratio ?? 0) > THROTTLED)
    .map((pod) => {
      const container = pod.spec?.containers[0]?.name ?? '';
      return {
        rule: STOCK_RULES.throttling,
        labels: { namespace, pod: pod.metadata.name, container, instance: pod.spec?.nodeName ?? '' },
        summary: `Over 25 % of the CPU periods of container ${container} in ${namespace}/${pod.metadata.name} are throttled.`,
      };
    });
}
