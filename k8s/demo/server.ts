import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { FAULTS, parseFault, type FaultKind, type Faults } from './faults.ts';
import { makeRequestMetrics, type RequestMetrics } from './metrics.ts';

export interface DemoDeps {
  readonly faults: Faults;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** Ends the process, for the fault `crash`. */
  readonly crash: () => void;
  /** True from the moment the process begins to end. */
  readonly draining: () => boolean;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly contentType?: string;
}

interface Demo extends DemoDeps {
  readonly metrics: RequestMetrics;
  /** What the newest calls of the heal endpoint were answered, by their key, oldest first. */
  readonly healed: Map<string, Answer>;
}

type Route = (demo: Demo, request: IncomingMessage) => Promise<Answer> | Answer;

const MAX_BODY_BYTES = 4 * 1024;
/** Work of one request for data, about 3 ms of a core: what makes load use CPU. */
const HASH_ROUNDS = 1000;
/** So many keys of heal calls are remembered. */
const MAX_HEAL_KEYS = 100;

const ROUTES: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
  '/data': { GET: data },
  '/health': { GET: health },
  '/healthz': { GET: alive },
  '/metrics': { GET: metricsText },
  '/heal': { POST: heal },
  '/simulate-error': { POST: simulate },
};

/**
 * The demo workload, not listening yet: a small service that can be made ill by `POST /simulate-error` and made well by
 * `POST /heal`, the endpoint that its annotation names to AutoHeal.
 */
export function makeDemoServer(deps: DemoDeps): Server {
  const demo: Demo = { ...deps, metrics: makeRequestMetrics(), healed: new Map() };
  const server = createServer((request, response) => {
    const began = deps.now();
    const [path = '/'] = (request.url ?? '/').split('?', 1);
    const method = request.method ?? 'GET';
    const methods = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
    const route = methods !== undefined && Object.hasOwn(methods, method) ? methods[method] : undefined;
    respond().catch(() => response.destroy());

    async function respond(): Promise<void> {
      const answer = await answerOf(demo, request, { methods, route });
      demo.metrics.observe({
        // Names that a sender makes up would each be a series.
        method: route === undefined ? 'other' : method,
        route: methods === undefined ? 'none' : path,
        code: answer.status,
        seconds: (deps.now() - began) / 1000,
      });
      send(response, answer);
    }
  });
  server.requestTimeout = 10_000;
  server.headersTimeout = 5_000;
  server.keepAliveTimeout = 65_000;
  server.maxConnections = 1024;
  return server;
}

async function answerOf(
  demo: Demo,
  request: IncomingMessage,
  {
    methods,
    route,
  }: { readonly methods: Readonly<Record<string, Route>> | undefined; readonly route: Route | undefined },
): Promise<Answer> {
  if (methods === undefined) {
    return { status: 404, body: { error: 'there is nothing here', routes: Object.keys(ROUTES) } };
  }
  if (route === undefined)
    return { status: 405, body: { error: `this path takes ${Object.keys(methods).join(', ')}` } };
  return route(demo, request);
}

async function data({ faults, sleep, random }: Demo): Promise<Answer> {
  const latency = faults.strength('latency');
  if (latency > 0) await sleep(latency);
  if (random() < faults.strength('errors')) return { status: 500, body: { error: 'simulated' } };
  let digest = 'autoheal';
  for (let round = 0; round < HASH_ROUNDS; round += 1) digest = createHash('sha256').update(digest).digest('hex');
  return { status: 200, body: { items: [1, 2, 3], digest } };
}

function alive({ faults }: Demo): Answer {
  const ok = faults.strength('hang') === 0;
  return { status: ok ? 200 : 503, body: { ok } };
}

/** Readiness, and in words what ails it. */
function health({ faults, draining }: Demo): Answer {
  const well = faults.strength('unready') === 0 && faults.strength('hang') === 0 && !draining();
  const ailments = faults.active().map(({ kind, strength }) => ({ kind, strength }));
  return { status: well ? 200 : 503, body: { ok: well, faults: ailments, draining: draining() } };
}

function metricsText({ faults, metrics }: Demo): Answer {
  const kinds = Object.keys(FAULTS) as FaultKind[]; // The keys of FAULTS are its kinds.
  const body = metrics.expose([
    {
      name: 'demo_fault_strength',
      help: 'How strong a simulated fault is; 0 where it is not there.',
      samples: kinds.map((kind) => ({ labels: { kind }, value: faults.strength(kind) })),
    },
    {
      name: 'demo_leaked_bytes',
      help: 'Memory that the simulated leak keeps.',
      samples: [{ value: faults.leakedBytes() }],
    },
    {
      name: 'process_resident_memory_bytes',
      help: 'Resident memory.',
      samples: [{ value: process.memoryUsage.rss() }],
    },
  ]);
  return { status: 200, body, contentType: 'text/plain; version=0.0.4; charset=utf-8' };
}

/** Ends every fault. A call with an Idempotency-Key that was here before gets the same answer and does nothing. */
async function heal({ faults, healed }: Demo, request: IncomingMessage): Promise<Answer> {
  if ((await bodyOf(request)) === undefined) return { status: 413, body: { error: 'the body is too large' } };
  const key = request.headers['idempotency-key'];
  const before = typeof key === 'string' ? healed.get(key) : undefined;
  if (before !== undefined) return before;
  const done: Answer = { status: 200, body: { healed: faults.heal() } };
  if (typeof key === 'string') healed.set(key, done);
  const [oldest] = healed.keys();
  if (healed.size > MAX_HEAL_KEYS && oldest !== undefined) healed.delete(oldest);
  return done;
}

async function simulate({ faults, crash }: Demo, request: IncomingMessage): Promise<Answer> {
  const text = await bodyOf(request);
  if (text === undefined) return { status: 413, body: { error: 'the body is too large' } };
  const parsed = parseFault(text);
  if (parsed.kind === 'invalid') return { status: 400, body: { error: parsed.why } };
  faults.begin(parsed.fault);
  if (parsed.fault.kind === 'crash') crash();
  return { status: 202, body: { began: parsed.fault, means: FAULTS[parsed.fault.kind].unit } };
}

/** The body as text; undefined where it is too large. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    // Without an encoding a request yields Buffers.
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, { status, body, contentType }: Answer): void {
  const text = typeof body === 'string' ? body : `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': contentType ?? 'application/json',
    // What was not read of a body that is too large would be taken for the next request.
    ...(status === 413 && { connection: 'close' }),
  });
  response.end(text);
}
