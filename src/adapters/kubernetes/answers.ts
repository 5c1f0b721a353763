import { AutoHealError, type ErrorCode } from '../../domain/errors.ts';
import type { WriteAnswer } from '../../ports/cluster.ts';
import { neededRule, type Verb } from './access.ts';
import type { ApiAnswer } from './transport.ts';

/** What is read of a `Status` object, which the API server sends with every failure. */
interface Status {
  readonly message?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
}

/** A request as failures name it. */
export interface Asked {
  readonly verb: Verb;
  readonly path: string;
}

/** The error of an answer that is not a success. */
export function errorOf(answer: ApiAnswer, asked: Asked): AutoHealError {
  const message = `kubernetes: ${asked.verb} ${asked.path} was answered ${answer.status}: ${messageOf(answer, asked)}`;
  return new AutoHealError(errorCodeOf(answer.status), message, { context: { status: answer.status, ...asked } });
}

function errorCodeOf(status: number): ErrorCode {
  if (status === 401 || status === 403) return 'PORT_AUTH';
  if (status === 429) return 'PORT_RATE_LIMITED';
  return status >= 500 ? 'PORT_SERVER' : 'PORT_CLIENT';
}

/** What an answer to a write means. 5xx says nothing about whether it was done. */
export function writeAnswerOf(answer: ApiAnswer, asked: Asked): WriteAnswer {
  const { status } = answer;
  if (status >= 200 && status < 300) return { kind: 'ok', object: parsedOrUndefined(answer) };
  const message = messageOf(answer, asked);
  if (status >= 500) return { kind: 'maybe', message: `the API server answered ${status}: ${message}` };
  return { kind: 'refused', code: refusalCodeOf(answer), status, message };
}

type RefusalCode = Extract<WriteAnswer, { kind: 'refused' }>['code'];

const REFUSALS: Readonly<Record<number, RefusalCode>> = {
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  422: 'INVALID',
  429: 'RATE_LIMITED',
};

function refusalCodeOf(answer: ApiAnswer): RefusalCode {
  const causes = statusOf(answer).details?.causes ?? [];
  if (answer.status === 429 && causes.some(({ reason }) => reason === 'DisruptionBudget')) return 'BUDGET';
  if (isTooLarge(answer)) return 'INVALID';
  return REFUSALS[answer.status] ?? 'OTHER';
}

/** A resize beyond what its node has is answered 403 as well, although no right is missing. */
function isTooLarge(answer: ApiAnswer): boolean {
  const causes = statusOf(answer).details?.causes ?? [];
  return answer.status === 403 && causes.some(({ reason }) => reason === 'NodeCapacity');
}

/** The server's own words; the causes where they say more, and the missing rule where a right is missing. */
function messageOf(answer: ApiAnswer, asked: Asked): string {
  const { message, details } = statusOf(answer);
  const said = message ?? excerpt(answer.text);
  const causes = (details?.causes ?? []).flatMap((cause) => (cause.message === undefined ? [] : [cause.message]));
  const more = answer.status === 429 && causes.length > 0 ? ` (${causes.join('; ')})` : '';
  const rule =
    answer.status === 403 && !isTooLarge(answer) ? ` (the rule for it: ${neededRule(asked.verb, asked.path)})` : '';
  return `${said === '' ? 'no message' : said}${more}${rule}`;
}

/** The Status of an answer; without fields where the body is something else, such as a proxy's page. */
function statusOf(answer: ApiAnswer): Status {
  const body = parsedOrUndefined(answer);
  if (typeof body !== 'object' || body === null || !('kind' in body) || body.kind !== 'Status') return {};
  const message = 'message' in body && typeof body.message === 'string' ? { message: body.message } : {};
  const details = 'details' in body ? { details: { causes: causesOf(body.details) } } : {};
  return { ...message, ...details };
}

function causesOf(details: unknown): readonly { readonly reason?: string; readonly message?: string }[] {
  if (typeof details !== 'object' || details === null || !('causes' in details)) return [];
  const causes: readonly unknown[] = Array.isArray(details.causes) ? details.causes : [];
  return causes.map((cause) => {
    if (typeof cause !== 'object' || cause === null) return {};
    const reason = 'reason' in cause && typeof cause.reason === 'string' ? { reason: cause.reason } : {};
    return 'message' in cause && typeof cause.message === 'string' ? { ...reason, message: cause.message } : reason;
  });
}

const EXCERPT_LENGTH = 300;

function excerpt(text: string): string {
  return text.trim().slice(0, EXCERPT_LENGTH);
}

function parsedOrUndefined(answer: ApiAnswer): unknown {
  if (answer.cut) return undefined;
  try {
    return JSON.parse(answer.text);
  } catch {
    return undefined;
  }
}

/**
 * The JSON object of a successful answer.
 *
 * @throws AutoHealError `PORT_SERVER` when the answer is no JSON object or is longer than may be held.
 */
export function objectOf(answer: ApiAnswer, asked: Asked): object {
  const body = parsedOrUndefined(answer);
  if (typeof body === 'object' && body !== null) return body;
  const why = answer.cut ? 'is longer than AutoHeal holds in memory' : 'is no JSON object';
  throw new AutoHealError('PORT_SERVER', `kubernetes: the answer to ${asked.verb} ${asked.path} ${why}`, {
    retryable: false,
  });
}
