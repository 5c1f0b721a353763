import { makeKubernetesCluster } from '../../../src/adapters/kubernetes/cluster.ts';
import { ACTION_ID_ANNOTATION } from '../../../src/domain/remedy.ts';
import type { Cluster } from '../../../src/ports/cluster.ts';
import { accessOf, type Rule } from '../../../src/simulator/api/access.ts';
import type { ApiAnswer, ApiDeps, ApiRequest, HandleRequest } from '../../../src/simulator/api/context.ts';
import { makeApi } from '../../../src/simulator/api/handle.ts';
import { startApiServer } from '../../../src/simulator/api/server.ts';
import { failure } from '../../../src/simulator/api/status.ts';
import { makeObjectStore, type ObjectStore } from '../../../src/simulator/objects.ts';

/** What AutoHeal is at while it sends a request. */
export type Stage = 'plan' | 'execute' | 'again' | 'undo' | 'undo again';

/** A request as it reached the API server. */
export interface Asked {
  readonly stage: Stage;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly dryRun: boolean;
  readonly body: string;
  readonly status: number;
}

/** How a request fails. `held` is never answered, `lost` is done first and never answered then. */
export type Failing =
  | { readonly kind: 'status'; readonly status: number; readonly reason: string; readonly cause?: string }
  | { readonly kind: 'held' }
  | { readonly kind: 'lost' };

export interface Failure {
  readonly stage: Stage;
  readonly method: string;
  readonly path: string;
  readonly dryRun: boolean;
  readonly how: Failing;
  /** Only the first such request fails, so that asking again helps. */
  readonly once?: true;
}

/** One right as access rules name it. */
export interface Right {
  readonly verb: string;
  readonly group: string;
  /** With its subresource. */
  readonly resource: string;
}

/** A right that was asked for, and the namespace in which: undefined for the whole cluster. */
export interface PlacedRight extends Right {
  readonly namespace: string | undefined;
}

export interface SessionOptions {
  readonly api?: Pick<ApiDeps, 'customResources' | 'logs'>;
  /** Exactly these rights; all of them when left out. */
  readonly rules?: readonly Rule[];
  readonly fail?: Failure;
  readonly timeoutMs?: number;
  /** Called before a write that is no dry run reaches the objects. */
  readonly beforeWrite?: (objects: ObjectStore) => void;
}

/** One AutoHeal's view of one copy of a cluster, over the real adapter and a loopback socket. */
export interface Session {
  readonly objects: ObjectStore;
  readonly cluster: Cluster;
  readonly token: string;
  stage: Stage;
  /** Every request so far, in order. */
  asked(): readonly Asked[];
  /** Those that were to change something. */
  writes(stage?: Stage): readonly Asked[];
  /** The rights that were asked for, whether or not they were there. */
  rights(): readonly Right[];
  /** The same, once for each place in which they were asked for. */
  placedRights(): readonly PlacedRight[];
}

export interface Sessions {
  readonly url: string;
  open(objects: ObjectStore, options?: SessionOptions): Session;
  close(): Promise<void>;
}

/** One server for any number of sessions: each is told by its token, and has a cluster of its own. */
export async function openSessions(): Promise<Sessions> {
  const open = new Map<string, (request: ApiRequest) => ApiAnswer | Promise<ApiAnswer>>();
  const nobody = makeObjectStore({ now: () => 0 });
  const server = await startApiServer({
    store: nobody,
    wrap: (handle) => (request) => (open.get(request.token ?? '') ?? handle)(request),
  });
  return {
    url: server.url,
    open(objects, options = {}) {
      const token = `session-${open.size + 1}`;
      const { session, answer } = makeSession(objects, { ...options, url: server.url, token });
      open.set(token, answer);
      return session;
    },
    close: () => server.close(),
  };
}

const TIMEOUT_MS = 5000;

function makeSession(
  objects: ObjectStore,
  options: SessionOptions & { readonly url: string; readonly token: string },
): { readonly session: Session; readonly answer: (request: ApiRequest) => ApiAnswer | Promise<ApiAnswer> } {
  const { url, token, fail, beforeWrite } = options;
  const asked: Asked[] = [];
  const rights = new Map<string, PlacedRight>();
  const handle = makeApi({ ...options.api, store: objects, access: () => watched(options.rules, rights) });
  const session: Session = {
    objects,
    cluster: makeKubernetesCluster({
      connection: { server: url, token },
      timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
      retryMs: 1,
    }),
    token,
    stage: 'plan',
    asked: () => asked,
    writes: (stage) =>
      asked.filter((each) => isWrite(each) && !each.dryRun && (stage === undefined || each.stage === stage)),
    rights: () => [...new Map([...rights.values()].map((each) => [nameOf(each), each])).values()],
    placedRights: () => [...rights.values()],
  };
  let failed = false;

  function answer(request: ApiRequest): ApiAnswer | Promise<ApiAnswer> {
    const seen = { stage: session.stage, ...seenOf(request) };
    if (isWrite(seen) && !seen.dryRun) beforeWrite?.(objects);
    const next = failed && fail?.once === true ? undefined : fail;
    const how = isMeant(next, seen) ? next.how : undefined;
    failed ||= how !== undefined;
    const given = how === undefined ? handle(request) : failing(how, request, handle);
    asked.push({ ...seen, status: 'status' in given ? given.status : 0 });
    return 'pending' in given ? new Promise(() => undefined) : given;
  }

  return { session, answer };
}

/** What is never answered. */
interface Pending {
  readonly pending: true;
}

function failing(how: Failing, request: ApiRequest, handle: HandleRequest): ApiAnswer | Pending {
  if (how.kind === 'held') return { pending: true };
  if (how.kind === 'status') {
    const details = how.cause === undefined ? {} : { details: { causes: [{ reason: how.cause, message: INJECTED }] } };
    return failure({ status: how.status, reason: how.reason, message: INJECTED, ...details });
  }
  handle(request);
  return { pending: true };
}

/** What the server says where a test made it fail. */
export const INJECTED = 'this failure was injected';

function isMeant(fail: Failure | undefined, seen: Omit<Asked, 'status'>): fail is Failure {
  return (
    fail !== undefined &&
    fail.stage === seen.stage &&
    fail.method === seen.method &&
    fail.path === seen.path &&
    fail.dryRun === seen.dryRun
  );
}

export function isWrite({ method }: Pick<Asked, 'method'>): boolean {
  return method !== 'GET';
}

function seenOf({ method, path, body = '' }: ApiRequest): Omit<Asked, 'stage' | 'status'> {
  const [plain = '', query = ''] = path.split('?');
  const dryRun = new URLSearchParams(query).get('dryRun') === 'All';
  return { method, path: plain, dryRun: dryRun || /"dryRun":\["All"\]/.test(body), body };
}

/** A right in the words of these suites: `patch apps/deployments`. */
export function nameOf({ verb, group, resource }: Right): string {
  return `${verb} ${group}/${resource}`;
}

function watched(rules: readonly Rule[] | undefined, rights: Map<string, PlacedRight>): ReturnType<typeof accessOf> {
  const access = accessOf({ user: 'system:serviceaccount:autoheal:autoheal', rules: rules ?? ALL });
  return {
    ...access,
    allowed(verb, group, resource, namespace) {
      const right = { verb, group, resource, namespace };
      rights.set(`${nameOf(right)} in ${namespace ?? ''}`, right);
      return access.allowed(verb, group, resource, namespace);
    },
  };
}

const ALL: readonly Rule[] = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];

/** The action that a write says it belongs to. */
export function markOf({ body }: Asked): string | undefined {
  return new RegExp(`${ACTION_ID_ANNOTATION.replace('/', '(?:/|~1)')}"[^}]*?"(?:value":")?([^"]+)"`).exec(body)?.[1];
}
