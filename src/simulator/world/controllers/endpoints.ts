import type { Kinds, PodObject } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import { isActive, isReady, isTerminating, ownerReference } from '../pods.ts';
import { hex32, fnv1a } from '../random.ts';
import { selectorMatches } from '../selectors.ts';

/** Which pods get the traffic of a Service, by `namespace/name`. */
export interface Endpoints {
  reconcile(): void;
  /** The ready pods behind a Service, oldest first. */
  serving(service: string): readonly PodObject[];
}

/** Keeps one EndpointSlice per Service that has a selector. */
export function makeEndpoints(kit: Kit): Endpoints {
  const serving = new Map<string, readonly PodObject[]>();
  /** What the slice of a Service was last written from. */
  const written = new Map<string, readonly PodObject[]>();

  function reconcile(): void {
    serving.clear();
    const podsOf = new Map<string, PodObject[]>();
    for (const pod of kit.list('pods')) {
      const namespace = pod.metadata.namespace ?? '';
      const pods = podsOf.get(namespace) ?? [];
      podsOf.set(namespace, pods);
      pods.push(pod);
    }
    for (const service of kit.list('services')) {
      const matchLabels = service.spec?.selector;
      const namespace = service.metadata.namespace ?? '';
      const key = `${namespace}/${service.metadata.name}`;
      if (matchLabels === undefined) {
        continue;
      }
      const pods = (podsOf.get(namespace) ?? []).filter(
        (pod) =>
          pod.status?.podIP !== undefined &&
          (isActive(pod) || isTerminating(pod)) &&
          selectorMatches({ matchLabels }, pod.metadata.labels ?? {}),
      );
      serving.set(
        key,
        pods.filter((pod) => isReady(pod) && !isTerminating(pod)),
      );
      if (!sameObjects(written.get(key), pods) || !hasSlice(kit, service)) {
        syncSlice(kit, service, pods);
        written.set(key, pods);
      }
    }
    forgetGone();
  }

  function forgetGone(): void {
    for (const key of written.keys()) {
      if (!serving.has(key)) {
        written.delete(key);
      }
    }
  }

  return { reconcile, serving: (service) => serving.get(service) ?? [] };
}

/** Objects of the store never change, so the same ones say the same. */
function sameObjects(left: readonly object[] | undefined, right: readonly object[]): boolean {
  return left?.length === right.length && left.every((object, index) => object === right[index]);
}

type Service = Kinds['services'];

function sliceNameOf({ metadata }: Service): string {
  return `${metadata.name}-${hex32(fnv1a(metadata.uid)).slice(0, 5)}`;
}

function hasSlice(kit: Kit, service: Service): boolean {
  return kit.get('endpointslices', service.metadata.namespace, sliceNameOf(service)) !== undefined;
}

function syncSlice(kit: Kit, service: Service, pods: readonly PodObject[]): void {
  const { name, namespace } = service.metadata;
  const sliceName = sliceNameOf(service);
  const endpoints = pods.map(endpointOf);
  const before = kit.get('endpointslices', namespace, sliceName);
  if (before === undefined) {
    kit.create('endpointslices', {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: sliceName,
        namespace: namespace ?? 'default',
        labels: { 'kubernetes.io/service-name': name },
        ownerReferences: [ownerReference(service)],
      },
      addressType: 'IPv4',
      endpoints,
      ports: service.spec?.['ports'] ?? [],
    });
  } else {
    kit.update('endpointslices', { ...before, endpoints });
  }
}

function endpointOf(pod: PodObject): object {
  const ready = isReady(pod);
  const terminating = isTerminating(pod);
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: { ready: ready && !terminating, serving: ready, terminating },
    nodeName: pod.spec?.nodeName,
    targetRef: { kind: 'Pod', namespace: pod.metadata.namespace, name: pod.metadata.name, uid: pod.metadata.uid },
  };
}
