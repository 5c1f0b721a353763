import type { Kinds, PodObject } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import { isActive, isReady, isTerminating, ownerReference } from '../pods.ts';
import { hex32, fnv1a } from '../random.ts';
import { selectorMatches } from '../selectors.ts';
import { sameParts } from '../settled.ts';

/** Which pods get the traffic of a Service, by `namespace/name`. */
export interface Endpoints {
  reconcile(): void;
  /** The ready pods behind a Service, oldest first. */
  serving(service: string): readonly PodObject[];
}

/** Where a Service's requests go, and what that was found from. Frozen. */
interface Found {
  readonly service: Service;
  /** The pods of its namespace. */
  readonly from: readonly PodObject[];
  /** Those that it selects, and that its slice was last written from. */
  readonly pods: readonly PodObject[];
  readonly serving: readonly PodObject[];
}

/** Keeps one EndpointSlice per Service that has a selector. */
export function makeEndpoints(kit: Kit): Endpoints {
  const state = kit.keep('endpoints', () => ({
    found: new Map<string, Found>(),
    /** What everything was last found from. */
    seen: NOTHING,
  }));
  const { found } = state;

  function reconcile(): void {
    const now = [kit.list('services'), kit.list('pods'), kit.list('endpointslices')];
    if (sameParts(state.seen, now)) {
      return;
    }
    const present = new Set<string>();
    for (const service of kit.list('services')) {
      if (service.spec?.selector !== undefined) {
        const key = `${service.metadata.namespace ?? ''}/${service.metadata.name}`;
        present.add(key);
        look(key, service);
      }
    }
    for (const key of found.keys()) {
      if (!present.has(key)) {
        found.delete(key);
      }
    }
    // Slices that were just written are looked at once more, which finds them as they should be.
    state.seen = Object.freeze(now);
  }

  function look(key: string, service: Service): void {
    const before = found.get(key);
    const from = kit.list('pods', service.metadata.namespace ?? '');
    const isSame = before?.service === service && before.from === from;
    const next = isSame ? before : find(service, from);
    if (!sameParts(before?.pods, next.pods) || !hasSlice(kit, service)) {
      syncSlice(kit, service, next.pods);
    }
    found.set(key, next);
  }

  return { reconcile, serving: (service) => found.get(service)?.serving ?? NOBODY };
}

const NOTHING: readonly (readonly object[])[] = Object.freeze([]);
const NOBODY: readonly PodObject[] = Object.freeze([]);

function find(service: Service, from: readonly PodObject[]): Found {
  const selector = { matchLabels: service.spec?.selector ?? {} };
  const pods = from.filter(
    (pod) =>
      pod.status?.podIP !== undefined &&
      (isActive(pod) || isTerminating(pod)) &&
      selectorMatches(selector, pod.metadata.labels ?? {}),
  );
  const serving = pods.filter((pod) => isReady(pod) && !isTerminating(pod));
  return Object.freeze({ service, from, pods: Object.freeze(pods), serving: Object.freeze(serving) });
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
