import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { listen, type Listening, type ListenOptions } from '../listen.ts';
import type { ApiAnswer, ApiDeps, ApiRequest, HandleRequest } from './context.ts';
import { makeApi } from './handle.ts';
import { errorText } from '../../domain/errors.ts';
import { type BodyAnswer, failure } from './status.ts';
import type { WatchAnswer } from './watch-answer.ts';

export interface ApiServerDeps extends ApiDeps, ListenOptions {
  /** Stands between the requests and the API, e.g. to make it fail or be slow. May answer later. */
  readonly wrap?: (handle: HandleRequest) => (request: ApiRequest) => ApiAnswer | Promise<ApiAnswer>;
}

/** `close` ends every watch, too. */
export type ApiServer = Listening;

/** Source: apiserver `MaxRequestBodyBytes`. */
const MAX_BODY_BYTES = 3 * 1024 * 1024;
/** A watcher that lets this much pile up is cut off and has to begin again. */
const MAX_UNSENT_BYTES = 16 * 1024 * 1024;
const BOOKMARK_EVERY_MS = 60_000;
const MAX_WATCH_SECONDS = 86_400;

/** Serves the API over HTTP. Rejects when the port is taken. */
export async function startApiServer(deps: ApiServerDeps): Promise<ApiServer> {
  const handle = makeApi(deps);
  const answer = deps.wrap?.(handle) ?? handle;
  const server = createServer((incoming, outgoing) => {
    serve(answer, incoming, outgoing).catch((error: unknown) => fail(outgoing, error));
  });
  return listen(server, deps);
}

type Answering = (request: ApiRequest) => ApiAnswer | Promise<ApiAnswer>;

async function serve(answer: Answering, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = await readBody(incoming);
  if (body === undefined) {
    const message = `Request entity too large: limit is ${MAX_BODY_BYTES}`;
    send(outgoing, failure({ status: 413, reason: 'RequestEntityTooLarge', message }));
    return;
  }
  const given = await answer(requestOf(incoming, body));
  if (outgoing.destroyed) {
    return;
  }
  if ('watch' in given) {
    stream(outgoing, given);
  } else {
    send(outgoing, given);
  }
}

/** The body as text; undefined when it is too large. */
async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // The connection has to live on for the answer, also when the rest of the body is not read.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    // A request without an encoding yields Buffers.
    const part = chunk as Buffer;
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) {
      incoming.resume();
      return undefined;
    }
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString();
}

function requestOf(incoming: IncomingMessage, body: string): ApiRequest {
  const token = /^Bearer (.+)$/i.exec(incoming.headers.authorization ?? '')?.[1];
  return {
    method: incoming.method ?? 'GET',
    path: incoming.url ?? '/',
    contentType: incoming.headers['content-type'],
    body,
    token,
  };
}

function send(outgoing: ServerResponse, answer: BodyAnswer): void {
  const isText = typeof answer.body === 'string';
  const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
  const contentType = isText ? 'text/plain' : 'application/json';
  outgoing.writeHead(answer.status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(text),
    ...answer.headers,
  });
  outgoing.end(text);
}

function fail(outgoing: ServerResponse, error: unknown): void {
  if (outgoing.headersSent) {
    outgoing.destroy();
    return;
  }
  send(outgoing, failure({ status: 500, reason: 'InternalError', message: `Internal error: ${errorText(error)}` }));
}

function stream(outgoing: ServerResponse, { watch }: WatchAnswer): void {
  outgoing.writeHead(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
  outgoing.flushHeaders();
  const running = watch.start(
    (event) => {
      if (outgoing.writableEnded || outgoing.destroyed) {
        return;
      }
      outgoing.write(`${JSON.stringify(event)}\n`);
      if (outgoing.writableLength > MAX_UNSENT_BYTES) {
        outgoing.destroy();
      }
    },
    () => outgoing.end(),
  );
  const bookmarks = setInterval(() => running.bookmark(), BOOKMARK_EVERY_MS);
  const timeout = setTimeout(
    () => {
      running.bookmark();
      outgoing.end();
    },
    Math.min(watch.timeoutSeconds, MAX_WATCH_SECONDS) * 1_000,
  );
  outgoing.once('close', () => {
    clearInterval(bookmarks);
    clearTimeout(timeout);
    running.stop();
  });
}
