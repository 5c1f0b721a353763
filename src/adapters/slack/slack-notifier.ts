import type { ChatPostMessageArguments, ChatPostMessageResponse } from '@slack/web-api';
import type { Incident } from '../../domain/incident.ts';
import type { LinkBases } from '../../notify/links.ts';
import { describeIncident, type Message } from '../../notify/message.ts';
import { milestone, milestoneKey } from '../../notify/milestone.ts';
import type { Log } from '../../ports/log.ts';
import type { DeliveryAnswer, Notifier, ThreadState } from '../../ports/notifier.ts';
import { replyBody, rootBody, type SlackBody } from './slack-blocks.ts';
import { makeSlackClient } from './slack-client.ts';
import { platformErrorOf, slackFailure } from './slack-failure.ts';

export interface SlackOptions extends LinkBases {
  /** Bot token with `chat:write`. */
  readonly token: string;
  /** Channel id. */
  readonly channel: string;
  readonly apiUrl?: string;
  /** For each call. */
  readonly timeoutMs: number;
  readonly log: Log;
}

interface Root {
  readonly channel: string;
  readonly ts: string;
}

/** Answers to an edit that mean the message is gone or fixed for good, so that a new one has to be posted. */
const NOT_EDITABLE: ReadonlySet<string | undefined> = new Set([
  'message_not_found',
  'cant_update_message',
  'edit_window_closed',
]);

/**
 * One message per incident in one channel: posted first, then edited in place, with a reply in its thread for each milestone
 * after the first. A reply that a person has to act on is shown in the channel too. The thread state holds the channel, the
 * `ts` of the message and the last milestone that was told; a retry after a half-done delivery edits again and then replies.
 *
 * Tries each call once: the outbox tries again.
 */
export function makeSlackNotifier(options: SlackOptions): Notifier {
  const client = makeSlackClient(options);

  async function deliver(incident: Incident, thread: ThreadState | undefined): Promise<DeliveryAnswer> {
    const message = describeIncident(incident, options);
    const told = milestoneKey(incident) ?? thread?.['lastMilestone'] ?? '';
    try {
      const known = rootOf(thread);
      if (known === undefined || !(await edited(known, message))) {
        return { kind: 'sent', thread: { ...(await post(message)), lastMilestone: told } };
      }
      if (milestone(incident) !== 'opened' && told !== thread?.['lastMilestone']) await reply(known, message);
      return { kind: 'sent', thread: { ...known, lastMilestone: told } };
    } catch (error) {
      return slackFailure(error);
    }
  }

  async function post(message: Message): Promise<Root> {
    const { ts, channel } = await send({ channel: options.channel, ...rootBody(message) });
    if (ts === undefined) throw new Error('Slack posted a message without a ts');
    return { channel: channel ?? options.channel, ts };
  }

  /** Whether the message could be edited; false when it is gone. */
  async function edited(root: Root, message: Message): Promise<boolean> {
    try {
      await client.chat.update({ ...root, ...rootBody(message), ...LITERAL });
      return true;
    } catch (error) {
      if (NOT_EDITABLE.has(platformErrorOf(error))) return false;
      throw error;
    }
  }

  async function reply(root: Root, message: Message): Promise<void> {
    const place = { channel: root.channel, thread_ts: root.ts, reply_broadcast: message.needsPerson };
    await send({ ...place, ...replyBody(message) });
  }

  function send(
    message: SlackBody & { readonly channel: string; readonly thread_ts?: string; readonly reply_broadcast?: boolean },
  ): Promise<ChatPostMessageResponse> {
    const args = { ...message, ...LITERAL, unfurl_links: false, unfurl_media: false };
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a method of Slack's API, not of a window
    return client.chat.postMessage(args as ChatPostMessageArguments); // The SDK's type is a union that a spread cannot match.
  }

  return { channel: 'slack', deliver };
}

/** Slack is not to look for links and names in the text by itself. */
const LITERAL = { parse: 'none', link_names: false } as const;

function rootOf(thread: ThreadState | undefined): Root | undefined {
  const { channel = '', ts = '' } = thread ?? {};
  return channel === '' || ts === '' ? undefined : { channel, ts };
}
