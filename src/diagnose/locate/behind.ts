import type { LabelSelector, Pod } from '../../domain/kubernetes.ts';
import type { ClusterReader } from '../../ports/cluster.ts';

interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** The pods behind a Service: those of its EndpointSlices, or of its selector where it has none. */
export async function podsBehind(cluster: ClusterReader, service: Named): Promise<readonly Pod[]> {
  const { namespace, name } = service;
  const slices = await cluster.list('EndpointSlice', {
    namespace,
    labelSelector: `kubernetes.io/service-name=${name}`,
  });
  const names = slices
    .flatMap((slice) => slice.endpoints ?? [])
    .flatMap(({ targetRef }) => (targetRef?.kind === 'Pod' && targetRef.name !== undefined ? [targetRef.name] : []));
  if (names.length > 0) {
    const pods = await Promise.all([...new Set(names)].map((each) => cluster.get('Pod', { namespace, name: each })));
    return pods.filter((pod) => pod !== undefined);
  }
  const selector = (await cluster.get('Service', service))?.spec?.selector;
  return selector === undefined ? [] : podsSelected(cluster, namespace, { matchLabels: selector });
}

/** The pods that a selector selects. An empty selector selects nothing here: it would mean the whole namespace. */
export async function podsSelected(
  cluster: ClusterReader,
  namespace: string,
  selector: LabelSelector,
): Promise<readonly Pod[]> {
  const text = selectorText(selector);
  return text === '' ? [] : cluster.list('Pod', { namespace, labelSelector: text });
}

function selectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const equal = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  const sets = matchExpressions.map(({ key, operator, values = [] }) => {
    switch (operator) {
      case 'Exists':
        return key;
      case 'DoesNotExist':
        return `!${key}`;
      default:
        return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`;
    }
  });
  return [...equal, ...sets].join(',');
}

/** The pods that mount a claim. */
export async function podsMounting(cluster: ClusterReader, claim: Named): Promise<readonly Pod[]> {
  const pods = await cluster.list('Pod', { namespace: claim.namespace });
  return pods.filter((pod) =>
    (pod.spec.volumes ?? []).some((volume) => volume.persistentVolumeClaim?.claimName === claim.name),
  );
}
