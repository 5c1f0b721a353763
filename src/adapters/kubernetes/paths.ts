import { AutoHealError } from '../../domain/errors.ts';
import type { KnownKind } from '../../domain/kubernetes.ts';

/** Where a resource is served. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

function core(plural: string, scope: 'namespaced' | 'cluster' = 'namespaced'): Resource {
  return { group: '', version: 'v1', plural, namespaced: scope === 'namespaced' };
}

function apps(plural: string): Resource {
  return { group: 'apps', version: 'v1', plural, namespaced: true };
}

/** Every kind that AutoHeal knows by name. */
export const RESOURCES: Readonly<Record<KnownKind, Resource>> = {
  Pod: core('pods'),
  Service: core('services'),
  PersistentVolumeClaim: core('persistentvolumeclaims'),
  Event: core('events'),
  ConfigMap: core('configmaps'),
  Secret: core('secrets'),
  ResourceQuota: core('resourcequotas'),
  Node: core('nodes', 'cluster'),
  Namespace: core('namespaces', 'cluster'),
  PersistentVolume: core('persistentvolumes', 'cluster'),
  Deployment: apps('deployments'),
  ReplicaSet: apps('replicasets'),
  StatefulSet: apps('statefulsets'),
  DaemonSet: apps('daemonsets'),
  ControllerRevision: apps('controllerrevisions'),
  Job: { group: 'batch', version: 'v1', plural: 'jobs', namespaced: true },
  CronJob: { group: 'batch', version: 'v1', plural: 'cronjobs', namespaced: true },
  HorizontalPodAutoscaler: {
    group: 'autoscaling',
    version: 'v2',
    plural: 'horizontalpodautoscalers',
    namespaced: true,
  },
  PodDisruptionBudget: { group: 'policy', version: 'v1', plural: 'poddisruptionbudgets', namespaced: true },
  EndpointSlice: { group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices', namespaced: true },
  APIService: { group: 'apiregistration.k8s.io', version: 'v1', plural: 'apiservices', namespaced: false },
};

/** Path of an API group and version, e.g. `/api/v1` or `/apis/apps/v1`. */
export function groupVersionPath(resource: Pick<Resource, 'group' | 'version'>): string {
  const { group, version } = resource;
  return group === '' ? `/api/${segment(version)}` : `/apis/${segment(group)}/${segment(version)}`;
}

/** Path of a collection: of one namespace, or of the whole cluster where none is given. */
export function collectionPath(resource: Resource, namespace?: string): string {
  const within = resource.namespaced && namespace !== undefined ? `/namespaces/${segment(namespace)}` : '';
  return `${groupVersionPath(resource)}${within}/${segment(resource.plural)}`;
}

/**
 * Path of one object. A namespace given for a cluster-scoped kind is left out.
 *
 * @throws AutoHealError `PORT_CLIENT` where a namespaced object lacks its namespace or no object can have the name.
 */
export function objectPath(resource: Resource, ref: { readonly namespace?: string; readonly name: string }): string {
  if (resource.namespaced && (ref.namespace ?? '') === '') {
    throw new AutoHealError('PORT_CLIENT', `kubernetes: ${resource.plural} ${ref.name} needs a namespace`);
  }
  return `${collectionPath(resource, ref.namespace)}/${segment(ref.name)}`;
}

/** One part of a path. Names come from labels: one that would leave its place in the path is refused. */
export function segment(text: string): string {
  if (text === '' || text === '.' || text === '..') {
    throw new AutoHealError('PORT_CLIENT', `kubernetes: no object can be called ${JSON.stringify(text)}`);
  }
  return encodeURIComponent(text);
}

/** Whether a path that was made elsewhere stays where it points: absolute, without query, fragment or empty or dot parts. */
export function isPlainPath(path: string): boolean {
  return (
    path.startsWith('/') &&
    !/[?#\\\s]/.test(path) &&
    path
      .slice(1)
      .split('/')
      .every((part) => part !== '' && !/^(\.|%2e){1,2}$/i.test(part))
  );
}
