import { errorText } from '../../domain/errors.ts';
import type { DeliveryAnswer, NotifyFailure } from '../../ports/notifier.ts';

type Failure = Exclude<DeliveryAnswer, { readonly kind: 'sent' }>;

/** Replies that ask for other credentials, or for any. Source: RFC 4954, section 6. */
const AUTH_REPLIES: ReadonlySet<number> = new Set([530, 534, 535, 538]);
const AUTH_ADVICE = 'check notify.email.user and notify.email.password';
const TLS_ADVICE = 'the server must offer STARTTLS with a valid certificate, or set notify.email.secure or requireTls';

/**
 * What a failed sending means: a 4xx reply, a lost connection or a time-out is tried again, a 5xx reply or an address that
 * cannot be one is not. Source: RFC 5321, 4.2.1.
 */
export function emailFailure(error: unknown): Failure {
  const { code, responseCode } = fieldsOf(error);
  const detail = code === 'ETLS' ? `${errorText(error)}: ${TLS_ADVICE}` : errorText(error);
  if (responseCode >= 400 && responseCode < 500) return { kind: 'retry', reason: 'server', detail };
  if (AUTH_REPLIES.has(responseCode) || code === 'EAUTH') {
    return { kind: 'failed', reason: 'auth', detail: `${detail}: ${AUTH_ADVICE}` };
  }
  if (responseCode >= 500 || code === 'EENVELOPE') return { kind: 'failed', reason: 'client', detail };
  return { kind: 'retry', reason: WITHOUT_REPLY[code] ?? 'server', detail };
}

/** Failures in which the server did not get to say anything. */
const WITHOUT_REPLY: Readonly<Record<string, NotifyFailure>> = {
  ETIMEDOUT: 'timeout',
  ETLS: 'unreachable',
  ECONNECTION: 'unreachable',
  ESOCKET: 'unreachable',
  EDNS: 'unreachable',
};

function fieldsOf(error: unknown): { readonly code: string; readonly responseCode: number } {
  if (typeof error !== 'object' || error === null) return { code: '', responseCode: 0 };
  const { code, responseCode }: { readonly code?: unknown; readonly responseCode?: unknown } = error;
  return {
    code: typeof code === 'string' ? code : '',
    responseCode: typeof responseCode === 'number' ? responseCode : 0,
  };
}
