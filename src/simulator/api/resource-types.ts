import type { Resource } from './stored.ts';

/** How one resource is served: where, under which kind, with which subresources. */
export interface ResourceType {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  /** Whether `/scale` is served; with bounds where the resource's schema has them. */
  readonly scale?: { readonly minimum?: number; readonly maximum?: number };
  /** Whether the status is written through `/status` only. */
  readonly status: boolean;
  readonly custom: boolean;
  /** Where the store keeps the objects. */
  readonly storedAs: Resource;
}

/** A kind that the built-in table does not have, as a CustomResourceDefinition declares it. */
export interface CustomResource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  /** True when left out. */
  readonly namespaced?: boolean;
  readonly shortNames?: readonly string[];
  /** Serves `/scale` on `spec.replicas` and `status.replicas`, with the schema's bounds. */
  readonly scale?: { readonly minimum?: number; readonly maximum?: number };
  /** Whether the status is a subresource; false when left out. */
  readonly status?: boolean;
}

export interface ResourceTypes {
  find(group: string, version: string, plural: string): ResourceType | undefined;
  /** Serves a custom resource from now on. Returns where the store keeps its objects. */
  register(custom: CustomResource): Resource;
  /** In the order of registration. */
  all(): readonly ResourceType[];
}

/** The kinds that every cluster serves, and those given. */
export function makeResourceTypes(custom: readonly CustomResource[] = []): ResourceTypes {
  const types = new Map<string, ResourceType>();
  for (const type of BUILT_IN) {
    types.set(keyOf(type.group, type.version, type.plural), type);
  }

  function register(added: CustomResource): Resource {
    const taken = [...types.values()].some((type) => type.storedAs === added.plural && type.group !== added.group);
    const storedAs = taken ? `${added.plural}.${added.group}` : added.plural;
    types.set(keyOf(added.group, added.version, added.plural), {
      namespaced: true,
      shortNames: [],
      status: false,
      ...added,
      custom: true,
      storedAs,
    });
    return storedAs;
  }

  for (const added of custom) {
    register(added);
  }
  return {
    find: (group, version, plural) => types.get(keyOf(group, version, plural)),
    register,
    all: () => [...types.values()],
  };
}

function keyOf(group: string, version: string, plural: string): string {
  return `${group}/${version}/${plural}`;
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(type: { readonly group: string; readonly version: string }): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

interface Row {
  readonly short?: readonly string[];
  readonly cluster?: true;
  readonly scale?: Record<string, never>;
  readonly noStatus?: true;
}

function builtIn(groupVersion: string, plural: string, kind: string, row: Row = {}): ResourceType {
  const [version = '', group = ''] = groupVersion.split('/').reverse();
  return {
    group,
    version,
    plural,
    kind,
    namespaced: row.cluster !== true,
    shortNames: row.short ?? [],
    ...(row.scale === undefined ? {} : { scale: row.scale }),
    status: row.noStatus !== true,
    custom: false,
    storedAs: plural,
  };
}

const BUILT_IN: readonly ResourceType[] = [
  builtIn('v1', 'pods', 'Pod', { short: ['po'] }),
  builtIn('v1', 'services', 'Service', { short: ['svc'] }),
  builtIn('v1', 'nodes', 'Node', { short: ['no'], cluster: true }),
  builtIn('v1', 'namespaces', 'Namespace', { short: ['ns'], cluster: true }),
  builtIn('v1', 'persistentvolumeclaims', 'PersistentVolumeClaim', { short: ['pvc'] }),
  builtIn('v1', 'persistentvolumes', 'PersistentVolume', { short: ['pv'], cluster: true }),
  builtIn('v1', 'events', 'Event', { short: ['ev'], noStatus: true }),
  builtIn('v1', 'configmaps', 'ConfigMap', { short: ['cm'], noStatus: true }),
  builtIn('v1', 'secrets', 'Secret', { noStatus: true }),
  builtIn('v1', 'serviceaccounts', 'ServiceAccount', { short: ['sa'], noStatus: true }),
  builtIn('v1', 'endpoints', 'Endpoints', { short: ['ep'], noStatus: true }),
  builtIn('v1', 'resourcequotas', 'ResourceQuota', { short: ['quota'] }),
  builtIn('v1', 'limitranges', 'LimitRange', { short: ['limits'], noStatus: true }),
  builtIn('apps/v1', 'deployments', 'Deployment', { short: ['deploy'], scale: {} }),
  builtIn('apps/v1', 'replicasets', 'ReplicaSet', { short: ['rs'], scale: {} }),
  builtIn('apps/v1', 'statefulsets', 'StatefulSet', { short: ['sts'], scale: {} }),
  builtIn('apps/v1', 'daemonsets', 'DaemonSet', { short: ['ds'] }),
  builtIn('apps/v1', 'controllerrevisions', 'ControllerRevision', { noStatus: true }),
  builtIn('batch/v1', 'jobs', 'Job'),
  builtIn('batch/v1', 'cronjobs', 'CronJob', { short: ['cj'] }),
  builtIn('autoscaling/v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler', { short: ['hpa'] }),
  builtIn('policy/v1', 'poddisruptionbudgets', 'PodDisruptionBudget', { short: ['pdb'] }),
  builtIn('coordination.k8s.io/v1', 'leases', 'Lease', { noStatus: true }),
  builtIn('discovery.k8s.io/v1', 'endpointslices', 'EndpointSlice', { noStatus: true }),
  builtIn('events.k8s.io/v1', 'events', 'Event', { short: ['ev'], noStatus: true }),
  builtIn('networking.k8s.io/v1', 'ingresses', 'Ingress', { short: ['ing'] }),
  builtIn('networking.k8s.io/v1', 'networkpolicies', 'NetworkPolicy', { short: ['netpol'], noStatus: true }),
  builtIn('storage.k8s.io/v1', 'storageclasses', 'StorageClass', { short: ['sc'], cluster: true, noStatus: true }),
  builtIn('scheduling.k8s.io/v1', 'priorityclasses', 'PriorityClass', { short: ['pc'], cluster: true, noStatus: true }),
  builtIn('apiregistration.k8s.io/v1', 'apiservices', 'APIService', { cluster: true }),
];
