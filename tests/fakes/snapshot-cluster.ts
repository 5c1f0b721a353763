import type { ClusterWrite } from '../../src/domain/cluster-write.ts';
import type { KnownKind, KubernetesObject, ObjectsByKind } from '../../src/domain/kubernetes.ts';
import type { Cluster, ListQuery } from '../../src/ports/cluster.ts';
import { AutoHealError } from '../../src/domain/errors.ts';
import { makeResourceTypes } from '../../src/simulator/api/resource-types.ts';
import { parseFieldSelector, parseLabelSelector } from '../../src/simulator/api/selectors.ts';
import { Refusal } from '../../src/simulator/api/status.ts';
import type { StoredObject } from '../../src/simulator/api/stored.ts';

const TYPES = makeResourceTypes().all();

/** The group of every kind that AutoHeal knows by name: `StatefulSet` of another group is another kind. */
const GROUPS: Readonly<Record<KnownKind, string>> = {
  Pod: '',
  Service: '',
  PersistentVolumeClaim: '',
  PersistentVolume: '',
  Namespace: '',
  Node: '',
  Event: '',
  Deployment: 'apps',
  ReplicaSet: 'apps',
  StatefulSet: 'apps',
  DaemonSet: 'apps',
  ControllerRevision: 'apps',
  Job: 'batch',
  CronJob: 'batch',
  HorizontalPodAutoscaler: 'autoscaling',
  PodDisruptionBudget: 'policy',
  EndpointSlice: 'discovery.k8s.io',
  APIService: 'apiregistration.k8s.io',
  ConfigMap: '',
  Secret: '',
  ResourceQuota: '',
};

/**
 * A cluster that stands still: the objects of a Kubernetes `List`. Lists take label and field selectors as the API server
 * does. A dry run is answered with what was sent; a real write is refused; nothing has logs.
 */
export function makeSnapshotCluster(list: { readonly items: readonly unknown[] }): Cluster {
  // What a fixture holds is an object of the API: the tests that use it fail where it is not.
  const objects = list.items as readonly KubernetesObject[];

  function ofKind<K extends KnownKind>(kind: K): readonly ObjectsByKind[K][] {
    const found = objects.filter((each) => each.kind === kind && groupOf(each.apiVersion ?? '') === GROUPS[kind]);
    return found as readonly KubernetesObject[] as readonly ObjectsByKind[K][]; // Group and kind tell the shape.
  }

  return {
    async get(kind, { namespace = '', name }) {
      return ofKind(kind).find(({ metadata }) => metadata.name === name && (metadata.namespace ?? '') === namespace);
    },
    async getAny({ apiVersion, kind, namespace = '', name }) {
      return objects.find(
        (each) =>
          each.apiVersion === apiVersion &&
          each.kind === kind &&
          each.metadata.name === name &&
          [namespace, ''].includes(each.metadata.namespace ?? ''),
      );
    },
    async pathOf() {
      return undefined;
    },
    async listAny({ apiVersion, kind, namespace }) {
      return objects.filter(
        (each) => each.apiVersion === apiVersion && each.kind === kind && each.metadata.namespace === namespace,
      );
    },
    async list(kind, query) {
      return ofKind(kind).filter(selecting(kind, query));
    },
    async previousLogs() {
      return '';
    },
    async send(write: ClusterWrite, { dryRun }) {
      if (dryRun) return { kind: 'ok', object: write.body };
      return { kind: 'refused', code: 'OTHER', status: 405, message: 'a snapshot cannot be written' };
    },
    async recordEvent() {},
  };
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}

/** Read by the simulator's own parsers, so that a selector that a real server refuses is refused here too. */
function selecting(kind: KnownKind, query: ListQuery): (object: KubernetesObject) => boolean {
  const { namespace, labelSelector = '', fieldSelector = '' } = query;
  const plural = TYPES.find((type) => type.kind === kind && type.group === GROUPS[kind])?.plural ?? '';
  const byLabels = parseLabelSelector(labelSelector);
  const byFields = parseFieldSelector(plural, fieldSelector);
  if (byLabels instanceof Refusal || byFields instanceof Refusal) {
    throw new AutoHealError('PORT_CLIENT', `400: no selector: ${labelSelector} ${fieldSelector}`);
  }
  return (object) => {
    if (namespace !== undefined && object.metadata.namespace !== namespace) return false;
    // Objects of a fixture have what those of a store have.
    return byLabels(object.metadata.labels ?? {}) && byFields(object as StoredObject);
  };
}
