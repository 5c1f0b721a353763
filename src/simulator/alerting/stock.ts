import type { Signals } from '../../domain/diagnosis.ts';
import type { WorkloadRef } from '../../domain/workload.ts';
import type { DeploymentObject, PodObject } from '../world/kinds.ts';
import { lostTargets } from '../world/faults/lost-targets.ts';
import { podsOf } from '../world/load/signals.ts';
import type { WorldView } from '../world/view.ts';
import { exporterPod } from './exporter.ts';
import { rule, type Holding, type Rule } from './rule.ts';
import { conditionOf } from '../world/pods.ts';

type Labels = Readonly<Record<string, string>>;

/**
 * What kube-prometheus-stack and the shipped rules both watch, each by an alert of its own. The stack's wait here for minutes
 * where they wait there for a quarter of an hour.
 */
export const STOCK_RULES = {
  shippedNodeNotReady: { ...rule('AutoHealNodeNotReady', 120), severity: 'critical' },
  shippedNodePressure: rule('AutoHealNodePressure', 60),
  nodeBusy: rule('AutoHealNodeCPUSaturated', 60),
  unschedulable: rule('AutoHealPodUnschedulable', 180),
  evicted: rule('AutoHealPodsEvicted', 60),
  atMaximum: rule('AutoHealAutoscalerAtMaximum', 300),
  shippedThrottling: rule('AutoHealCPUThrottling', 300),
  containerBusy: rule('AutoHealContainerCPUHigh', 180),
  shippedVolumeFilling: rule('AutoHealVolumeFillingUp', 60),
  shippedJobFailed: rule('AutoHealJobFailed', 60),
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
const BUSY = 0.9;

/** Everything that the stock rules find in the world now, but for throttling. */
export function stockHoldings(view: WorldView, exporter: Labels): readonly Holding[] {
  const pods = view.kit.list('pods');
  return [
    ...pods.filter(isPending).map(pendingHolding),
    ...pods.filter(isUnschedulable).map(unschedulableHolding),
    ...evictedHoldings(view, pods),
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

function isUnschedulable(pod: PodObject): boolean {
  const scheduled = conditionOf(pod, 'PodScheduled');
  return scheduled?.status === 'False' && scheduled.reason === 'Unschedulable';
}

function unschedulableHolding({ metadata: { namespace = '', name } }: PodObject): Holding {
  return {
    rule: STOCK_RULES.unschedulable,
    labels: { namespace, pod: name },
    summary: `No node takes pod ${namespace}/${name}.`,
  };
}

/** One for each workload: what is left of its evicted pods. */
function evictedHoldings({ kit }: WorldView, pods: readonly PodObject[]): readonly Holding[] {
  const workloads = new Map<string, Holding>();
  for (const { metadata, status } of pods) {
    if (status?.reason !== 'Evicted') continue;
    const { namespace = '' } = metadata;
    const [owner] = metadata.ownerReferences ?? [];
    const set = owner?.kind === 'ReplicaSet' ? kit.get('replicasets', namespace, owner.name) : undefined;
    const of = set?.metadata.ownerReferences?.[0] ?? owner;
    if (of === undefined) continue;
    const labels = { namespace, [of.kind.toLowerCase()]: of.name, workload_kind: of.kind, workload: of.name };
    const summary = `Pods of ${namespace}/${of.name} were evicted.`;
    workloads.set(`${namespace}/${of.kind}/${of.name}`, { rule: STOCK_RULES.evicted, labels, summary });
  }
  return [...workloads.values()];
}

/** The holding, and that of the shipped alert about the same: its labels are those of the subject alone. */
function withShipped(holding: Holding, shipped: Rule, labels: Labels): readonly Holding[] {
  return [holding, { rule: shipped, labels, summary: holding.summary }];
}

function hpaHoldings({ kit }: WorldView, exporter: Labels): readonly Holding[] {
  return kit
    .list('horizontalpodautoscalers')
    .filter(({ spec, status }) => {
      const most = spec?.maxReplicas ?? Number.POSITIVE_INFINITY;
      return (status?.currentReplicas ?? 0) >= most && most !== spec?.minReplicas;
    })
    .flatMap(({ metadata: { namespace = '', name } }) =>
      withShipped(
        {
          rule: STOCK_RULES.hpaMaxedOut,
          labels: { namespace, horizontalpodautoscaler: name, ...exporter },
          summary: `HPA ${namespace}/${name} has been running at max replicas.`,
        },
        STOCK_RULES.atMaximum,
        { namespace, horizontalpodautoscaler: name },
      ),
    );
}

function volumeHoldings(view: WorldView): readonly Holding[] {
  return view.kit.list('pods').flatMap((pod) => {
    const node = pod.spec?.nodeName ?? '';
    const full = view.volumesOf(pod).filter(({ used, capacity }) => 1 - used / capacity < VOLUME_LEFT);
    return full.flatMap(({ claim }) => {
      const labels = { namespace: pod.metadata.namespace ?? '', persistentvolumeclaim: claim };
      const scraped = { node, instance: `${pod.status?.hostIP ?? ''}:10250`, job: 'kubelet', metrics_path: '/metrics' };
      const summary = `The PersistentVolume claimed by ${claim} is expected to fill up.`;
      const stock = { rule: STOCK_RULES.volumeFilling, labels: { ...labels, ...scraped }, summary };
      return withShipped(stock, STOCK_RULES.shippedVolumeFilling, labels);
    });
  });
}

function jobHoldings({ kit }: WorldView, exporter: Labels): readonly Holding[] {
  return kit
    .list('jobs')
    .filter(
      ({ status }) => status?.conditions?.some((each) => each.type === 'Failed' && each.status === 'True') === true,
    )
    .flatMap(({ metadata: { namespace = '', name } }) =>
      withShipped(
        {
          rule: STOCK_RULES.jobFailed,
          labels: { namespace, job_name: name, condition: 'true', ...exporter },
          summary: `Job ${namespace}/${name} failed to complete.`,
        },
        STOCK_RULES.shippedJobFailed,
        { namespace, job_name: name, workload_kind: 'Job', workload: name },
      ),
    );
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
    // What takes CPU beside the pods takes all that they leave; pods alone never fill a node of these worlds.
    const busy: Holding = {
      rule: STOCK_RULES.nodeBusy,
      labels: { node: name, on_node: name },
      summary: `All CPU of node ${name} is in use.`,
    };
    return [
      ...(view.cpuTaken(name) > 0 ? [busy] : []),
      ...(has('Ready', (text) => text !== 'True')
        ? withShipped(down, STOCK_RULES.shippedNodeNotReady, { node: name, on_node: name })
        : []),
      ...(has('MemoryPressure', (text) => text === 'True')
        ? withShipped(pressed, STOCK_RULES.shippedNodePressure, {
            node: name,
            on_node: name,
            condition: 'MemoryPressure',
          })
        : []),
    ];
  });
}

export interface ThrottlingDeps {
  readonly view: WorldView;
  readonly signals: (workload: WorkloadRef, pods: readonly string[], windowMs: number) => Signals;
  readonly windowMs: number;
}

/** The throttled and the busy containers of one workload. */
export function throttlingHoldings(deps: ThrottlingDeps, { metadata }: DeploymentObject): readonly Holding[] {
  const { namespace = '', name } = metadata;
  const workload = { kind: 'Deployment', namespace, name };
  return podsOf(deps.view.kit, workload, []).flatMap((pod) => {
    const { throttled_ratio: throttled = 0, cpu_per_limit: used = 0 } = deps.signals(
      workload,
      [pod.metadata.name],
      deps.windowMs,
    );
    const container = pod.spec?.containers[0]?.name ?? '';
    const who = `container ${container} in ${namespace}/${pod.metadata.name}`;
    const labels = { namespace, pod: pod.metadata.name, container };
    const stock = {
      rule: STOCK_RULES.throttling,
      labels: { ...labels, instance: pod.spec?.nodeName ?? '' },
      summary: `Over 25 % of the CPU periods of ${who} are throttled.`,
    };
    const busy = { rule: STOCK_RULES.containerBusy, labels, summary: `${who} uses over 90 % of its CPU limit.` };
    return [
      ...(throttled > THROTTLED ? withShipped(stock, STOCK_RULES.shippedThrottling, labels) : []),
      ...(used > BUSY ? [busy] : []),
    ];
  });
}
