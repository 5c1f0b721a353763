import type { Incident } from '../../domain/incident.ts';
import type { LinkBases } from '../../notify/links.ts';
import { describeIncident } from '../../notify/message.ts';
import { milestoneKey } from '../../notify/milestone.ts';
import { plainText } from '../../notify/text.ts';
import type { Log } from '../../ports/log.ts';
import type { DeliveryAnswer, Notifier, ThreadState } from '../../ports/notifier.ts';
import { htmlBody, textBody } from './email-body.ts';
import { emailFailure } from './email-failure.ts';
import { domainOf, placeOf, type EmailPlace } from './email-thread.ts';
import { makeEmailTransport, type EmailServer } from './email-transport.ts';

export interface EmailOptions extends EmailServer, LinkBases {
  readonly from: string;
  readonly to: readonly string[];
  /** Right side of the Message-IDs; the domain of `from` unless given. */
  readonly messageIdDomain?: string;
  readonly log: Log;
}

/**
 * One e-mail thread per incident, one e-mail per milestone, as text and HTML. Phases that are no milestone, and a milestone
 * that was told already, send nothing. Tries once: the outbox tries again.
 */
export function makeEmailNotifier(options: EmailOptions): Notifier {
  const { log } = options;
  const domain = options.messageIdDomain ?? domainOf(options.from);
  const transport = makeEmailTransport(options);

  async function deliver(incident: Incident, thread: ThreadState | undefined): Promise<DeliveryAnswer> {
    const milestone = milestoneKey(incident);
    if (milestone === undefined || milestone === thread?.['milestone']) return { kind: 'sent', thread: thread ?? {} };
    try {
      const message = describeIncident(incident, options);
      const place = placeOf(incident, { milestone, message, domain }, thread);
      const { rejected } = await transport.sendMail({
        ...envelopeOf(place),
        from: options.from,
        to: [...options.to],
        headers: { 'X-AutoHeal-Incident': plainText(incident.id, 100), 'Auto-Submitted': 'auto-generated' },
        text: textBody(message),
        html: htmlBody(message),
      });
      // The others have it: sending it again for those who were refused would tell the others twice.
      if (rejected.length > 0) log.warn({ incident: incident.id, rejected: rejected.length }, 'e-mail partly refused');
      return { kind: 'sent', thread: place.thread };
    } catch (error) {
      return emailFailure(error);
    }
  }

  return { channel: 'email', deliver };
}

function envelopeOf({ messageId, subject, replyTo }: EmailPlace) {
  if (replyTo === undefined) return { messageId, subject };
  return { messageId, subject, inReplyTo: replyTo.root, references: [...replyTo.references] };
}
