import type { FastifyReply } from 'fastify';

/** Everything that is not a success, by its stable code. */
const REFUSALS = {
  PAYLOAD_INVALID: 400,
  UNAUTHORIZED: 401,
  CROSS_ORIGIN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  NOT_WAITING: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  NOT_READY: 503,
  BUG: 500,
} as const;

export type RefusalOfRequest = keyof typeof REFUSALS;

const MESSAGE_LENGTH = 160;

/**
 * Answers a request with an error. The body stays under 300 bytes, because Alertmanager copies it into its log, and it must
 * hold nothing that was sent. 503 asks for another try in a second; Alertmanager's own back-off is about that long.
 */
export function refuse(reply: FastifyReply, code: RefusalOfRequest, message: string): FastifyReply {
  if (code === 'NOT_READY') reply.header('retry-after', '1');
  return reply.code(REFUSALS[code]).headers(JSON_HEADERS).send(refusalBody(code, message));
}

export function refusalBody(code: RefusalOfRequest, message: string): string {
  return JSON.stringify({ status: 'error', code, message: message.slice(0, MESSAGE_LENGTH) });
}

/** Answers with a value as JSON. Not to be sniffed as anything else: labels and logs in it are untrusted text. */
export function answerJson(reply: FastifyReply, status: number, value: unknown): FastifyReply {
  return reply.code(status).headers(JSON_HEADERS).send(JSON.stringify(value));
}

export const JSON_HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const;
