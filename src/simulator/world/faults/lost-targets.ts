import type { Kit } from '../kit.ts';
import type { ServiceKey } from '../spec.ts';

/** On objects that a fault put into the cluster: which one did. */
export const FAULT_LABEL = 'simulator.autoheal.io/fault';
/** The namespace in which the monitoring lives. */
export const MONITORING = 'monitoring';

/** The services that Prometheus cannot scrape, by key. */
export function lostTargets(kit: Pick<Kit, 'list'>): ReadonlySet<ServiceKey> {
  const maps = kit
    .list('configmaps', MONITORING)
    .filter(({ metadata }) => metadata.labels?.[FAULT_LABEL] !== undefined);
  return new Set(maps.flatMap(({ data }) => targetsIn(data)).filter((key) => key !== ''));
}

function targetsIn(data: unknown): readonly ServiceKey[] {
  const targets = typeof data === 'object' && data !== null && 'targets' in data ? data.targets : undefined;
  return typeof targets === 'string' ? targets.split('\n') : [];
}
