import type { Incident } from '../../domain/incident.ts';
import type { Message } from '../../notify/message.ts';
import { plainText } from '../../notify/text.ts';
import type { ThreadState } from '../../ports/notifier.ts';

/** Where an e-mail stands in the thread of its incident. */
export interface EmailPlace {
  /** With angle brackets. */
  readonly messageId: string;
  readonly subject: string;
  /** Message-IDs of the first e-mail and the last one; absent for the first itself. */
  readonly replyTo?: { readonly root: string; readonly references: readonly string[] };
  /** What to remember once it is sent. */
  readonly thread: ThreadState;
}

const MAX_SUBJECT = 150;

/**
 * Where the e-mail about a milestone belongs. Its Message-ID is made from the incident and the milestone alone, so that one
 * that is sent again after a crash has the same. The subject stays that of the first, as some programs thread by it.
 */
export function placeOf(
  incident: Incident,
  about: { readonly milestone: string; readonly message: Message; readonly domain: string },
  thread: ThreadState | undefined,
): EmailPlace {
  const messageId = `<${idPart(incident.id)}.${idPart(about.milestone)}@${about.domain}>`;
  const { root = '', last = root, subject = '' } = thread ?? {};
  if (root === '' || subject === '') {
    const own = plainText(`[AutoHeal] ${about.message.title}`, MAX_SUBJECT);
    return {
      messageId,
      subject: own,
      thread: { root: messageId, last: messageId, subject: own, milestone: about.milestone },
    };
  }
  return {
    messageId,
    subject: `Re: ${plainText(subject, MAX_SUBJECT)}`,
    replyTo: { root, references: root === last ? [root] : [root, last] },
    thread: { root, last: messageId, subject, milestone: about.milestone },
  };
}

/** The domain of an address such as `AutoHeal <autoheal@example.com>`, for Message-IDs. */
export function domainOf(address: string): string {
  const [, domain = 'autoheal.invalid'] = /@([\w.-]+)>?\s*$/.exec(address) ?? [];
  return domain;
}

/** Only what may stand in a Message-ID unquoted. */
function idPart(text: string): string {
  return text.replaceAll(/[^\w-]/g, '-').slice(0, 100);
}
