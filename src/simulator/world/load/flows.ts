import type { Endpoints } from '../controllers/endpoints.ts';
import type { PodObject } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import type { Profiles } from '../profiles.ts';
import { fnv1a } from '../random.ts';
import { calleeKey, serviceKey, type LoadSpec, type ServiceKey, type ServiceSpec } from '../spec.ts';

/** What comes to one pod, by whichever Services select it. Requests per second. */
export interface Flow {
  readonly pod: PodObject;
  /** What its process is and calls: that of its own workload, whoever's Service led the requests to it. */
  readonly load: LoadSpec | undefined;
  rate: number;
  /** Without surges: only these go on to the dependencies. */
  calm: number;
}

/** One pod's part of what a Service is asked. The shares of a Service add up to one, or to less where a backend has no pod. */
export interface Part {
  readonly pod: PodObject;
  readonly share: number;
}

/** Where the requests of one second go. */
export interface Flows {
  readonly byPod: ReadonlyMap<string, Flow>;
  /** Who answers for each service, and what it is asked, surges and retries included. */
  readonly byService: ReadonlyMap<ServiceKey, { readonly rate: number; readonly parts: readonly Part[] }>;
}

export interface FlowDeps {
  readonly kit: Kit;
  readonly endpoints: Endpoints;
  readonly profiles: Profiles;
  /** Callers before callees. */
  readonly order: readonly ServiceSpec[];
  readonly isRunning: (pod: PodObject) => boolean;
  /** Requests per second that come to a service from outside. */
  readonly rootOf: (service: ServiceSpec) => number;
  /** The factor on what reaches a service. The additional requests do not go on to its dependencies. */
  readonly surgeOf: (service: ServiceKey) => number;
  /** Share of the requests that never get through to the pods of a service. */
  readonly lostOf: (service: ServiceKey) => number;
}

/** Sends requests to services, by routes to Services, and by their selectors to pods, whose own calls follow them. */
export function makeFlows(deps: FlowDeps): () => Flows {
  /** Calls to a service that had its turn already: after a shift, requests may come to where they never came before. */
  let late = new Map<ServiceKey, number>();

  return () => {
    const demand = late;
    late = new Map();
    const byPod = new Map<string, Flow>();
    const byService = new Map<ServiceKey, { readonly rate: number; readonly parts: readonly Part[] }>();
    for (const service of deps.order) {
      const key = serviceKey(service);
      const calm = (demand.get(key) ?? 0) + deps.rootOf(service);
      const rate = calm * deps.surgeOf(key);
      const parts = partsOf(deps, service);
      byService.set(key, { rate, parts });
      const through = 1 - deps.lostOf(key);
      for (const { pod, share } of parts) {
        const flow = flowOf(deps, byPod, { pod, service });
        flow.rate += rate * share * through;
        flow.calm += calm * share * through;
        for (const call of flow.load?.calls ?? []) {
          const callee = calleeKey({ namespace: pod.metadata.namespace ?? '' }, call);
          const to = byService.has(callee) ? late : demand;
          to.set(callee, (to.get(callee) ?? 0) + calm * share * through * call.perRequest);
        }
      }
    }
    return { byPod, byService };
  };
}

function flowOf(
  deps: FlowDeps,
  byPod: Map<string, Flow>,
  { pod, service }: { readonly pod: PodObject; readonly service: ServiceSpec },
): Flow {
  const { uid } = pod.metadata;
  const flow = byPod.get(uid) ?? { pod, load: deps.profiles.of(pod).load ?? service.load, rate: 0, calm: 0 };
  byPod.set(uid, flow);
  return flow;
}

function partsOf(deps: FlowDeps, service: ServiceSpec): readonly Part[] {
  return backendsOf(deps.kit, service).flatMap(({ key, share }) => {
    const pods = deps.endpoints.serving(key).filter(deps.isRunning);
    const weights = pods.map((pod) => 0.97 + (fnv1a(pod.metadata.uid) % 61) / 1_000);
    const weight = weights.reduce((total, each) => total + each, 0);
    return pods.map((pod, index) => ({ pod, share: (share * (weights[index] ?? 0)) / weight }));
  });
}

interface Backend {
  readonly key: ServiceKey;
  readonly share: number;
}

/** The Services behind a service: those of its route by their weights, or its own. */
function backendsOf(kit: Kit, service: ServiceSpec): readonly Backend[] {
  const own = [{ key: serviceKey(service), share: 1 }];
  if (service.route === undefined) {
    return own;
  }
  const route = kit.get('httproutes', service.namespace, service.route.name);
  if (route === undefined) {
    return own;
  }
  const backends = route.spec?.rules?.[0]?.backendRefs ?? [];
  const total = backends.reduce((sum, { weight = 1 }) => sum + weight, 0);
  return backends
    .filter(({ weight = 1 }) => weight > 0)
    .map(({ name, namespace = service.namespace, weight = 1 }) => ({
      key: `${namespace}/${name}`,
      share: weight / total,
    }));
}
