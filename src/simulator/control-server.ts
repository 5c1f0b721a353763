import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { errorText } from '../domain/errors.ts';
import { listen, type Listening, type ListenOptions } from './listen.ts';
import { controlPage } from './control-page.ts';
import { FAULT_TABLE } from './world/faults/table.ts';
import { FAULT_KINDS, serviceKey, type FaultKindName, type FaultSpec, type WorldSpec } from './world/spec.ts';
import type { World } from './world/world.ts';

export interface ControlServerDeps extends ListenOptions {
  readonly world: Pick<World, 'inject' | 'clear' | 'truth' | 'answer'>;
  readonly scenario: WorldSpec;
}

export type ControlServer = Listening;

const MAX_BODY_BYTES = 64 * 1024;

/**
 * Lets people make a simulated cluster ill and well again: a page at `/`, and for scripts `GET /faults`, `POST /faults` with
 * `{"kind", "namespace", "service", "strength"?, "durationSeconds"?}`, and `DELETE /faults/ID`. Meant for loopback and
 * private networks: it asks nobody who they are, and can do nothing but change the simulation. Rejects when the port is taken.
 */
export async function startControlServer(deps: ControlServerDeps): Promise<ControlServer> {
  let injected = 0;
  const server = createServer((request, response) => {
    route(request, response).catch((error: unknown) => send(response, 500, { error: errorText(error) }));
  });

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const at = `${request.method ?? 'GET'} ${path}`;
    if (at === 'GET /') return page(response, controlPage(deps));
    if (at === 'GET /healthz') return send(response, 200, { ok: true });
    if (at === 'GET /faults') return send(response, 200, { faults: deps.world.truth(), kinds: KINDS });
    if (at === 'POST /faults') return inject(response, await read(request));
    if (request.method === 'DELETE' && path.startsWith('/faults/')) {
      return clear(response, decodeURIComponent(path.slice('/faults/'.length)));
    }
    return send(response, 404, { error: 'there is GET /, GET /faults, POST /faults and DELETE /faults/ID' });
  }

  function inject(response: ServerResponse, text: string | undefined): void {
    const asked = text === undefined ? 'the body is too long' : faultOf(text, deps.scenario);
    if (typeof asked === 'string') return send(response, 400, { error: asked });
    injected += 1;
    const fault: FaultSpec = { ...asked, id: `${asked.kind}-${injected}` };
    deps.world.inject(fault);
    return send(response, 201, fault);
  }

  function clear(response: ServerResponse, id: string): void {
    if (!deps.world.truth().some(({ fault }) => fault.id === id)) {
      return send(response, 404, { error: `there is no fault ${id}; GET /faults lists them` });
    }
    deps.world.clear(id);
    return send(response, 200, { cleared: id });
  }

  return listen(server, deps);
}

const KINDS = FAULT_KINDS.map((kind) => {
  const { does, curedBy, strength } = FAULT_TABLE[kind];
  return { kind, does, curedBy, strength };
});

/** The fault that a body asks for, or what is wrong with it. */
function faultOf(text: string, { services }: WorldSpec): Omit<FaultSpec, 'id'> | string {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return 'the body is not JSON; an example: {"kind": "bad-rollout-crash", "namespace": "shop", "service": "checkout"}';
  }
  const { kind, namespace, service, strength, durationSeconds } = (body ?? {}) as Readonly<Record<string, unknown>>; // Each is checked below.
  if (!isKind(kind)) return `kind must be one of ${FAULT_KINDS.join(', ')}`;
  const known = services.map(serviceKey);
  if (typeof namespace !== 'string' || typeof service !== 'string' || !known.includes(`${namespace}/${service}`)) {
    return `namespace and service must name one of ${known.join(', ')}`;
  }
  if (!isAmount(strength)) return `strength must be a positive number: ${FAULT_TABLE[kind].strength.means}`;
  if (!isAmount(durationSeconds)) return 'durationSeconds must be a positive number';
  return {
    kind,
    target: { namespace, service },
    ...(strength === undefined ? {} : { strength }),
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
  };
}

function isKind(kind: unknown): kind is FaultKindName {
  return FAULT_KINDS.some((each) => each === kind);
}

function isAmount(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === 'number' && Number.isFinite(value) && value > 0);
}

async function read(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = chunk as Buffer; // A request without an encoding yields Buffers.
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString();
}

function page(response: ServerResponse, html: string): void {
  response
    .writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'",
    })
    .end(html);
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
