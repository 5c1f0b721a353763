import { Ajv } from 'ajv';
import { below, boundedRequest, parseJson } from '../adapters/prometheus/bounded-request.ts';
import type { Config } from '../config/config.ts';
import type { DoctorNotes } from '../domain/doctor.ts';
import { AutoHealError, errorText } from '../domain/errors.ts';
import { fail, type Desk, type Finding, type Patient } from './finding.ts';
import { listenForWebhooks } from './listener.ts';
import { shownUrl } from './secrets.ts';

export type DeskAnswer =
  { readonly kind: 'open'; readonly desk: Desk } | { readonly kind: 'none'; readonly finding: Finding };

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 1024 * 1024;
const number = { type: 'number' } as const;
const text = { type: 'string' } as const;

const isNotes = new Ajv().compile<DoctorNotes>({
  type: 'object',
  required: ['arrivals', 'refused'],
  properties: {
    arrivals: {
      type: 'array',
      items: {
        type: 'object',
        required: ['at', 'delivery', 'status', 'receiver', 'groupKey', 'labels', 'alerts', 'truncatedAlerts'],
        properties: {
          at: number,
          delivery: text,
          receiver: text,
          groupKey: text,
          alerts: number,
          truncatedAlerts: number,
          status: { enum: ['firing', 'resolved'] },
          labels: { type: 'object', additionalProperties: text },
        },
      },
    },
    refused: {
      type: 'array',
      items: {
        type: 'object',
        required: ['status', 'count', 'lastAt'],
        properties: { status: number, count: number, lastAt: number },
      },
    },
  },
});

/** The running service, or a listener of the doctor's own where none answers and one is asked for. */
export async function openDesk(patient: Patient, nonce: string): Promise<DeskAnswer> {
  const { config, wishes } = patient;
  const url = wishes.url ?? addressOf(config);
  const desk = serviceDesk(url, nonce, authorizationOf(config, wishes.token));
  const where = shownUrl(url);
  try {
    await desk.read();
    return { kind: 'open', desk };
  } catch (error) {
    if (!(error instanceof AutoHealError)) throw error;
    if (error.code === 'PORT_UNREACHABLE' || error.code === 'PORT_TIMEOUT') return listenInstead(patient, nonce, error);
    if (error.code === 'UNAUTHORIZED') {
      const todo = 'use the configuration that the service runs with, or give its token with --token';
      return none(`the service at ${where} does not take the credentials of this configuration`, todo);
    }
    return none(`${where}: ${errorText(error)}`, 'give the address of a running AutoHeal of this version with --url');
  }
}

async function listenInstead(patient: Patient, nonce: string, why: AutoHealError): Promise<DeskAnswer> {
  const { listen } = patient.wishes;
  if (listen === undefined) {
    const todo =
      'start it, give its address with --url, or have the doctor listen in its place with --listen HOST:PORT, where the receiver of Alertmanager points to';
    return none(`no service answers, so nobody would see the alert arrive (${why.message})`, todo);
  }
  try {
    return { kind: 'open', desk: await listenForWebhooks({ ...listen, nonce, patient }) };
  } catch (error) {
    const todo = 'choose another address with --listen';
    return none(`cannot listen on ${listen.host}:${listen.port}: ${errorText(error)}`, todo);
  }
}

function none(message: string, remedy: string): DeskAnswer {
  return { kind: 'none', finding: fail('route', message, remedy) };
}

function serviceDesk(url: string, nonce: string, headers: Readonly<Record<string, string>>): Desk {
  return {
    where: shownUrl(url),
    async read() {
      const { status, text: body } = await boundedRequest({
        port: 'autoheal',
        url: below(url, `/doctor/${nonce}`),
        method: 'GET',
        headers,
        timeoutMs: TIMEOUT_MS,
        maxBytes: MAX_BYTES,
      });
      if (status === 401) throw new AutoHealError('UNAUTHORIZED', 'the service wants other credentials');
      if (status !== 200) {
        const why = status === 404 ? 'the service is older than this doctor, or something else' : 'it is no AutoHeal';
        throw new AutoHealError('PORT_CLIENT', `answered ${status}: ${why}`);
      }
      const notes = parseJson(body, 'autoheal');
      if (!isNotes(notes)) throw new AutoHealError('PORT_CLIENT', 'the answer is not that of an AutoHeal');
      return notes;
    },
    close: async () => undefined,
  };
}

/** The address of the configured service as this machine reaches it. */
function addressOf({ server }: Config): string {
  const everywhere = new Set(['0.0.0.0', '::', '[::]']);
  const host = everywhere.has(server.host) ? '127.0.0.1' : server.host;
  return `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${server.port}`;
}

function authorizationOf({ server }: Config, token: string | undefined): Readonly<Record<string, string>> {
  const { auth } = server;
  if (token !== undefined) return { authorization: `Bearer ${token}` };
  switch (auth.mode) {
    case 'bearer':
      return { authorization: `Bearer ${(auth.tokens[0] ?? '').trim()}` };
    case 'basic':
      return { authorization: `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}` };
    case 'none':
      return {};
  }
}
