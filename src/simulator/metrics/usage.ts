import { BUCKETS } from '../world/load/latency.ts';
import type { PodUsage } from '../world/load/usage.ts';
import type { PodObject } from '../world/kinds.ts';
import type { WorldView } from '../world/view.ts';
import { counter, gauge, type Family, type Labels, type Sample } from './exposition.ts';

interface Measured {
  readonly pod: PodObject;
  readonly labels: Labels;
  readonly usage: PodUsage;
}

function scrapedPods(view: WorldView): readonly PodObject[] {
  return view.kit.list('pods').filter((pod) => view.isScraped(pod));
}

function measured(view: WorldView): readonly Measured[] {
  return scrapedPods(view).flatMap((pod) => {
    const usage = view.usage(pod.metadata.uid);
    const labels = { namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name };
    return usage === undefined ? [] : [{ pod, labels, usage }];
  });
}

/** What cAdvisor says of each container. The simulator books a pod's work on its first container. */
export function containerFamilies(view: WorldView): readonly Family[] {
  const rows = measured(view).flatMap(({ pod, labels, usage }) => {
    const run = view.runs(pod.metadata.uid)[0];
    return run === undefined
      ? []
      : [{ run, usage, labels: { ...labels, container: run.container.name, node: pod.spec?.nodeName ?? '' } }];
  });
  const throttled = rows.filter(({ usage }) => usage.periods > 0);
  return [
    counter(
      'container_cpu_usage_seconds_total',
      'Cumulative cpu time consumed',
      rows.map(({ labels, usage }) => ({ labels: { ...labels, cpu: 'total' }, value: usage.cpuSeconds })),
    ),
    counter(
      'container_cpu_cfs_periods_total',
      'Number of elapsed enforcement period intervals.',
      throttled.map(({ labels, usage }) => ({ labels, value: usage.periods })),
    ),
    counter(
      'container_cpu_cfs_throttled_periods_total',
      'Number of throttled period intervals.',
      throttled.map(({ labels, usage }) => ({ labels, value: usage.throttledPeriods })),
    ),
    gauge(
      'container_memory_working_set_bytes',
      'Current working set of the container in bytes.',
      rows
        .filter(({ run }) => run.phase === 'running')
        .map(({ labels, run }) => ({ labels, value: Math.round(run.memory) })),
    ),
  ];
}

/** What the kubelet says of each claim that is mounted. */
export function volumeFamilies(view: WorldView): readonly Family[] {
  const volumes = scrapedPods(view).flatMap((pod) =>
    view.volumesOf(pod).map((volume) => ({
      volume,
      labels: {
        namespace: pod.metadata.namespace ?? '',
        persistentvolumeclaim: volume.claim,
        node: pod.spec?.nodeName ?? '',
      },
    })),
  );
  return [
    gauge(
      'kubelet_volume_stats_capacity_bytes',
      'Capacity in bytes of the volume',
      volumes.map(({ labels, volume }) => ({ labels, value: volume.capacity })),
    ),
    gauge(
      'kubelet_volume_stats_used_bytes',
      'Number of used bytes in the volume',
      volumes.map(({ labels, volume }) => ({ labels, value: volume.used })),
    ),
    gauge(
      'kubelet_volume_stats_available_bytes',
      'Number of available bytes in the volume',
      volumes.map(({ labels, volume }) => ({ labels, value: volume.capacity - volume.used })),
    ),
  ];
}

/** Rate, errors and duration of the applications, and of the requests that they send themselves. */
export function requestFamilies(view: WorldView): readonly Family[] {
  const rows = measured(view).flatMap(({ pod, labels, usage }) => {
    const service = view.serviceOf(pod);
    return service === undefined ? [] : [{ usage, labels, service: { ...labels, service } }];
  });
  const serving = rows.filter(({ usage }) => usage.ok + usage.failed > 0);
  const calling = rows.filter(({ usage }) => usage.clientOk + usage.clientFailed > 0);
  const byCode = (labels: Labels, ok: number, failed: number): readonly Sample[] => [
    { labels: { ...labels, code: '200' }, value: ok },
    { labels: { ...labels, code: '503' }, value: failed },
  ];
  return [
    counter(
      'http_requests_total',
      'Requests handled, by status code.',
      serving.flatMap(({ service, usage }) => byCode(service, usage.ok, usage.failed)),
    ),
    {
      name: 'http_request_duration_seconds',
      type: 'histogram',
      help: 'Time from a request to its answer.',
      samples: serving.flatMap(({ service, usage }) => histogramSamples(service, usage)),
    },
    counter(
      'http_client_requests_total',
      'Requests sent to dependencies, by status code.',
      calling.flatMap(({ labels, usage }) => byCode(labels, usage.clientOk, usage.clientFailed)),
    ),
  ];
}

function histogramSamples(labels: Labels, usage: PodUsage): readonly Sample[] {
  const buckets = BUCKETS.map((bound, index) => ({
    labels: { ...labels, le: bound === Number.POSITIVE_INFINITY ? '+Inf' : String(bound) },
    value: usage.buckets[index] ?? 0,
    suffix: '_bucket',
  }));
  return [
    ...buckets,
    { labels, value: usage.durationSum, suffix: '_sum' },
    { labels, value: usage.buckets.at(-1) ?? 0, suffix: '_count' },
  ];
}
