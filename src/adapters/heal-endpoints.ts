import { request, type Dispatcher } from 'undici';
import { errorText } from '../domain/errors.ts';
import type { EndpointAnswer, Endpoints } from '../ports/endpoints.ts';

export interface HealEndpointsOptions {
  /** For the whole call, answer included. */
  readonly timeoutMs: number;
  /** Where connections go, instead of to the address that the cluster's DNS gives; for tests on loopback. */
  readonly dispatcher?: Dispatcher;
}

const MAX_BODY_BYTES = 4 * 1024;

/** The name of a Service inside the cluster, and nothing else: no address, no name of the outside world. */
const SERVICE_HOST = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?\.[a-z0-9]([-a-z0-9]*[a-z0-9])?\.svc$/;

/** Failures before anything was sent. */
const NOT_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * Calls of workloads' heal endpoints over HTTP. Redirects are not followed, answers are cut off at 4 KiB and never believed:
 * they are text for people.
 */
export function makeHealEndpoints({ timeoutMs, dispatcher }: HealEndpointsOptions): Endpoints {
  return {
    async call({ method, url }, actionId): Promise<EndpointAnswer> {
      const where = serviceUrl(url);
      if (where === undefined) {
        return { kind: 'refused', status: 0, message: `${url} is no address of a Service of the cluster` };
      }
      try {
        const answer = await request(where, {
          method,
          headers: { 'content-type': 'application/json', 'idempotency-key': actionId, 'user-agent': 'autoheal' },
          body: '{}',
          signal: AbortSignal.timeout(timeoutMs),
          headersTimeout: timeoutMs,
          bodyTimeout: timeoutMs,
          ...(dispatcher === undefined ? {} : { dispatcher }),
        });
        return answerOf(answer.statusCode, await firstBytes(answer.body), url);
      } catch (error) {
        const message = `${url}: ${errorText(error)}`;
        return wasNotSent(error) ? { kind: 'refused', status: 0, message } : { kind: 'maybe', message };
      }
    },
  };
}

function serviceUrl(url: string): URL | undefined {
  if (!URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  const plain = parsed.username === '' && parsed.password === '' && parsed.search === '' && parsed.hash === '';
  return parsed.protocol === 'http:' && plain && SERVICE_HOST.test(parsed.hostname) ? parsed : undefined;
}

function answerOf(status: number, body: string, url: string): EndpointAnswer {
  if (status >= 200 && status < 300) return { kind: 'ok', status, body };
  const redirect = status >= 300 && status < 400 ? ', a redirect, which is not followed' : '';
  return { kind: 'refused', status, message: `${url} answered ${status}${redirect}: ${body}` };
}

/** What of the body fits; the rest is not read. An answer that breaks off has its status all the same. */
async function firstBytes(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      // undici's bodies are read as buffers.
      chunks.push(chunk);
      size += chunk.length;
      if (size >= MAX_BODY_BYTES) break;
    }
  } catch {
    // The status came, and that is what counts.
  }
  return Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString('utf8');
}

function wasNotSent(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && NOT_SENT.has(String(error.code));
}
