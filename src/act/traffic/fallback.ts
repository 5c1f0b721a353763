import type { EndpointSlice, Service } from '../../domain/kubernetes.ts';
import { FALLBACK_ANNOTATION, type Refusal } from '../../domain/remedy.ts';
import type { ClusterReader } from '../../ports/cluster.ts';
import type { Rollout } from '../objects.ts';
import { reaches } from './own-services.ts';
import type { AccessRule } from '../remedy.ts';

export type FallbackName =
  { readonly kind: 'name'; readonly name: string } | { readonly kind: 'refused'; readonly refusal: Refusal };

/** A name of a Service. Source: RFC 1035 labels, as Kubernetes validates them. */
const FALLBACK = /^service\/([a-z]([-a-z0-9]{0,61}[a-z0-9])?)$/;
const SUGGEST = `annotate the workload with ${FALLBACK_ANNOTATION}: service/NAME, where another Service can stand in`;

/** The stand-in that a workload is annotated with. */
export function fallbackName(annotations: Readonly<Record<string, string>>): FallbackName {
  const value = annotations[FALLBACK_ANNOTATION];
  if (value === undefined) return noFallback(`the workload has no annotation ${FALLBACK_ANNOTATION}`);
  const name = FALLBACK.exec(value)?.[1];
  return name === undefined
    ? noFallback(`the annotation ${FALLBACK_ANNOTATION} names no Service`)
    : { kind: 'name', name };
}

export type Fallback =
  | { readonly kind: 'fallback'; readonly service: Service; readonly ready: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** The rights that `healthyFallback` needs. */
export const FALLBACK_ACCESS: readonly AccessRule[] = [
  { apiGroups: [''], resources: ['services'], verbs: ['get'] },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list'] },
];

/**
 * The stand-in as it is now, with at least one endpoint that is ready and none of the ill workload's own.
 *
 * @throws AutoHealError `PORT_*`.
 */
export async function healthyFallback(
  cluster: ClusterReader,
  { object }: Rollout,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<Fallback> {
  const service = await cluster.get('Service', { namespace, name });
  if (service === undefined) return noFallback(`Service ${name}, which the workload is annotated with, does not exist`);
  if (service.spec?.type === 'ExternalName') return noFallback(`Service ${name} is a name outside the cluster`);
  if (reaches(service, object.spec.template.metadata?.labels ?? {})) {
    return unhealthy(`Service ${name} sends traffic to the ill workload itself`);
  }
  const labelSelector = `kubernetes.io/service-name=${name}`;
  const ready = readyEndpoints(await cluster.list('EndpointSlice', { namespace, labelSelector }));
  return ready === 0
    ? unhealthy(`Service ${name} has no endpoint that is ready`)
    : { kind: 'fallback', service, ready };
}

/** An endpoint that does not say is ready. Source: `EndpointConditions.ready` of discovery.k8s.io/v1. */
function readyEndpoints(slices: readonly EndpointSlice[]): number {
  const addresses = slices
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap((endpoint) => endpoint.addresses);
  return new Set(addresses).size;
}

function noFallback(why: string): { readonly kind: 'refused'; readonly refusal: Refusal } {
  return { kind: 'refused', refusal: { code: 'no-fallback', why, suggest: SUGGEST } };
}

function unhealthy(why: string): { readonly kind: 'refused'; readonly refusal: Refusal } {
  return { kind: 'refused', refusal: { code: 'fallback-not-healthy', why, suggest: 'make it ready first' } };
}
