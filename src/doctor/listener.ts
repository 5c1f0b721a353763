import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { doctorNonce } from '../domain/doctor.ts';
import { makeAuthenticator } from '../receive/auth.ts';
import { makeDoctorDesk } from '../receive/doctor-desk.ts';
import { parseWebhook } from '../receive/webhook.ts';
import type { Desk, Patient } from './finding.ts';

const TIMEOUT_MS = 10_000;
const CONNECTIONS = 64;

/**
 * Listens in the place of a service for the doctor's alert, with the same authentication. Every other alert is answered 503,
 * so that Alertmanager sends it again to the service that comes after: nothing is lost by a visit of the doctor.
 *
 * @throws the error of `node:net` when the address cannot be listened on.
 */
export async function listenForWebhooks(options: {
  readonly host: string;
  readonly port: number;
  readonly nonce: string;
  readonly patient: Patient;
}): Promise<Desk> {
  const { host, port, nonce, patient } = options;
  const { config, clock } = patient;
  const { admits } = makeAuthenticator(config.server.auth);
  const limit = config.server.bodyLimitMiB * 1024 * 1024;
  const desk = makeDoctorDesk();

  /** The status of the answer. */
  async function take(request: IncomingMessage): Promise<number> {
    if (!admits(request.headers.authorization)) return 401;
    if (request.method !== 'POST' || (request.url ?? '').split('?', 1)[0] !== '/alert') return 404;
    const body = await bodyOf(request, limit);
    if (body === undefined) return 413;
    const now = clock.now();
    const parsed = parseWebhook(body, now);
    if (parsed.kind === 'invalid') return 400;
    desk.note(parsed.webhook, 'none: the doctor keeps nothing', now);
    const isOwn = parsed.webhook.alerts.every(({ labels }) => doctorNonce(labels) !== undefined);
    return isOwn ? 200 : 503;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const status = await take(request);
    if (status >= 400) desk.refused(status, clock.now());
    response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end('autoheal doctor\n');
  }

  const server = createServer({ requestTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS }, (request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.maxConnections = CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    where: `http://${host}:${port} (the doctor itself)`,
    read: async () => desk.read(nonce),
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
    },
  };
}

async function bodyOf(request: IncomingMessage, limit: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = Buffer.from(chunk as Uint8Array); // No encoding is set: the chunks are bytes.
    bytes += part.length;
    if (bytes > limit) return undefined;
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString('utf8');
}
