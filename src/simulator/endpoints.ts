import type { EndpointCall } from '../domain/remedy.ts';
import type { EndpointAnswer, Endpoints } from '../ports/endpoints.ts';
import { fnv1a } from './world/random.ts';
import type { ServiceKey } from './world/spec.ts';
import type { World } from './world/world.ts';

/** A call as it reached the network of the world. */
export interface SeenCall {
  readonly url: string;
  readonly actionId: string;
  readonly status: number;
}

export interface SimulatedEndpoints extends Endpoints {
  /** Every call so far, oldest first; the last thousand are kept. */
  calls(): readonly SeenCall[];
}

const SERVICE_HOST = /^([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.cluster\.local)?$/;
const MOST_CALLS = 1_000;

/**
 * The network in which a world's services have their heal endpoints: `http://NAME.NAMESPACE.svc:PORT/PATH` reaches one ready
 * pod behind that Service (always the same one for an action), whose process resets itself without a restart.
 */
export function makeSimulatedEndpoints(world: Pick<World, 'view' | 'serving' | 'reset'>): SimulatedEndpoints {
  const seen: SeenCall[] = [];

  function answerTo({ url }: EndpointCall, actionId: string): EndpointAnswer {
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    const service = parsed === undefined ? undefined : serviceAt(world, parsed);
    if (parsed === undefined || service === undefined) {
      return { kind: 'refused', status: 0, message: `getaddrinfo ENOTFOUND ${url.slice(0, 200)}` };
    }
    const pods = service.takesPort ? world.serving(service.key) : [];
    const pod = pods[fnv1a(actionId) % Math.max(1, pods.length)];
    if (pod === undefined) {
      return { kind: 'refused', status: 0, message: `connect ECONNREFUSED ${parsed.host}` };
    }
    if (parsed.pathname !== world.view.healPathOf(pod)) {
      return { kind: 'refused', status: 404, message: 'the endpoint answered 404' };
    }
    world.reset(pod.metadata.uid);
    return { kind: 'ok', status: 200, body: `{"reset":"${pod.metadata.name}"}` };
  }

  return {
    call(call, actionId) {
      const answer = answerTo(call, actionId);
      seen.push({ url: call.url, actionId, status: answer.kind === 'maybe' ? 0 : answer.status });
      if (seen.length > MOST_CALLS) {
        seen.shift();
      }
      return Promise.resolve(answer);
    },
    calls: () => [...seen],
  };
}

/** The Service that a URL names, and whether it has the URL's port. */
function serviceAt(
  { view }: Pick<World, 'view'>,
  { hostname, port }: URL,
): { readonly key: ServiceKey; readonly takesPort: boolean } | undefined {
  const [, name = '', namespace = ''] = SERVICE_HOST.exec(hostname) ?? [];
  const service = view.kit.get('services', namespace, name);
  return service === undefined
    ? undefined
    : {
        key: `${namespace}/${name}`,
        takesPort: servesPort(service.spec?.['ports'], port === '' ? 80 : Number(port)),
      };
}

function servesPort(ports: unknown, port: number): boolean {
  const all: readonly unknown[] = Array.isArray(ports) ? ports : [];
  return all.some((each) => typeof each === 'object' && each !== null && 'port' in each && each.port === port);
}
