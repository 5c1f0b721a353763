import type { ClusterWrite, KnownKind, KubernetesObject, ObjectsByKind } from '../../src/domain/kubernetes.ts';
import type { Cluster, ListQuery } from '../../src/ports/cluster.ts';

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
    async list(kind, query) {
      return ofKind(kind).filter((each) => isWanted(each, query));
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

function isWanted(object: KubernetesObject, { namespace, labelSelector, fieldSelector }: ListQuery): boolean {
  if (namespace !== undefined && object.metadata.namespace !== namespace) return false;
  const labels = object.metadata.labels ?? {};
  const wanted = terms(labelSelector, /,(?![^(]*\))/).every((term) => labelTerm(term, labels));
  return wanted && terms(fieldSelector, /(?<!\\),/).every((term) => fieldTerm(term, object));
}

function terms(selector: string | undefined, separator: RegExp): readonly string[] {
  return (selector ?? '')
    .split(separator)
    .map((term) => term.trim())
    .filter((term) => term !== '');
}

function labelTerm(term: string, labels: Readonly<Record<string, string>>): boolean {
  const [, member = '', operator, list = ''] = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(term) ?? [];
  if (operator !== undefined) {
    const values = new Set(list.split(',').map((value) => value.trim()));
    return values.has(labels[member] ?? '') === (operator === 'in');
  }
  const [, key = '', sign, value = ''] = EQUALITY.exec(term) ?? [];
  if (sign !== undefined) return (labels[key] === value) === (sign !== '!=');
  return term.startsWith('!') ? !Object.hasOwn(labels, term.slice(1)) : Object.hasOwn(labels, term);
}

const EQUALITY = /^([^=!]+)(==|=|!=)(.*)$/;

function fieldTerm(term: string, object: KubernetesObject): boolean {
  const [, path = '', sign, escaped = ''] = EQUALITY.exec(term) ?? [];
  if (sign === undefined) throw new Error(`no field selector: ${term}`);
  const value = path.split('.').reduce<unknown>(fieldOf, object);
  const text = typeof value === 'string' ? value : '';
  return (text === escaped.replace(/\\(.)/g, '$1')) === (sign !== '!=');
}

function fieldOf(value: unknown, key: string): unknown {
  const entry = typeof value === 'object' && value !== null ? Object.entries(value).find(([name]) => name === key) : [];
  return entry?.[1];
}
