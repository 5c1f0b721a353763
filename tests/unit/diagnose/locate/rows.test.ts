import { describe, expect, test } from '@jest/globals';

import type { Alert } from '../../../../src/domain/alert.ts';
import { workloadKey } from '../../../../src/domain/workload.ts';
import { fingerprintOf } from '../../../../src/receive/fingerprint.ts';
import { alertOf, clusterItems, itemOf, locateIn, webhookAlerts, webhookNames, webhookText } from './fixtures.ts';

interface Row {
  readonly names: readonly string[];
  /** `kind/namespace/name`, or the reason why no workload is named. */
  readonly means: string;
  readonly by: string;
  readonly pods?: readonly string[];
  readonly notifyOnly?: string;
}

function named(prefix: string, names: string): readonly string[] {
  return names.split(' ').map((name) => `${prefix}${name}`);
}

const CART = 'Deployment/shop/cart';
const CLUSTER = 'Cluster//';

/** Every alert of kube-prometheus-stack, with the Helm chart's labels, and the workload that it means. */
const ROWS: readonly Row[] = [
  { names: ['KubePodCrashLooping', 'CPUThrottlingHigh'], means: CART, by: 'pod', pods: ['cart-7d9c5b8f6-x2x4z'] },
  { names: ['KubePodNotReady'], means: 'StatefulSet/shop/orders-db', by: 'pod', pods: ['orders-db-1'] },
  {
    names: ['KubeContainerWaiting'],
    means: 'Deployment/shop/front.v2',
    by: 'pod',
    pods: ['front.v2-6f5d8c7b9-k4m7p'],
  },
  {
    names: named('KubeDeployment', 'GenerationMismatch ReplicasMismatch RolloutStuck'),
    means: CART,
    by: 'deployment',
  },
  {
    names: named('KubeStatefulSet', 'ReplicasMismatch GenerationMismatch UpdateNotRolledOut'),
    means: 'StatefulSet/shop/orders-db',
    by: 'statefulset',
  },
  {
    names: named('KubeDaemonSet', 'RolloutStuck NotScheduled MisScheduled'),
    means: 'DaemonSet/platform/log-agent',
    by: 'daemonset',
  },
  { names: ['KubeJobFailed'], means: 'CronJob/shop/nightly-report', by: 'job_name' },
  { names: ['KubeJobNotCompleted'], means: 'Job/shop/import-catalogue', by: 'job_name' },
  { names: named('KubeHpa', 'ReplicasMismatch MaxedOut'), means: CART, by: 'horizontalpodautoscaler' },
  { names: ['KubePdbNotEnoughHealthyPods'], means: CART, by: 'poddisruptionbudget' },
  {
    names: named('KubePersistentVolume', 'FillingUp InodesFillingUp'),
    means: 'StatefulSet/shop/orders-db',
    by: 'persistentvolumeclaim',
    pods: ['orders-db-0'],
  },
  {
    names: ['KubePersistentVolumeErrors'],
    means: 'StatefulSet/shop/orders-db',
    by: 'persistentvolume',
    pods: ['orders-db-0'],
    notifyOnly: 'volume',
  },
  {
    names: named('KubeQuota', 'AlmostFull FullyUsed Exceeded'),
    means: 'Namespace//shop',
    by: 'resourcequota',
    notifyOnly: 'namespace-quota',
  },
  {
    names: named('Kube', 'CPUOvercommit MemoryOvercommit CPUQuotaOvercommit MemoryQuotaOvercommit VersionMismatch'),
    means: CLUSTER,
    by: 'alertname',
    notifyOnly: 'cluster-wide',
  },
  {
    names: named('KubeNode', 'NotReady Pressure Unreachable ReadinessFlapping'),
    means: 'Node//node-2',
    by: 'node',
  },
  {
    names: ['KubeNodeEviction', ...named('Kubelet', 'TooManyPods PodStartUpLatencyHigh PlegDurationHigh')],
    means: 'Node//node-1',
    by: 'node',
  },
  {
    names: [
      ...named('KubeletClientCertificate', 'Expiration RenewalErrors'),
      ...named('KubeletServerCertificate', 'Expiration RenewalErrors'),
    ],
    means: 'Node//node-1',
    by: 'node',
    notifyOnly: 'certificate',
  },
  { names: ['KubeletInstanceUnreachable'], means: 'Node//node-2', by: 'instance' },
  {
    names: [
      ...named('NodeFilesystem', 'SpaceFillingUp AlmostOutOfSpace FilesFillingUp AlmostOutOfFiles'),
      ...named('NodeSystemdService', 'Failed Crashlooping'),
      ...named('Node', 'CPUHighUsage MemoryHighUtilization MemoryMajorPagesFaults SystemSaturation'),
      ...named('Node', 'FileDescriptorLimit HighNumberConntrackEntriesUsed ClockSkewDetected ClockNotSynchronising'),
      'NodeTextFileCollectorScrapeError',
    ],
    means: 'Node//node-1',
    by: 'pod',
  },
  {
    names: [
      ...named('NodeNetwork', 'ReceiveErrs TransmitErrs InterfaceFlapping'),
      ...named('Node', 'DiskIOSaturation RAIDDegraded RAIDDiskFailure BondingDegraded'),
    ],
    means: 'Node//node-1',
    by: 'pod',
    notifyOnly: 'node-hardware',
  },
  { names: ['TargetDown'], means: CART, by: 'service' },
  { names: named('KubeAggregatedAPI', 'Down Errors'), means: 'Deployment/kube-system/metrics-server', by: 'name' },
  {
    names: [
      ...named('Prometheus', 'BadConfig SDRefreshFailure KubernetesListWatchFailures NotificationQueueRunningFull'),
      ...named('PrometheusErrorSendingAlertsTo', 'SomeAlertmanagers AnyAlertmanager'),
      ...named('Prometheus', 'NotConnectedToAlertmanagers TSDBReloadsFailing TSDBCompactionsFailing'),
      ...named('Prometheus', 'NotIngestingSamples DuplicateTimestamps OutOfOrderTimestamps RemoteStorageFailures'),
      ...named('Prometheus', 'RemoteWriteBehind RemoteWriteDesiredShards RuleFailures MissingRuleEvaluations'),
      ...named('Prometheus', 'TargetLimitHit LabelLimitHit ScrapeBodySizeLimitHit ScrapeSampleLimitHit'),
      ...named('Prometheus', 'TargetSyncFailure HighQueryLoad'),
      'ConfigReloaderSidecarErrors',
    ],
    means: 'StatefulSet/monitoring/prometheus-kps',
    by: 'pod',
    pods: ['prometheus-kps-0'],
    notifyOnly: 'monitoring-plane',
  },
  {
    names: named('Alertmanager', 'FailedReload MembersInconsistent FailedToSendAlerts ClusterFailedPeers'),
    means: 'StatefulSet/monitoring/alertmanager-kps',
    by: 'pod',
    pods: ['alertmanager-kps-0'],
    notifyOnly: 'monitoring-plane',
  },
  {
    names: named('AlertmanagerCluster', 'FailedToSendAlerts Down Crashlooping'),
    means: 'StatefulSet/monitoring/alertmanager-kps',
    by: 'service',
    notifyOnly: 'monitoring-plane',
  },
  {
    names: [
      ...named('PrometheusOperator', 'ListErrors WatchErrors SyncFailed ReconcileErrors StatusUpdateErrors'),
      ...named('PrometheusOperator', 'NodeLookupErrors NotReady RejectedResources'),
      ...named('KubeStateMetrics', 'ListErrors WatchErrors ShardingMismatch ShardsMissing'),
      'GrafanaRequestsFailing',
    ],
    means: CLUSTER,
    by: 'alertname',
    notifyOnly: 'monitoring-plane',
  },
  {
    names: [
      ...named('Kube', 'APIDown APIErrorBudgetBurn APITerminatedRequests ClientErrors ClientCertificateExpiration'),
      ...named('KubeScheduler', 'Down InstanceUnreachable'),
      ...named('KubeControllerManager', 'Down InstanceUnreachable'),
      ...named('KubeProxy', 'Down InstanceUnreachable'),
      ...named('etcd', 'MembersDown InsufficientMembers'),
      'KubeletDown',
    ],
    means: CLUSTER,
    by: 'alertname',
    notifyOnly: 'control-plane',
  },
  {
    names: [
      ...named('etcd', 'NoLeader HighNumberOfLeaderChanges HighNumberOfFailedGRPCRequests GRPCRequestsSlow'),
      ...named('etcd', 'MemberCommunicationSlow HighNumberOfFailedProposals HighFsyncDurations HighCommitDurations'),
      ...named('etcd', 'DatabaseQuotaLowSpace ExcessiveDatabaseGrowth DatabaseHighFragmentationRatio'),
    ],
    means: 'Pod/kube-system/etcd-cp-1',
    by: 'pod',
    pods: ['etcd-cp-1'],
    notifyOnly: 'control-plane',
  },
  { names: ['Watchdog', 'InfoInhibitor'], means: 'heartbeat', by: '' },
];

const CASES = ROWS.flatMap(({ names, ...row }) => names.map((name) => ({ name, ...row })));

/** What a location says, in the words of the table. */
async function meaningOf(alerts: readonly Alert[]): Promise<Omit<Row, 'names'>> {
  const location = await locateIn(clusterItems())(alerts);
  if (location.kind === 'unlocated') return { means: location.reason, by: '' };
  const { workload, decidedBy, pods, notifyOnly } = location;
  return {
    means: workloadKey(workload),
    by: decidedBy,
    ...(pods.length > 0 && { pods }),
    ...(notifyOnly !== undefined && { notifyOnly }),
  };
}

describe('the alerts of kube-prometheus-stack', () => {
  test.each(CASES)('$name means $means', async ({ name, ...expected }) => {
    const alerts = webhookAlerts(name);

    const meaning = await meaningOf(alerts);

    expect(alerts.map(({ labels }) => labels['alertname'])).toEqual([name]);
    expect(meaning).toEqual(expected);
  });

  test('every alert of a row has a webhook, every webhook has a row, and no alert has two', () => {
    const names = CASES.map(({ name }) => name).sort();

    expect(names).toEqual(webhookNames());
  });

  test.each(CASES)('$name carries the fingerprint that Alertmanager would give it', ({ name }) => {
    for (const { labels } of webhookAlerts(name)) {
      expect(webhookText(name)).toContain(`"fingerprint": "${fingerprintOf(labels)}"`);
    }
  });

  test('a located workload carries the uid of the object that stands in the cluster', async () => {
    const items = clusterItems();

    const location = await locateIn(items)(webhookAlerts('KubePodCrashLooping'));

    expect(location).toMatchObject({ kind: 'located', uid: itemOf(items, 'Deployment', 'cart').metadata.uid });
  });
});

/** The labels of a scrape by the Helm chart's ServiceMonitor of kube-state-metrics. */
const KSM = ['pod', 'service', 'endpoint', 'container', 'instance', 'job', 'namespace'] as const;
const KSM_POD = 'kps-kube-state-metrics-5b9f6c7d8-hq2wl';

/** As kube-prometheus scrapes: the exporter's pod, service and endpoint are dropped, container and instance are not. */
function asKubePrometheus(alert: Alert): Alert {
  const { pod = '', service: _service, endpoint: _endpoint, namespace = '', ...rest } = alert.labels;
  const subject = { ...(pod !== KSM_POD && pod !== '' && { pod }), ...(namespace !== 'monitoring' && { namespace }) };
  return { ...alert, labels: { ...rest, ...subject } };
}

/** As a scrape without honor_labels gives it: what the metric says of itself stands in `exported_*`. */
function asExported(alert: Alert): Alert {
  const scraped: Readonly<Record<string, string>> = {
    pod: KSM_POD,
    service: 'kps-kube-state-metrics',
    endpoint: 'http',
    container: 'kube-state-metrics',
    instance: '10.244.0.7:8080',
    job: 'kube-state-metrics',
    namespace: 'monitoring',
  };
  const own = Object.entries(alert.labels).map(([name, value]) => {
    const clashes = (KSM as readonly string[]).includes(name) && scraped[name] !== value;
    return [clashes ? `exported_${name}` : name, value];
  });
  return { ...alert, labels: { ...Object.fromEntries(own), ...scraped } };
}

const BY_KSM = new Set([
  'KubePodCrashLooping',
  'KubeContainerWaiting',
  ...CASES.filter(({ by }) => ['deployment', 'statefulset', 'daemonset', 'job_name'].includes(by)).map(
    ({ name }) => name,
  ),
  ...CASES.filter(({ by }) => ['horizontalpodautoscaler', 'poddisruptionbudget'].includes(by)).map(({ name }) => name),
  ...named('KubeNode', 'NotReady Pressure Unreachable'),
  'KubePersistentVolumeErrors',
  ...named('KubeQuota', 'AlmostFull FullyUsed Exceeded'),
]);
const KSM_CASES = CASES.filter(({ name }) => BY_KSM.has(name));

describe('the same alerts as other installations send them', () => {
  test.each(KSM_CASES)('$name of kube-prometheus', async ({ name, ...expected }) => {
    const meaning = await meaningOf(webhookAlerts(name).map(asKubePrometheus));

    expect(meaning).toEqual(expected);
  });

  test.each(KSM_CASES)('$name scraped without honor_labels', async ({ name, by, ...expected }) => {
    const alerts = webhookAlerts(name).map(asExported);

    const meaning = await meaningOf(alerts);

    expect(alerts[0]?.labels['pod']).toBe(KSM_POD);
    expect(meaning).toEqual({ ...expected, by: by === 'pod' ? 'exported_pod' : by });
  });

  test('node-exporter of kube-prometheus has the name of the node as instance', async () => {
    const labels = { alertname: 'NodeFilesystemSpaceFillingUp', instance: 'node-2', job: 'node-exporter' };

    expect(await meaningOf([alertOf(labels)])).toEqual({ means: 'Node//node-2', by: 'instance' });
  });

  test('a node-exporter that is gone leaves the address of its node', async () => {
    const [alert] = webhookAlerts('NodeFilesystemSpaceFillingUp');
    const labels = { ...alert?.labels, pod: 'kps-prometheus-node-exporter-xxxxx' };

    expect(await meaningOf([alertOf(labels)])).toEqual({ means: 'Node//node-1', by: 'instance' });
  });
});
