import { isUtf8 } from 'node:buffer';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

import {
  fastify,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyHttpOptions,
} from 'fastify';

import { AutoHealError, errorText } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { addAlertRoute } from './alert-route.ts';
import { answerJson, refuse, refusalBody, type RefusalOfRequest } from './answers.ts';
import { makeAuthenticator, type AuthRule } from './auth.ts';
import { addDoctorRoute, makeDoctorDesk } from './doctor-desk.ts';
import { makeAuthGate, makeBodyGate, makeDrainGate } from './gate.ts';
import { addIncidentRoutes } from './incident-routes.ts';
import type { Journal } from './journal-batch.ts';

export interface ServerLimits {
  /** Bytes of one request body. Alertmanager has no limit of its own, and groups of 20,000 alerts exist. */
  readonly bodyLimit: number;
  /** Bytes of all bodies that are being read or journalled at one time. */
  readonly bodiesInFlight: number;
  /** From the first byte of a request to its last. */
  readonly requestTimeoutMs: number;
  readonly headersTimeoutMs: number;
  /** A socket that says nothing for so long in the middle of a request or an answer is closed. */
  readonly connectionTimeoutMs: number;
  /** A connection without a request is kept for so long. */
  readonly keepAliveTimeoutMs: number;
  readonly connections: number;
}

export const SERVER_LIMITS: ServerLimits = {
  bodyLimit: 32 * 1024 * 1024,
  bodiesInFlight: 128 * 1024 * 1024,
  requestTimeoutMs: 30_000,
  headersTimeoutMs: 10_000,
  connectionTimeoutMs: 30_000,
  keepAliveTimeoutMs: 75_000,
  connections: 1024,
};

export interface Readiness {
  readonly ok: boolean;
  /** One sentence each; empty when ok. Shown to everybody who can connect: no secrets. */
  readonly problems: readonly string[];
}

export interface ServerDeps {
  readonly journal: Journal;
  readonly store: Pick<Store, 'incident' | 'incidents' | 'history' | 'approve' | 'requestUndo'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Pick<Telemetry, 'webhook'>;
  readonly auth: AuthRule;
  readonly ready: () => Readiness | Promise<Readiness>;
  /** True from the moment the service begins to shut down. */
  readonly draining: () => boolean;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
  /** Called after each webhook that was journalled. Must not throw. */
  readonly onJournalled?: () => void;
  readonly limits?: Partial<ServerLimits>;
}

const ROUTES = [
  [/^\/(alert|incidents\/[^/]+\/(approval|undo))$/, 'POST'],
  [/^\/(healthz|readyz|metrics|incidents|incidents\/[^/]+|doctor\/[^/]+)$/, 'GET, HEAD'],
] as const;

/**
 * The HTTP side of AutoHeal, not listening yet. Its answers follow Alertmanager's Retrier: 2xx is delivered, 5xx is tried
 * again within seconds, anything else only at the next group interval. So it never answers 429 or 408, and never redirects.
 *
 * @throws AutoHealError `CONFIG_INVALID` when the auth rule has an empty secret.
 */
export function buildServer(deps: ServerDeps): FastifyInstance {
  const limits: ServerLimits = { ...SERVER_LIMITS, ...deps.limits };
  const app = makeApp(limits);
  const authGate = makeAuthGate(makeAuthenticator(deps.auth));
  const drainGate = makeDrainGate(deps.draining);
  const bodyGate = makeBodyGate({ maxBytes: limits.bodiesInFlight, bodyLimit: limits.bodyLimit });

  const desk = makeDoctorDesk();

  addAlertRoute(app, { ...deps, desk, gates: [authGate, drainGate, bodyGate] });
  addIncidentRoutes(app, { ...deps, gates: [authGate], writeGates: [authGate, drainGate, bodyGate] });
  addDoctorRoute(app, { desk, gates: [authGate] });
  addProbes(app, deps);

  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const route = ROUTES.find(([pattern]) => pattern.test(path));
    if (route === undefined) return refuse(reply, 'NOT_FOUND', 'there is nothing here: webhooks go to POST /alert');
    return refuse(reply.header('allow', route[1]), 'METHOD_NOT_ALLOWED', `this path takes ${route[1]}`);
  });
  app.setErrorHandler((error, request, reply) => answerError(deps.log, error, { request, reply }));
  return app;
}

/** What every server of these limits has in common. */
export type FastifySettings = Pick<
  FastifyHttpOptions<Server>,
  | 'logger'
  | 'bodyLimit'
  | 'requestTimeout'
  | 'connectionTimeout'
  | 'keepAliveTimeout'
  | 'forceCloseConnections'
  | 'http'
>;

/** How Fastify is set up for these limits: everything that costs time on each request and has nothing to do with AutoHeal. */
export function fastifySettings(limits: ServerLimits): FastifySettings {
  return {
    logger: false,
    bodyLimit: limits.bodyLimit,
    requestTimeout: limits.requestTimeoutMs,
    connectionTimeout: limits.connectionTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    forceCloseConnections: 'idle',
    http: {
      headersTimeout: limits.headersTimeoutMs,
      // Node looks for requests that take too long only so often, by default every 30 s.
      connectionsCheckingInterval: Math.min(5_000, Math.ceil(limits.requestTimeoutMs / 4)),
    },
  };
}

function makeApp(limits: ServerLimits): FastifyInstance {
  const app = fastify({
    ...fastifySettings(limits),
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (_error, _request, reply) => {
      refuse(reply, 'NOT_FOUND', 'the URL cannot be read');
    },
  });
  app.server.maxConnections = limits.connections;

  // Bodies stay text, whatever the sender calls them: the journal keeps them byte for byte, and `curl -d` and a custom
  // http_config do not say JSON. Text that is not UTF-8 could not be kept so.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body);
    if (isUtf8(bytes)) done(null, bytes.toString('utf8'));
    else done(new AutoHealError('PAYLOAD_INVALID', 'the body is not UTF-8 text: send JSON without Content-Encoding'));
  });
  return app;
}

function addProbes(app: FastifyInstance, deps: ServerDeps): void {
  app.get('/healthz', async (_request, reply) => answerJson(reply, 200, { ok: true }));

  app.get('/readyz', async (_request, reply) => {
    const readiness = await deps.ready();
    const problems = deps.draining() ? [...readiness.problems, 'AutoHeal is shutting down'] : readiness.problems;
    const ok = readiness.ok && !deps.draining();
    return answerJson(reply, ok ? 200 : 503, { ok, problems });
  });

  app.get('/metrics', async (_request, reply) => {
    const { contentType, body } = await deps.metrics();
    return reply.header('content-type', contentType).send(body);
  });
}

// The one place where something thrown becomes an answer. Causes go to the log; the answer names only what the sender can
// act on.
function answerError(
  log: Log,
  error: unknown,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): FastifyReply {
  const refusal = refusalOf(error);
  if (refusal.code === 'BUG' || refusal.code === 'NOT_READY') {
    const route = request.routeOptions.url ?? '';
    log.error({ code: refusal.code, route, err: errorText(error) }, 'request failed');
  }
  return refuse(reply, refusal.code, refusal.message);
}

function refusalOf(error: unknown): { readonly code: RefusalOfRequest; readonly message: string } {
  if (error instanceof AutoHealError) {
    if (error.code === 'PAYLOAD_INVALID') return { code: 'PAYLOAD_INVALID', message: error.message };
    if (error.retryable)
      return { code: 'NOT_READY', message: 'the journal or the store cannot be used now: try again' };
    return { code: 'BUG', message: 'AutoHeal failed: see its log' };
  }
  switch (statusOf(error)) {
    case undefined:
      return { code: 'BUG', message: 'AutoHeal failed: see its log' };
    case 413:
      return { code: 'PAYLOAD_TOO_LARGE', message: 'the body is too large: raise the body limit of AutoHeal' };
    case 415:
      return {
        code: 'UNSUPPORTED_MEDIA_TYPE',
        message: 'the Content-Type header cannot be read: use application/json',
      };
    default:
      return { code: 'PAYLOAD_INVALID', message: 'the request cannot be read' };
  }
}

// Fastify's own errors, and those of a body that broke off, carry the status that they mean.
function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  const { statusCode } = error;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}

// What is not even a request. Node would answer 408 to a slow one, which Alertmanager does not send again soon; 503 it does.
function answerBrokenRequest(error: Error & { readonly code: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    socket.end(rawAnswer('503 Service Unavailable', refusalBody('NOT_READY', 'the request came too slowly')));
  } else if (error.code === 'HPE_HEADER_OVERFLOW') {
    socket.end(rawAnswer('431 Request Header Fields Too Large', refusalBody('PAYLOAD_TOO_LARGE', 'headers too large')));
  } else {
    socket.end(rawAnswer('400 Bad Request', refusalBody('PAYLOAD_INVALID', 'this is not HTTP')));
  }
  socket.destroySoon();
}

function rawAnswer(status: string, body: string): string {
  const length = Buffer.byteLength(body);
  return `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n${body}`;
}
