/** Alerts that mean something else than their labels suggest, by name. */
export type Family =
  | 'heartbeat'
  | 'cluster-wide'
  | 'control-plane'
  | 'monitoring-plane'
  | 'certificate'
  | 'node-hardware'
  | 'node-exporter'
  | 'node'
  | 'target-down'
  | 'aggregated-api'
  | 'quota'
  | 'volume';

/** First match wins. Names as in kube-prometheus-stack and kubernetes-mixin. */
const FAMILIES: readonly (readonly [Family, RegExp])[] = [
  ['heartbeat', /^(Watchdog|InfoInhibitor)$/],
  ['cluster-wide', /^Kube(CPU|Memory)(Quota)?Overcommit$|^KubeVersionMismatch$/],
  ['aggregated-api', /^KubeAggregatedAPI/],
  ['certificate', /^Kubelet(Client|Server)Certificate/],
  [
    'control-plane',
    /^KubeAPI|^KubeClient(Errors|CertificateExpiration)$|^Kube(Scheduler|ControllerManager|Proxy)|^etcd|^KubeletDown$/,
  ],
  ['monitoring-plane', /^(Prometheus|Alertmanager|Thanos|KubeStateMetrics|ConfigReloaderSidecar|Grafana)/],
  ['node', /^KubeNode|^Kubelet/],
  ['node-hardware', /^Node(Network|DiskIO|RAID|Bonding)/],
  ['node-exporter', /^Node[A-Z]/],
  ['target-down', /^TargetDown$/],
  ['quota', /^KubeQuota/],
  ['volume', /^KubePersistentVolumeErrors$/],
];

/** The family of an alert, or undefined when its labels say plainly what it means. */
export function familyOf(alertname: string): Family | undefined {
  return FAMILIES.find(([, pattern]) => pattern.test(alertname))?.[0];
}
