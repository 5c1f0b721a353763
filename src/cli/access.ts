import { CATALOGUE } from '../act/catalogue.ts';
import type { AccessRule, Remedy } from '../act/remedy.ts';

const CUSTOM_OWNERS = 'only for Argo Rollouts, whose workloads are then reported and never changed';
const LAST_WORDS = 'without it the last words of crashing containers are no evidence';

/**
 * What the service account must be allowed before any remedy: to find the owner, gather evidence, ask the guards and verify.
 * Reads only. `tests/chart/access.test.ts` holds whole incidents to it.
 */
export const READ_ACCESS: readonly AccessRule[] = [
  { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
  { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list'], scope: 'cluster' },
  // The pods of a node are of any namespace, and the Events about it lie in whatever namespace their reporter chose.
  { apiGroups: [''], resources: ['pods', 'events'], verbs: ['list'], scope: 'cluster' },
  { apiGroups: [''], resources: ['persistentvolumes'], verbs: ['get'], scope: 'cluster' },
  // A Role grants the namespace that it lies in.
  { apiGroups: [''], resources: ['services', 'persistentvolumeclaims', 'namespaces'], verbs: ['get'] },
  { apiGroups: [''], resources: ['events'], verbs: ['list'] },
  { apiGroups: [''], resources: ['pods/log'], verbs: ['get'], optional: LAST_WORDS },
  { apiGroups: ['apps'], resources: ['deployments', 'daemonsets'], verbs: ['get'] },
  { apiGroups: ['apps'], resources: ['statefulsets', 'replicasets'], verbs: ['get', 'list'] },
  { apiGroups: ['apps'], resources: ['controllerrevisions'], verbs: ['list'] },
  { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'list'] },
  { apiGroups: ['batch'], resources: ['cronjobs'], verbs: ['get'] },
  { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: ['get', 'list'] },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['get', 'list'] },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list'] },
  { apiGroups: ['apiregistration.k8s.io'], resources: ['apiservices'], verbs: ['get'], scope: 'cluster' },
  { apiGroups: ['argoproj.io'], resources: ['rollouts'], verbs: ['get'], optional: CUSTOM_OWNERS },
];

/** What recording an Event on a workload needs: `notify.kubernetesEvents`. */
export const EVENT_ACCESS: readonly AccessRule[] = [
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create'] },
];

/** Resources that no namespace holds: a rule for them has the scope `cluster`. */
export const CLUSTER_SCOPED: readonly string[] = ['apiservices', 'nodes', 'persistentvolumes'];

/** The access rules as data, for the chart: those of reading, and those of each remedy by its name. */
export interface AccessTable {
  readonly reads: readonly AccessRule[];
  readonly events: readonly AccessRule[];
  /** The remedies that are on without a word in the policy. */
  readonly onByDefault: readonly string[];
  readonly remedies: Readonly<Record<string, readonly AccessRule[]>>;
}

/** The table of a catalogue. Pure. */
export function accessTable(catalogue: readonly Remedy[] = CATALOGUE): AccessTable {
  return {
    reads: READ_ACCESS,
    events: EVENT_ACCESS,
    onByDefault: catalogue.filter(({ onByDefault }) => onByDefault).map(({ name }) => name),
    remedies: Object.fromEntries(catalogue.map(({ name, rbac }) => [name, rbac])),
  };
}
