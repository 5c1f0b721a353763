import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api';
import { AutoHealError, errorText } from '../../domain/errors.ts';
import type { DeliveryAnswer, NotifyFailure } from '../../ports/notifier.ts';

type Failure = Exclude<DeliveryAnswer, { readonly kind: 'sent' }>;

/** Slack's errors that pass by themselves. */
const PASSING: Readonly<Record<string, NotifyFailure>> = {
  internal_error: 'server',
  fatal_error: 'server',
  service_unavailable: 'server',
  team_added_to_org: 'server',
  request_timeout: 'timeout',
  ratelimited: 'rate-limited',
  rate_limited: 'rate-limited',
  message_limit_exceeded: 'rate-limited',
  accesslimited: 'rate-limited',
};

const AUTH = 'check notify.slack.token: it must be a valid bot token (xoxb-)';
const SCOPE = 'add the scope chat:write to the Slack app and install it again';
const CHANNEL = 'check notify.slack.channel: it must be the id of an existing channel (C...)';
const MEMBER = 'invite the app to the channel: /invite @<app>';

/** Slack's errors about who asks, and what a person does about each. */
const AUTH_ADVICE: Readonly<Record<string, string>> = {
  invalid_auth: AUTH,
  not_authed: AUTH,
  not_allowed_token_type: AUTH,
  token_revoked: AUTH,
  token_expired: AUTH,
  account_inactive: AUTH,
  access_denied: AUTH,
  org_login_required: AUTH,
  ekm_access_denied: AUTH,
  missing_scope: SCOPE,
  no_permission: SCOPE,
};

const CLIENT_ADVICE: Readonly<Record<string, string>> = {
  channel_not_found: `${CHANNEL}; a private one needs the app in it`,
  not_in_channel: MEMBER,
  is_archived: CHANNEL,
  restricted_action: 'allow the app to post in the channel',
};

/** What a failed call means for the delivery: whether to try again, why it failed, and what a person can do. */
export function slackFailure(error: unknown): Failure {
  if (error instanceof WebAPIRateLimitedError) {
    const retryAfterMs = error.retryAfter * 1000;
    return { kind: 'retry', reason: 'rate-limited', detail: 'Slack limits the rate', retryAfterMs };
  }
  if (error instanceof WebAPIPlatformError) return platformFailure(error.data.error);
  if (error instanceof WebAPIHTTPError) return httpFailure(error.statusCode);
  if (error instanceof WebAPIRequestError) return transportFailure(error.original);
  return { kind: 'retry', reason: 'server', detail: `Slack could not be asked: ${errorText(error)}` };
}

/** The `error` of an answer with `ok: false`; undefined for any other failure. */
export function platformErrorOf(error: unknown): string | undefined {
  return error instanceof WebAPIPlatformError ? error.data.error : undefined;
}

function platformFailure(code: string): Failure {
  // The client puts what is not JSON here, such as the error page of a proxy.
  if (!/^[\w-]{1,100}$/.test(code)) return { kind: 'retry', reason: 'server', detail: 'the answer is not from Slack' };
  const passing = PASSING[code];
  if (passing !== undefined) return { kind: 'retry', reason: passing, detail: code };
  const auth = AUTH_ADVICE[code];
  if (auth !== undefined) return { kind: 'failed', reason: 'auth', detail: `${code}: ${auth}` };
  const advice = CLIENT_ADVICE[code];
  return { kind: 'failed', reason: 'client', detail: advice === undefined ? code : `${code}: ${advice}` };
}

function httpFailure(status: number): Failure {
  const detail = `HTTP ${status}`;
  if (status === 408) return { kind: 'retry', reason: 'timeout', detail };
  if (status >= 500) return { kind: 'retry', reason: 'server', detail };
  if (status === 401 || status === 403 || status === 407) return { kind: 'failed', reason: 'auth', detail };
  return { kind: 'failed', reason: 'client', detail: `${detail}: check notify.slack.apiUrl` };
}

function transportFailure(error: Error): Failure {
  const code = error instanceof AutoHealError ? error.code : undefined;
  if (code === 'PORT_TIMEOUT') return { kind: 'retry', reason: 'timeout', detail: error.message };
  if (code === 'PORT_SERVER') return { kind: 'retry', reason: 'server', detail: error.message };
  return { kind: 'retry', reason: 'unreachable', detail: error.message };
}
