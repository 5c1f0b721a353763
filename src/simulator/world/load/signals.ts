import type { SignalName, Signals } from '../../../domain/diagnosis.ts';
import type { WorkloadRef } from '../../../domain/workload.ts';
import { parseQuantity } from '../../../domain/quantity.ts';
import { lostTargets } from '../faults/lost-targets.ts';
import type { PodObject, ResourceName } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import type { ContainerRun } from '../kubelet/run.ts';
import type { Kubelet } from '../kubelet/kubelet.ts';
import { containerResources } from '../resources.ts';
import { sumRates, type Rates, type Span } from './history.ts';
import { histogramQuantile } from './latency.ts';
import type { Recorder } from './recorder.ts';

/** The same windows as the default PromQL templates. */
const RATE_MS = 300_000;
const TREND_MS = 600_000;
const BASELINE_MS = 3_600_000;

export interface SignalDeps {
  readonly kit: Kit;
  readonly kubelet: Kubelet;
  readonly recorder: Recorder;
  /** Share of a pod's volumes in use; undefined for pods without one. */
  readonly volumeUsedRatio: (pod: PodObject) => number | undefined;
  /** Share of a node's CPU that something beside its pods holds. */
  readonly cpuTaken: (node: string) => number;
}

/** The signals of a workload as PromQL over the world's metrics would say them. A signal without data is left out. */
export type ReadSignals = (workload: WorkloadRef, pods: readonly string[], windowMs?: number) => Signals;

interface PodData {
  readonly pod: PodObject;
  readonly run: ContainerRun | undefined;
  readonly rates: Rates | undefined;
  /** Per second, over the trend's window. */
  readonly restarts: number | undefined;
  /** Bytes per ten minutes. */
  readonly growth: number | undefined;
}

export function makeSignals(deps: SignalDeps): ReadSignals {
  const { kit, recorder } = deps;

  function dataOf(pod: PodObject, windowMs: number): PodData {
    const now = kit.now();
    const { uid } = pod.metadata;
    const trend = { from: now - TREND_MS, to: now };
    return {
      pod,
      run: deps.kubelet.runs(uid)[0],
      rates: recorder.pods.rates(uid, { from: now - windowMs, to: now }),
      restarts: recorder.pods.restarts(uid, trend),
      growth: slope(recorder.pods, uid, trend),
    };
  }

  /** What takes CPU beside the pods takes all that they leave. */
  function nodeSignals(name: string, windowMs: number): Found {
    const to = kit.now();
    const cores = parseQuantity(kit.get('nodes', undefined, name)?.status?.capacity?.['cpu']) ?? 0;
    const used = kit
      .list('pods')
      .filter(({ spec }) => spec?.nodeName === name)
      .map(({ metadata }) => recorder.pods.rates(metadata.uid, { from: to - windowMs, to })?.cpuSeconds ?? 0)
      .reduce((sum, each) => sum + each, 0);
    if (cores <= 0) return {};
    return {
      node_cpu_ratio: deps.cpuTaken(name) > 0 ? 1 : Math.min(1, used / cores),
      node_pods_cpu_ratio: used / cores,
    };
  }

  return (workload, names, windowMs = RATE_MS) => {
    if (workload.kind === 'Node') return withData(nodeSignals(workload.name, windowMs));
    const data = podsOf(kit, workload, names).map((pod) => dataOf(pod, windowMs));
    const to = kit.now() - BASELINE_MS;
    const then = { from: to - windowMs, to };
    const key = `${workload.namespace}/${workload.name}`;
    const baseline = recorder.services.rates(key, then);
    const found: Found = {
      ...resourceSignals(data),
      // What is not scraped says nothing; what the kubelet and kube-state-metrics say is scraped elsewhere.
      ...(lostTargets(kit).has(key) ? {} : { ...requestSignals(data), ...baselineSignals(baseline) }),
      volume_used_ratio: highest(data.map(({ pod }) => deps.volumeUsedRatio(pod))),
    };
    return withData(found);
  };
}

function withData(found: Found): Signals {
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined && Number.isFinite(value)));
}

/** The pods that are named, or those that the workload owns. */
export function podsOf(kit: Kit, workload: WorkloadRef, names: readonly string[]): readonly PodObject[] {
  const { kind, namespace, name } = workload;
  if (names.length > 0 || kind === 'Pod') {
    const wanted = names.length > 0 ? names : [name];
    return wanted.map((each) => kit.get('pods', namespace, each)).filter((pod) => pod !== undefined);
  }
  const resource = OWNERS[kind];
  const uid = resource === undefined ? undefined : kit.get(resource, namespace, name)?.metadata.uid;
  if (uid === undefined) {
    return [];
  }
  return [
    ...kit.owned('replicasets', uid).flatMap((set) => kit.owned('pods', set.metadata.uid)),
    ...kit.owned('pods', uid),
  ];
}

const OWNERS: Readonly<Record<string, ResourceName>> = {
  Deployment: 'deployments',
  ReplicaSet: 'replicasets',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets',
  Job: 'jobs',
};

type Found = Partial<Record<SignalName, number | undefined>>;

function resourceSignals(data: readonly PodData[]): Found {
  const cpu = data.map(({ run, rates }) => {
    const limit = run === undefined ? Number.POSITIVE_INFINITY : containerResources(run.container).cpuLimit;
    return rates === undefined || !Number.isFinite(limit) ? undefined : rates.cpuSeconds / limit;
  });
  const total = sumRates(data.map(({ rates }) => rates).filter((rates) => rates !== undefined));
  return {
    cpu_per_limit: mean(cpu),
    throttled_ratio: total === undefined ? undefined : ratio(total.throttledPeriods, total.periods),
    memory_per_limit: highest(data.map(({ run }) => memoryPerLimit(run, run?.memory))),
    memory_growth_per_limit: highest(data.map(({ run, growth }) => memoryPerLimit(run, growth))),
    restarts: restartsOf(data),
  };
}

function restartsOf(data: readonly PodData[]): number | undefined {
  const rates = data.map(({ restarts }) => restarts).filter((each) => each !== undefined);
  return rates.length === 0 ? undefined : (rates.reduce((total, each) => total + each, 0) * TREND_MS) / 1_000;
}

function memoryPerLimit(run: ContainerRun | undefined, bytes: number | undefined): number | undefined {
  const limit = run === undefined ? Number.POSITIVE_INFINITY : containerResources(run.container).memoryLimit;
  return run?.phase !== 'running' || bytes === undefined || !Number.isFinite(limit) ? undefined : bytes / limit;
}

/** Bytes per ten minutes, by least squares over what was sampled: PromQL's `deriv(...) * 600`. */
function slope(history: Recorder['pods'], podUid: string, span: Span): number | undefined {
  let count = 0;
  let sumX = 0;
  let sumY = 0;
  let sumXY = 0;
  let sumXX = 0;
  history.eachMemory(podUid, span, (at, memory) => {
    if (memory <= 0) {
      return;
    }
    const x = (at - span.to) / 1_000;
    count += 1;
    sumX += x;
    sumY += memory;
    sumXY += x * memory;
    sumXX += x * x;
  });
  const spread = count < 2 ? 0 : sumXX - (sumX * sumX) / count;
  return spread === 0 ? undefined : ((sumXY - (sumX * sumY) / count) / spread) * (TREND_MS / 1_000);
}

function requestSignals(data: readonly PodData[]): Found {
  const rates = data.map((each) => each.rates).filter((each) => each !== undefined);
  const total = sumRates(rates);
  if (total === undefined) {
    return {};
  }
  const requests = total.ok + total.failed;
  const errorRatio = ratio(total.failed, requests);
  const worst = highest(rates.map((each) => ratio(each.failed, each.ok + each.failed)));
  return {
    request_rate: requests > 0 ? requests : undefined,
    error_ratio: errorRatio,
    error_spread: worst === undefined || errorRatio === undefined ? undefined : ratio(worst, errorRatio),
    latency_p99_seconds: histogramQuantile(0.99, total.buckets),
    dependency_error_ratio: ratio(total.clientFailed, total.clientOk + total.clientFailed),
  };
}

function baselineSignals(then: Rates | undefined): Found {
  if (then === undefined) {
    return {};
  }
  const requests = then.ok + then.failed;
  return {
    request_rate_baseline: requests > 0 ? requests : undefined,
    error_ratio_baseline: ratio(then.failed, requests),
    latency_p99_baseline_seconds: histogramQuantile(0.99, then.buckets),
  };
}

/** Undefined instead of a division by nothing: no data is not zero. */
function ratio(part: number, whole: number): number | undefined {
  return whole > 0 ? part / whole : undefined;
}

function mean(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((total, value) => total + value, 0) / known.length;
}

function highest(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
