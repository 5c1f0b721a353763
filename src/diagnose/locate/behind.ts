import type { LabelSelector, Pod } from '../../domain/kubernetes.ts';
import { selectorText } from '../../domain/label-selector.ts';
import type { Lookups } from './lookups.ts';

interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** Longer names are no label value, so no Service is called so and no EndpointSlice can point to it. */
const MAX_SERVICE_NAME = 63;

/** The pods behind a Service: those of its EndpointSlices, or of its selector where they hold none that exists. */
export async function podsBehind(cluster: Lookups, service: Named): Promise<readonly Pod[]> {
  const { namespace, name } = service;
  if (name.length > MAX_SERVICE_NAME) return [];
  const slices = await cluster.list('EndpointSlice', {
    namespace,
    labelSelector: `kubernetes.io/service-name=${name}`,
  });
  const names = slices
    .flatMap((slice) => slice.endpoints ?? [])
    .flatMap(({ targetRef }) => (targetRef?.kind === 'Pod' && targetRef.name !== undefined ? [targetRef.name] : []));
  const pods = await Promise.all([...new Set(names)].map((each) => cluster.get('Pod', { namespace, name: each })));
  const existing = pods.filter((pod) => pod !== undefined);
  if (existing.length > 0) return existing;
  const selector = (await cluster.get('Service', service))?.spec?.selector;
  return selector === undefined ? [] : podsSelected(cluster, namespace, { matchLabels: selector });
}

/** The pods that a selector selects. An empty selector selects none here: it would mean the whole namespace. */
export async function podsSelected(
  cluster: Lookups,
  namespace: string,
  selector: LabelSelector,
): Promise<readonly Pod[]> {
  const labelSelector = selectorText(selector);
  return labelSelector === '' ? [] : cluster.list('Pod', { namespace, labelSelector });
}

const ENDED: ReadonlySet<string> = new Set(['Succeeded', 'Failed']);

/** The pods that mount a claim; ones that have ended only where no other does. */
export async function podsMounting(cluster: Lookups, claim: Named): Promise<readonly Pod[]> {
  const pods = (await cluster.list('Pod', { namespace: claim.namespace })).filter((pod) =>
    (pod.spec.volumes ?? []).some((volume) => volume.persistentVolumeClaim?.claimName === claim.name),
  );
  const alive = pods.filter((pod) => !ENDED.has(pod.status?.phase ?? ''));
  return alive.length > 0 ? alive : pods;
}
