import { createTransport, type Transporter } from 'nodemailer';
import type { SentMessageInfo } from 'nodemailer/lib/smtp-transport/index.js';

/** The mail server that mails are handed to. */
export interface EmailServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte. */
  readonly secure: boolean;
  /** Refuse to send when STARTTLS is not offered. */
  readonly requireTls?: boolean;
  readonly user?: string;
  readonly password?: string;
  /** For the look-up, the connection, the greeting, and each silence after it. */
  readonly timeoutMs: number;
}

/** Connects anew for each mail; every wait is bounded. */
export function makeEmailTransport(server: EmailServer): Transporter<SentMessageInfo> {
  const { host, port, secure, requireTls = false, user, password = '', timeoutMs } = server;
  return createTransport({
    host,
    port,
    secure,
    requireTLS: requireTls,
    ...(user === undefined || user === '' ? {} : { auth: { user, pass: password } }),
    dnsTimeout: timeoutMs,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}
