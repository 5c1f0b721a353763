import type { KnownKind, KubernetesObject, ObjectsByKind } from '../../domain/kubernetes.ts';
import type { ClusterReader, ListQuery } from '../../ports/cluster.ts';

/** What the search for an owner asks the cluster. */
export type Lookups = Pick<ClusterReader, 'get' | 'getAny' | 'list'>;

/**
 * The cluster as it answers within one search: the same question is asked once. Alerts of one incident share most of their
 * owner chain, and one that is read twice could come out differently. Not to be kept: it never forgets.
 */
export function rememberLookups(cluster: ClusterReader): Lookups {
  const answers = new Map<string, Promise<unknown>>();

  function once<T>(question: readonly unknown[], ask: () => Promise<T>): Promise<T> {
    const key = JSON.stringify(question);
    const known = answers.get(key);
    if (known !== undefined) return known as Promise<T>; // The key tells the method and so the type.
    const asked = ask();
    answers.set(key, asked);
    return asked;
  }

  return {
    get: <K extends KnownKind>(
      kind: K,
      { namespace, name }: { readonly namespace?: string; readonly name: string },
    ) => {
      const ref = namespace === undefined ? { name } : { namespace, name };
      return once<ObjectsByKind[K] | undefined>(['get', kind, namespace, name], () => cluster.get(kind, ref));
    },
    getAny: (ref) => {
      const question = ['getAny', ref.apiVersion, ref.kind, ref.namespace, ref.name];
      return once<KubernetesObject | undefined>(question, () => cluster.getAny(ref));
    },
    list: <K extends KnownKind>(kind: K, query: ListQuery) => {
      const question = ['list', kind, query.namespace, query.labelSelector, query.fieldSelector];
      return once<readonly ObjectsByKind[K][]>(question, () => cluster.list(kind, query));
    },
  };
}
