import { request } from 'undici';
import { AutoHealError, errorText } from '../../domain/errors.ts';
import type { ErrorCode } from '../../domain/errors.ts';

export interface BoundedRequest {
  /** For error messages: `prometheus`, `alertmanager`. */
  readonly port: string;
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For everything: connecting, the second try, and the last byte of the answer. */
  readonly timeoutMs: number;
  /** Bytes of the answer that are read at most. */
  readonly maxBytes: number;
}

export interface BoundedAnswer {
  readonly status: number;
  readonly text: string;
}

/** Codes of Node and undici for a connection that could not be made or broke. The request is safe to repeat then. */
const CONNECTION_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * The answer to one read, whatever its status. A connection that fails is tried once more within the same time-out;
 * nothing else is. Redirects are not followed.
 *
 * @throws AutoHealError `PORT_TIMEOUT`, `PORT_UNREACHABLE`, `PORT_SERVER` for an answer that is too long.
 */
export async function boundedRequest(options: BoundedRequest): Promise<BoundedAnswer> {
  const signal = AbortSignal.timeout(options.timeoutMs);
  try {
    return await once(options, signal);
  } catch (error) {
    if (error instanceof AutoHealError) throw error;
    if (signal.aborted || !isConnectionError(error)) throw failure(error, options, signal.aborted);
  }
  try {
    return await once(options, signal);
  } catch (error) {
    throw error instanceof AutoHealError ? error : failure(error, options, signal.aborted);
  }
}

async function once(options: BoundedRequest, signal: AbortSignal): Promise<BoundedAnswer> {
  const { statusCode, body } = await request(options.url, {
    method: options.method,
    ...(options.headers === undefined ? {} : { headers: { ...options.headers } }),
    ...(options.body === undefined ? {} : { body: options.body }),
    signal,
    headersTimeout: options.timeoutMs,
    bodyTimeout: options.timeoutMs,
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    const part = Buffer.from(chunk as Uint8Array); // undici yields bytes unless an encoding is set.
    bytes += part.length;
    // Leaving the loop destroys the body, and with it the connection.
    if (bytes > options.maxBytes) {
      throw new AutoHealError('PORT_SERVER', `${options.port}: the answer is longer than ${options.maxBytes} bytes`, {
        retryable: false,
      });
    }
    chunks.push(part);
  }
  return { status: statusCode, text: Buffer.concat(chunks).toString('utf8') };
}

function isConnectionError(error: unknown): boolean {
  return CONNECTION_CODES.has(codeOf(error));
}

/** The code of an error; of the first of several where Node tried more than one address. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'errors' in error && Array.isArray(error.errors) ? codeOf(error.errors[0]) : '';
}

function failure(error: unknown, { port, timeoutMs, url }: BoundedRequest, late: boolean): AutoHealError {
  // Host and port only: the rest of an address may hold credentials.
  const context = { host: url.host };
  if (late) {
    return new AutoHealError('PORT_TIMEOUT', `${port}: timed out after ${timeoutMs} ms`, { cause: error, context });
  }
  const code = codeOf(error);
  const what = code === '' ? errorText(error) : code;
  return new AutoHealError('PORT_UNREACHABLE', `${port}: cannot be reached (${what})`, { cause: error, context });
}

/** The error code of a status that is not a success. */
export function codeOfStatus(status: number): ErrorCode {
  if (status === 401 || status === 403) return 'PORT_AUTH';
  if (status === 429) return 'PORT_RATE_LIMITED';
  if (status === 408 || status === 504) return 'PORT_TIMEOUT';
  return status >= 500 ? 'PORT_SERVER' : 'PORT_CLIENT';
}

/** The value of a JSON text. @throws AutoHealError `PORT_SERVER` for what is none. */
export function parseJson(text: string, port: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AutoHealError('PORT_SERVER', `${port}: the answer is not JSON`, { cause: error });
  }
}

/** `path` below an address that may itself have a path. */
export function below(address: string, path: string): URL {
  const url = new URL(address);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}${path}`;
  return url;
}
