import { FAULT_LABEL, MONITORING } from './lost-targets.ts';
import { labelOf, needNamespace, serviceKeyOf, type FaultContext, type FaultKind } from './targets.ts';

/** What is scraped whatever happens: the monitoring itself, and the system. */
const NEVER_LOST: ReadonlySet<string> = new Set([MONITORING, 'kube-system']);

/** Illnesses of what watches the cluster. */
export const MONITORING_FAULTS = {
  'monitoring-outage': {
    does: 'a change of the configuration of Prometheus loses services: it says that they are down, and knows nothing of their requests any more, while they are well',
    curedBy: 'nothing that is done to the workloads, for they are well; whoever mends the configuration',
    cures: [],
    eases: [],
    sideEffects: 'false alerts, of many services at once',
    strength: { means: 'share of the services with a port that are lost besides the target', default: 0.5 },
    start: loseTargets,
    stop: ({ kit, fault }) => kit.remove('configmaps', MONITORING, nameOf(fault.id)),
    present: ({ kit, fault }) => kit.get('configmaps', MONITORING, nameOf(fault.id)) !== undefined,
  },
} as const satisfies Readonly<Record<string, FaultKind>>;

function nameOf(fault: string): string {
  return `prometheus-lost-targets-${labelOf(fault)}`;
}

/** What is lost stands in an object of the cluster, as everything else that Prometheus is configured with. */
function loseTargets({ kit, fault, strength }: FaultContext): void {
  const random = kit.random(`fault/${fault.id}`);
  const lost = kit
    .list('services')
    .filter(({ metadata }) => !NEVER_LOST.has(metadata.namespace ?? ''))
    .map(({ metadata: { namespace = '', name } }) => `${namespace}/${name}`)
    .filter((key) => random() < strength || key === serviceKeyOf(fault));
  needNamespace(kit, MONITORING);
  const metadata = { name: nameOf(fault.id), namespace: MONITORING, labels: { [FAULT_LABEL]: labelOf(fault.id) } };
  kit.create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { targets: lost.join('\n') } });
}
