import type { Signals } from '../../domain/diagnosis.ts';
import type { ContainerStatus } from '../../domain/kubernetes.ts';
import type { WorkloadRef } from '../../domain/workload.ts';
import { exporterLabels } from './exporter.ts';
import { rule, type Holding, type Rule } from './rule.ts';
import { STOCK_RULES, stockHoldings, throttlingHoldings } from './stock.ts';
import { lostTargets } from '../world/faults/lost-targets.ts';
import type { ContainerRun } from '../world/kubelet/run.ts';
import type { DeploymentObject, PodObject } from '../world/kinds.ts';
import { conditionOf, isReady } from '../world/pods.ts';
import { containerResources } from '../world/resources.ts';
import type { WorldView } from '../world/view.ts';

/** The shipped rules and those of kube-prometheus-stack, as far as the simulator can break them. */
export const RULES = {
  crashLooping: rule('AutoHealPodCrashLooping', 30, 120),
  oomKilled: rule('AutoHealOOMKilled', 0),
  memoryNearLimit: rule('AutoHealMemoryNearLimit', 30),
  imagePull: rule('AutoHealImagePullFailing', 60),
  configError: rule('AutoHealConfigError', 60),
  notReady: rule('AutoHealPodNotReady', 120),
  rolloutStuck: rule('AutoHealRolloutStuck', 30),
  cpuSaturated: rule('AutoHealCPUSaturated', 60),
  errorRatio: rule('AutoHealErrorRatioHigh', 60),
  latency: rule('AutoHealLatencyHigh', 120),
  regressedErrors: rule('AutoHealRolloutRegressedErrorRatio', 60),
  regressedLatency: rule('AutoHealRolloutRegressedLatency', 120),
  ...STOCK_RULES,
} as const;

/** The rules' rate window. */
const WINDOW_MS = 120_000;
const OOM_LOOKBACK_MS = 600_000;

export interface ConditionsDeps {
  readonly view: WorldView;
  readonly signals: (workload: WorkloadRef, pods: readonly string[], windowMs: number) => Signals;
}

/** Everything that holds in the world now. */
export function holdings(deps: ConditionsDeps): readonly Holding[] {
  const { kit } = deps.view;
  const exporter = exporterLabels(deps.view);
  return [
    ...kit.list('pods').flatMap((pod) => podHoldings(deps.view, pod, exporter)),
    ...deploymentHoldings(deps),
    ...statefulSetHoldings(deps),
    ...stockHoldings(deps.view, exporter),
  ];
}

export type { Holding, Rule } from './rule.ts';

type Labels = Readonly<Record<string, string>>;

function podHoldings(view: WorldView, pod: PodObject, exporter: Labels): readonly Holding[] {
  const subject = { namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name };
  const who = `${subject.namespace}/${subject.pod}`;
  const statuses = pod.status?.containerStatuses ?? [];
  const nearLimit = view.runs(pod.metadata.uid).filter(isNearLimit);
  return [
    ...statuses.flatMap((status) => waitingHoldings(status, subject, exporter)),
    ...statuses
      .filter((status) => wasOomKilled(status, view.kit.now()))
      .map(({ name: container }) => ({
        rule: RULES.oomKilled,
        labels: { ...subject, container, reason: 'OOMKilled', ...exporter },
        summary: `Container ${container} of ${who} was killed for its memory.`,
      })),
    ...nearLimit.map(({ container: { name: container } }) => ({
      rule: RULES.memoryNearLimit,
      labels: { ...subject, container },
      summary: `Container ${container} of ${who} uses over 90 % of its memory limit.`,
    })),
    ...(isUnready(pod)
      ? [{ rule: RULES.notReady, labels: subject, summary: `Pod ${who} runs but is not ready.` }]
      : []),
  ];
}

function waitingHoldings(status: ContainerStatus, subject: Labels, exporter: Labels): readonly Holding[] {
  const reason = status.state?.waiting?.reason ?? '';
  const found = WAITING_RULES.get(reason);
  if (found === undefined) {
    return [];
  }
  const summary = `Container ${status.name} of ${subject['namespace'] ?? ''}/${subject['pod'] ?? ''} ${found.says}`;
  const labels = { ...subject, container: status.name, ...(found.tellsReason && { reason }), ...exporter };
  return [{ rule: found.rule, labels, summary }];
}

function wasOomKilled(status: ContainerStatus, now: number): boolean {
  const last = status.lastState?.terminated;
  return last?.reason === 'OOMKilled' && Date.parse(last.finishedAt ?? '') > now - OOM_LOOKBACK_MS;
}

interface WaitingRule {
  readonly rule: Rule;
  readonly says: string;
  /** Whether the alert has the label `reason`. That of a pull changes with each try and would make another alert of it. */
  readonly tellsReason: boolean;
}

const PULL = { rule: RULES.imagePull, says: 'cannot pull its image.', tellsReason: false };
const CONFIG = { rule: RULES.configError, says: 'lacks a ConfigMap, Secret or key.', tellsReason: true };

const WAITING_RULES: ReadonlyMap<string, WaitingRule> = new Map([
  ['CrashLoopBackOff', { rule: RULES.crashLooping, says: 'crashes again and again.', tellsReason: true }],
  ['ErrImagePull', PULL],
  ['ImagePullBackOff', PULL],
  ['CreateContainerConfigError', CONFIG],
]);

function isNearLimit(run: ContainerRun): boolean {
  return run.phase === 'running' && run.memory > 0.9 * containerResources(run.container).memoryLimit;
}

function isUnready(pod: PodObject): boolean {
  const waiting = (pod.status?.containerStatuses ?? []).some((status) => status.state?.waiting !== undefined);
  return pod.status?.phase === 'Running' && conditionOf(pod, 'Ready') !== undefined && !isReady(pod) && !waiting;
}

function deploymentHoldings(deps: ConditionsDeps): readonly Holding[] {
  const { view, signals } = deps;
  return view.kit.list('deployments').flatMap((deployment): readonly Holding[] => {
    const { namespace = '', name } = deployment.metadata;
    const labels = { namespace, deployment: name };
    const now = signals({ kind: 'Deployment', namespace, name }, [], WINDOW_MS);
    const progressing = deployment.status?.conditions?.find((condition) => condition.type === 'Progressing');
    const stuck: readonly Holding[] =
      progressing?.status === 'False'
        ? [
            {
              rule: RULES.rolloutStuck,
              labels,
              summary: `The rollout of ${namespace}/${name} exceeded its progress deadline.`,
            },
          ]
        : [];
    return [
      ...stuck,
      ...serviceHoldings(deps, { namespace, name, labels, now }),
      ...regressionHoldings(view, deployment, now),
      // Only where any is throttled at all is it worth looking at each pod.
      ...((now.throttled_ratio ?? 0) > 0.05
        ? throttlingHoldings({ view, signals, windowMs: WINDOW_MS }, deployment)
        : []),
    ];
  });
}

/** A revision is suspect for so long. */
const YOUNG_MS = 1_800_000;

/** What got worse with the newest revision of a Deployment, by the marks of the shipped rules. */
function regressionHoldings({ kit }: WorldView, { metadata }: DeploymentObject, now: Signals): readonly Holding[] {
  const { namespace = '', name, uid } = metadata;
  if (lostTargets(kit).has(`${namespace}/${name}`)) return [];
  // As in Prometheus, nothing is more than what nobody knows: a Deployment without a past has not regressed.
  const { error_ratio: errors = 0, error_ratio_baseline: errorsThen = Infinity } = now;
  const { latency_p99_seconds: latency = 0, latency_p99_baseline_seconds: latencyThen = Infinity } = now;
  const failsMore = errors > 0.02 + 2 * errorsThen;
  const isSlower = latency > 0.1 + 2 * latencyThen;
  if (!failsMore && !isSlower) return [];
  const made = kit
    .list('replicasets', namespace)
    .filter((set) => set.metadata.ownerReferences?.some((owner) => owner.uid === uid))
    .map((set) => Date.parse(set.metadata.creationTimestamp ?? ''));
  if (kit.now() - Math.max(...made) >= YOUNG_MS) return [];
  const labels = { namespace, deployment: name, workload: name, workload_kind: 'Deployment' };
  const summaries = {
    errors: `More requests to ${namespace}/${name} fail since its newest revision.`,
    latency: `${namespace}/${name} answers more slowly since its newest revision.`,
  };
  return [
    ...(failsMore ? [{ rule: RULES.regressedErrors, labels, summary: summaries.errors }] : []),
    ...(isSlower ? [{ rule: RULES.regressedLatency, labels, summary: summaries.latency }] : []),
  ];
}

function statefulSetHoldings(deps: ConditionsDeps): readonly Holding[] {
  return deps.view.kit.list('statefulsets').flatMap(({ metadata }): readonly Holding[] => {
    const { namespace = '', name } = metadata;
    const now = deps.signals({ kind: 'StatefulSet', namespace, name }, [], WINDOW_MS);
    return serviceHoldings(deps, { namespace, name, labels: { namespace, statefulset: name }, now });
  });
}

interface Watched {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly now: Signals;
}

/** What is watched of a workload that serves requests. */
function serviceHoldings({ view }: ConditionsDeps, { namespace, name, labels, now }: Watched): readonly Holding[] {
  // What a process itself says is unknown where it is not scraped; the kubelet still tells what it uses.
  const said = lostTargets(view.kit).has(`${namespace}/${name}`) ? {} : now;
  const holds: readonly (readonly [Rule, boolean, string])[] = [
    [RULES.cpuSaturated, (now.cpu_per_limit ?? 0) > 0.9, `${namespace}/${name} uses over 90 % of its CPU limit.`],
    [RULES.errorRatio, (said.error_ratio ?? 0) > 0.05, `Over 5 % of the requests to ${namespace}/${name} fail.`],
    [
      RULES.latency,
      (said.latency_p99_seconds ?? 0) > 1,
      `The 99th percentile of ${namespace}/${name} is over one second.`,
    ],
  ];
  return holds.filter(([, holding]) => holding).map(([which, , summary]) => ({ rule: which, labels, summary }));
}
