import type { KubeConfig } from '@kubernetes/client-node';
import { request, type Dispatcher } from 'undici';
import { AutoHealError, errorText, type ErrorCode } from '../../domain/errors.ts';
import { makeAccess, type Access } from './dispatchers.ts';

export interface ApiCall {
  readonly method: 'GET' | 'PATCH' | 'POST' | 'DELETE';
  /** Below the server's address, encoded, without a query. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly body?: unknown;
  /** The answer is cut off behind so many bytes. */
  readonly maxBytes: number;
}

export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
  /** Whether the answer was longer than `maxBytes`. */
  readonly cut: boolean;
  /** The `date` header as it came, for those who compare clocks. */
  readonly date?: string;
}

/** A call that has no answer. `sent` is false only where it is certain that the server never saw the request. */
export class TransportError extends AutoHealError {
  readonly sent: boolean;

  constructor(code: ErrorCode, message: string, options: { readonly cause: unknown; readonly sent: boolean }) {
    super(code, message, { cause: options.cause });
    this.sent = options.sent;
  }
}

export type Transport = (call: ApiCall) => Promise<ApiAnswer>;

export interface TransportOptions {
  readonly config: KubeConfig;
  /** For the whole call: credentials, connection, request and answer. */
  readonly timeoutMs: number;
}

/**
 * Sends one request and reads its answer, whatever its status is. Never sends twice and follows no redirect.
 *
 * @throws TransportError when there is no answer.
 */
export function makeTransport({ config, timeoutMs }: TransportOptions): Transport {
  const server = (config.getCurrentCluster()?.server ?? '').replace(/\/+$/, '');
  // Half of the time for connecting, so that a server that does not answer is told from an answer that was lost.
  const access = makeAccess(config, timeoutMs / 2);

  return async (call) => {
    const deadline = AbortSignal.timeout(timeoutMs);
    const given = await withCredentials(access, deadline, timeoutMs);
    try {
      return await exchange(call, { given, server, deadline });
    } catch (error) {
      throw transportError(call, error, { timedOut: deadline.aborted, timeoutMs });
    }
  };
}

/** Credentials may come from a program that hangs; the request itself is not sent then. */
async function withCredentials(
  access: () => Promise<Access>,
  deadline: AbortSignal,
  timeoutMs: number,
): Promise<Access> {
  let giveUp: (() => void) | undefined;
  const timedOut = new Promise<never>((_, reject) => {
    giveUp = () => {
      const message = `kubernetes: the credentials were not ready within ${timeoutMs} ms`;
      reject(new TransportError('PORT_TIMEOUT', message, { cause: undefined, sent: false }));
    };
    deadline.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([access(), timedOut]);
  } catch (error) {
    if (error instanceof TransportError) throw error;
    const message = `kubernetes: no credentials: ${errorText(error)}`;
    throw new TransportError('PORT_AUTH', message, { cause: error, sent: false });
  } finally {
    if (giveUp !== undefined) deadline.removeEventListener('abort', giveUp);
  }
}

async function exchange(
  call: ApiCall,
  by: { readonly given: Access; readonly server: string; readonly deadline: AbortSignal },
): Promise<ApiAnswer> {
  const { given, server, deadline } = by;
  const query = new URLSearchParams(call.query).toString();
  const response = await request(`${server}${call.path}${query === '' ? '' : `?${query}`}`, {
    method: call.method,
    dispatcher: call.method === 'GET' ? given.forReads : given.forWrites,
    headers: {
      ...given.headers,
      accept: 'application/json',
      'user-agent': 'autoheal',
      ...(call.contentType === undefined ? {} : { 'content-type': call.contentType }),
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    signal: deadline,
  });
  const { date } = response.headers;
  return {
    status: response.statusCode,
    ...(await readUpTo(response.body, call.maxBytes)),
    ...(typeof date === 'string' && { date }),
  };
}

async function readUpTo(
  body: Dispatcher.ResponseData['body'],
  maxBytes: number,
): Promise<{ readonly text: string; readonly cut: boolean }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    const part = Buffer.from(chunk); // Response bodies are streams of bytes.
    bytes += part.length;
    chunks.push(part);
    if (bytes > maxBytes) break; // Ends the stream and its connection with it.
  }
  const read = Buffer.concat(chunks);
  return { text: read.subarray(0, maxBytes).toString(), cut: read.length > maxBytes };
}

/** Errors of a connection that never was: not a byte of the request was sent. */
const NEVER_CONNECTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

const TIMEOUTS: ReadonlySet<string> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);

function transportError(
  call: ApiCall,
  error: unknown,
  how: { readonly timedOut: boolean; readonly timeoutMs: number },
): TransportError {
  const code = codeOf(error);
  const sent = !NEVER_CONNECTED.has(code);
  const what = `kubernetes: ${call.method} ${call.path}`;
  if (how.timedOut || TIMEOUTS.has(code)) {
    return new TransportError('PORT_TIMEOUT', `${what}: no answer within ${how.timeoutMs} ms`, { cause: error, sent });
  }
  return new TransportError('PORT_UNREACHABLE', `${what}: ${errorText(error)}`, { cause: error, sent });
}

/** The `code` of an error of Node or undici, of the first one where several addresses were tried; empty without one. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if ('errors' in error && Array.isArray(error.errors)) return codeOf(error.errors[0]);
  return 'cause' in error ? codeOf(error.cause) : '';
}
