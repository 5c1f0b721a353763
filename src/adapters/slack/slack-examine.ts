import { errorText } from '../../domain/errors.ts';
import type { Log } from '../../ports/log.ts';
import { makeSlackClient } from './slack-client.ts';
import { platformErrorOf, slackFailure } from './slack-failure.ts';

/** What was found, or why it could not be: `detail` says what a person can do. */
export type SlackAnswer<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'failed'; readonly detail: string; readonly code: string };

export interface SlackIdentity {
  readonly user: string;
  readonly team: string;
  /** What the token may do, where Slack says so. */
  readonly scopes?: readonly string[];
}

export interface SlackChannel {
  readonly name: string;
  readonly isMember: boolean;
  readonly isArchived: boolean;
}

/** Looks at a workspace without posting anything, unless it is told to. Never throws. */
export interface SlackExaminer {
  identity(): Promise<SlackAnswer<SlackIdentity>>;
  /** Needs the scope `channels:read` (`groups:read` for a private channel): the code is `missing_scope` without it. */
  channel(): Promise<SlackAnswer<SlackChannel>>;
  post(text: string): Promise<SlackAnswer<undefined>>;
}

export function makeSlackExaminer(options: {
  readonly token: string;
  readonly channel: string;
  readonly apiUrl?: string;
  readonly timeoutMs: number;
  readonly log: Log;
}): SlackExaminer {
  const client = makeSlackClient(options);
  const { channel } = options;
  return {
    identity: () =>
      answered(async () => {
        const { user = '', team = '', response_metadata: metadata } = await client.auth.test();
        const scopes = metadata?.scopes;
        return { user, team, ...(scopes === undefined ? {} : { scopes }) };
      }),
    channel: () =>
      answered(async () => {
        const { channel: found } = await client.conversations.info({ channel });
        const { name = channel, is_member: isMember = false, is_archived: isArchived = false } = found ?? {};
        return { name, isMember, isArchived };
      }),
    post: (text) =>
      answered(async () => {
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a method of Slack's API, not of a window
        await client.chat.postMessage({ channel, text });
        return undefined;
      }),
  };
}

async function answered<T>(ask: () => Promise<T>): Promise<SlackAnswer<T>> {
  try {
    return { kind: 'ok', value: await ask() };
  } catch (error) {
    const failure = slackFailure(error);
    return { kind: 'failed', detail: failure.detail || errorText(error), code: platformErrorOf(error) ?? '' };
  }
}
