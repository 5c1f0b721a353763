import type { Endpoints } from '../controllers/endpoints.ts';
import type { PodObject } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import type { ContainerRun } from '../kubelet/run.ts';
import type { Profile, Profiles } from '../profiles.ts';
import { fnv1a } from '../random.ts';
import { calleeKey, serviceKey, type LoadSpec, type ServiceKey, type ServiceSpec } from '../spec.ts';

/** What comes to one pod, by whichever Services select it. Requests per second. */
export interface Flow {
  readonly pod: PodObject;
  readonly run: ContainerRun | undefined;
  /** What its process is. */
  readonly profile: Profile;
  /** What its process does and calls: that of its own workload, whoever's Service led the requests to it. */
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
  readonly runOf: (podUid: string) => ContainerRun | undefined;
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
  const state = deps.kit.keep('flows', () => ({ late: new Map<ServiceKey, number>() }));

  return () => {
    const demand = state.late;
    const late = new Map<ServiceKey, number>();
    state.late = late;
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
  const known = byPod.get(uid);
  if (known !== undefined) {
    return known;
  }
  const profile = deps.profiles.of(pod);
  const flow = { pod, run: deps.runOf(uid), profile, load: profile.load ?? service.load, rate: 0, calm: 0 };
  byPod.set(uid, flow);
  return flow;
}

function partsOf(deps: FlowDeps, service: ServiceSpec): readonly Part[] {
  const isRunning = (pod: PodObject): boolean => deps.runOf(pod.metadata.uid)?.phase === 'running';
  const backends = backendsOf(deps.kit, service);
  if (backends === undefined) {
    const serving = deps.endpoints.serving(serviceKey(service));
    return serving.every(isRunning) ? allOf(serving) : shared(serving.filter(isRunning), 1);
  }
  return backends.flatMap(({ key, share }) => shared(deps.endpoints.serving(key).filter(isRunning), share));
}

const known = new WeakMap<readonly PodObject[], readonly Part[]>();

/** The parts of pods that get all requests; remembered, because nearly always the same pods do. */
function allOf(pods: readonly PodObject[]): readonly Part[] {
  const before = known.get(pods);
  if (before !== undefined) {
    return before;
  }
  const parts = shared(pods, 1);
  known.set(pods, parts);
  return parts;
}

/** No two pods get quite the same. */
function shared(pods: readonly PodObject[], share: number): readonly Part[] {
  const weights = pods.map((pod) => 0.97 + (fnv1a(pod.metadata.uid) % 61) / 1_000);
  const weight = weights.reduce((total, each) => total + each, 0);
  return pods.map((pod, index) => ({ pod, share: (share * (weights[index] ?? 0)) / weight }));
}

interface Backend {
  readonly key: ServiceKey;
  readonly share: number;
}

/** The Services behind a service by the weights of its route; undefined where all goes to its own. */
function backendsOf(kit: Kit, service: ServiceSpec): readonly Backend[] | undefined {
  if (service.route === undefined) {
    return undefined;
  }
  const route = kit.get('httproutes', service.namespace, service.route.name);
  if (route === undefined) {
    return undefined;
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
