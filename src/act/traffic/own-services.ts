import type { Service } from '../../domain/kubernetes.ts';
import { selects } from '../../domain/label-selector.ts';
import type { ClusterReader } from '../../ports/cluster.ts';
import { valueAt, type Rollout } from '../objects.ts';
import type { AccessRule } from '../remedy.ts';

/** The Services that send their traffic to a workload. */
export interface OwnServices {
  /** To its pods and to no others. */
  readonly own: readonly Service[];
  /** Names of those that reach pods of others as well: what is done to one of these is done to the others too. */
  readonly shared: readonly string[];
}

/** The rights that `ownServices` needs. */
export const OWN_SERVICES_ACCESS: readonly AccessRule[] = [
  { apiGroups: [''], resources: ['services', 'pods'], verbs: ['list'] },
];

/**
 * The Services of its namespace that select a workload's pods, told by its template and by what the selectors reach now.
 *
 * @throws AutoHealError `PORT_*`.
 */
export async function ownServices(
  cluster: ClusterReader,
  { object }: Rollout,
  namespace: string,
): Promise<OwnServices> {
  const [services, pods] = await Promise.all([
    cluster.list('Service', { namespace }),
    cluster.list('Pod', { namespace }),
  ]);
  const { selector, template } = object.spec;
  const reaching = services.filter((service) => reaches(service, template.metadata?.labels ?? {}));
  const strangers = pods.map(({ metadata }) => metadata.labels ?? {}).filter((labels) => !selects(selector, labels));
  const isShared = (service: Service): boolean => strangers.some((labels) => reaches(service, labels));
  return {
    own: reaching.filter((service) => !isShared(service)),
    shared: reaching.filter(isShared).map(({ metadata }) => metadata.name),
  };
}

/** Whether a Service sends traffic to pods with these labels. One without a selector has endpoints of its own, or none. */
export function reaches({ spec }: Service, labels: Readonly<Record<string, string>>): boolean {
  const { selector = {}, type } = spec ?? {};
  return type !== 'ExternalName' && Object.keys(selector).length > 0 && selects({ matchLabels: selector }, labels);
}

/** Whether the Service has no address of its own: its name stands for the pods' addresses. */
export function isHeadless(service: Service): boolean {
  return valueAt(service, '/spec/clusterIP') === 'None';
}
