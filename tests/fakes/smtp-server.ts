import { createServer, type AddressInfo, type Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers by lower-case name, unfolded. */
  readonly headers: ReadonlyMap<string, string>;
  /** The halves, decoded, with line feeds only; empty where there is none. */
  readonly text: string;
  readonly html: string;
}

export interface FakeSmtpServer {
  readonly port: number;
  readonly mails: readonly ReceivedMail[];
  stop(): Promise<void>;
}

export interface SmtpBehaviour {
  /** Asks for this user and password; nobody is asked otherwise. */
  readonly auth?: { readonly user: string; readonly password: string };
  /** Reply to a recipient; undefined takes it. */
  readonly refuse?: (address: string) => number | undefined;
  /** Reply to the whole mail instead of taking it. */
  readonly replyToData?: () => number | undefined;
}

/** A real SMTP server (npm `smtp-server`) on 127.0.0.1, without TLS. */
export async function startSmtpServer(behaviour: SmtpBehaviour = {}): Promise<FakeSmtpServer> {
  const mails: ReceivedMail[] = [];
  const options: SMTPServerOptions = {
    authOptional: behaviour.auth === undefined,
    allowInsecureAuth: true,
    disabledCommands: behaviour.auth === undefined ? ['STARTTLS', 'AUTH'] : ['STARTTLS'],
    logger: false,
    onAuth: ({ username, password }, _session, done) => {
      const { user, password: wanted } = behaviour.auth ?? {};
      if (username === user && password === wanted) done(null, { user });
      else done(replyError(535, 'wrong credentials'));
    },
    onRcptTo: ({ address }, _session, done) => {
      const code = behaviour.refuse?.(address);
      done(code === undefined ? null : replyError(code, 'refused'));
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const code = behaviour.replyToData?.();
        if (code !== undefined) return done(replyError(code, 'not now'));
        const { mailFrom, rcptTo } = session.envelope;
        const raw = Buffer.concat(chunks).toString('utf8');
        const from = mailFrom === false ? '' : mailFrom.address;
        mails.push({ from, to: rcptTo.map(({ address }) => address), headers: headersOf(raw), ...halvesOf(raw) });
        done();
      });
    },
  };
  const server = new SMTPServer(options);
  // A client that gives up in the middle is what some tests are about.
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.server.address() as AddressInfo; // It listens on a TCP port.
  return {
    port,
    mails,
    stop: () =>
      new Promise((resolve) => {
        server.close(resolve);
      }),
  };
}

/** A server that says only the given line, or nothing at all, to who connects. */
export async function startRawServer(greeting: string | undefined): Promise<Omit<FakeSmtpServer, 'mails'>> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    if (greeting !== undefined) socket.end(`${greeting}\r\n`);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo; // It listens on a TCP port.
  return {
    port,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function replyError(code: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode: code });
}

function headersOf(raw: string): ReadonlyMap<string, string> {
  const [head = ''] = raw.split('\r\n\r\n');
  const lines = head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n');
  return new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
}

function halvesOf(raw: string): Pick<ReceivedMail, 'text' | 'html'> {
  return {
    text: partOf(raw, 'text/plain').replaceAll('\r\n', '\n'),
    html: partOf(raw, 'text/html').replaceAll('\r\n', '\n'),
  };
}

/** The decoded part of a multipart mail. Only the encodings that nodemailer picks are known. */
function partOf(raw: string, type: string): string {
  const [, boundary = ''] = /boundary="([^"]+)"/.exec(raw) ?? [];
  const part = raw.split(`--${boundary}`).find((each) => each.includes(`Content-Type: ${type}`));
  const [head = '', ...body] = (part ?? '').split('\r\n\r\n');
  const content = body.join('\r\n\r\n');
  if (/encoding: base64/i.test(head)) return Buffer.from(content, 'base64').toString('utf8');
  if (!/encoding: quoted-printable/i.test(head)) return content;
  const bytes = content
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
