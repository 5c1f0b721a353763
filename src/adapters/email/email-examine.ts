import type { EmailOptions } from './email-notifier.ts';
import { emailFailure } from './email-failure.ts';
import { makeEmailTransport } from './email-transport.ts';

/** `detail` says what went wrong, and what to do where that is known. */
export type EmailAnswer = { readonly kind: 'ok' } | { readonly kind: 'failed'; readonly detail: string };

/** Looks at a mail server without handing it a mail, unless it is told to. Never throws. */
export interface EmailExaminer {
  /** Connects, begins TLS and logs in as for a mail. */
  verify(): Promise<EmailAnswer>;
  send(subject: string, text: string): Promise<EmailAnswer>;
}

export function makeEmailExaminer(options: Omit<EmailOptions, 'log' | 'publicUrl'>): EmailExaminer {
  const transport = makeEmailTransport(options);

  async function answered(ask: () => Promise<unknown>): Promise<EmailAnswer> {
    try {
      await ask();
      return { kind: 'ok' };
    } catch (error) {
      return { kind: 'failed', detail: emailFailure(error).detail };
    } finally {
      transport.close();
    }
  }

  return {
    verify: () => answered(() => transport.verify()),
    send: (subject, text) =>
      answered(() => transport.sendMail({ from: options.from, to: [...options.to], subject, text })),
  };
}
