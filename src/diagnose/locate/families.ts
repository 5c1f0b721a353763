/** Alerts that mean something else than their labels suggest. */
export type Family =
  | 'heartbeat'
  | 'autoheal-itself'
  | 'cluster-wide'
  | 'control-plane'
  | 'monitoring-plane'
  | 'certificate'
  | 'node-hardware'
  | 'node-exporter'
  | 'node'
  | 'target-down'
  | 'aggregated-api';

/**
 * First match wins. Names as in kube-prometheus-stack and kubernetes-mixin. Node-exporter's alerts are listed one by one: a
 * mere `Node` in front would take in an alert about Node.js. So are those of rules/health.rules.yml about AutoHeal itself:
 * the other alerts of rules/ have its name in front as well, and are about workloads.
 */
const FAMILIES: readonly (readonly [Family, RegExp])[] = [
  ['heartbeat', /^(Watchdog|InfoInhibitor)$/],
  [
    'autoheal-itself',
    /^AutoHeal(Down|RulesBlind|WebhooksRefused|QueueNotDraining|Stalled|StoreSlow|HealRateLow|NotificationsFailing)$/,
  ],
  ['autoheal-itself', /^AutoHealModel(Unusable|Miscalibrated|Drifted)$/],
  ['cluster-wide', /^Kube(CPU|Memory)(Quota)?Overcommit$|^KubeVersionMismatch$/],
  ['aggregated-api', /^KubeAggregatedAPI/],
  ['certificate', /^Kubelet(Client|Server)Certificate/],
  [
    'control-plane',
    /^KubeAPI|^KubeClient(Errors|CertificateExpiration)$|^Kube(Scheduler|ControllerManager|Proxy)|^etcd|^KubeletDown$/,
  ],
  ['monitoring-plane', /^(Prometheus|Alertmanager|Thanos|KubeStateMetrics|ConfigReloaderSidecar|Grafana)/],
  ['node', /^KubeNode|^Kubelet/],
  ['node-hardware', /^Node(Network(Receive|Transmit)Errs|NetworkInterfaceFlapping|DiskIO|RAID|Bonding)/],
  [
    'node-exporter',
    /^Node(Filesystem(Space|Files|AlmostOut)|Systemd(Unit|Service)|CPUHighUsage$|MemoryHighUtilization$|MemoryMajorPagesFaults$)/,
  ],
  ['node-exporter', /^Node(SystemSaturation|FileDescriptorLimit|HighNumberConntrackEntriesUsed)$/],
  ['node-exporter', /^Node(ClockSkewDetected|ClockNotSynchronising|TextFileCollectorScrapeError)$/],
  ['target-down', /^TargetDown$/],
];

/** The family of an alert, or undefined when its labels say plainly what it means. */
export function familyOf(alertname: string): Family | undefined {
  return FAMILIES.find(([, pattern]) => pattern.test(alertname))?.[0];
}
