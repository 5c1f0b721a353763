import { Ajv } from 'ajv';
import { AutoHealError } from '../domain/errors.ts';
import type { AlertmanagerAlert, AlertSource } from '../ports/alerts.ts';
import { below, boundedRequest, codeOfStatus, parseJson } from './prometheus/bounded-request.ts';

export interface AlertmanagerOptions {
  /** Address of Alertmanager; may end in a path. */
  readonly url: string;
  /** For the whole request, a second try included. */
  readonly timeoutMs: number;
  /** For example `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An alert of usual size takes about 1.5 kB, so this is far above ten thousand alerts. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** The part of an alert of Alertmanager's API v2 that is used. */
interface ApiAlert {
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL?: string;
  readonly status: { readonly silencedBy: readonly string[]; readonly inhibitedBy: readonly string[] };
}

const texts = { type: 'object', additionalProperties: { type: 'string' } } as const;
const ids = { type: 'array', items: { type: 'string' } } as const;

const isAnswer = new Ajv().compile<readonly ApiAlert[]>({
  type: 'array',
  items: {
    type: 'object',
    required: ['fingerprint', 'labels', 'annotations', 'startsAt', 'endsAt', 'status'],
    properties: {
      fingerprint: { type: 'string' },
      labels: texts,
      annotations: texts,
      startsAt: { type: 'string' },
      endsAt: { type: 'string' },
      generatorURL: { type: 'string' },
      status: {
        type: 'object',
        required: ['silencedBy', 'inhibitedBy'],
        properties: { silencedBy: ids, inhibitedBy: ids },
      },
    },
  },
});

/**
 * The alerts that Alertmanager holds now, from `GET /api/v2/alerts`, the silenced and inhibited ones included. The API
 * cannot be asked by fingerprint, so the choice is made here.
 */
export function makeAlertmanagerSource({ url, timeoutMs, headers = {} }: AlertmanagerOptions): AlertSource {
  const endpoint = below(url, '/api/v2/alerts');
  endpoint.search = new URLSearchParams({ active: 'true', silenced: 'true', inhibited: 'true' }).toString();
  return {
    current: async (fingerprints) => {
      if (fingerprints.length === 0) return [];
      const { status, text } = await boundedRequest({
        port: 'alertmanager',
        url: endpoint,
        method: 'GET',
        headers: { ...headers, accept: 'application/json' },
        timeoutMs,
        maxBytes: MAX_ANSWER_BYTES,
      });
      if (status !== 200) {
        throw new AutoHealError(codeOfStatus(status), `alertmanager: answered ${status}`, { context: { status } });
      }
      const answer = parseJson(text, 'alertmanager');
      if (!isAnswer(answer)) {
        throw new AutoHealError('PORT_SERVER', 'alertmanager: the answer is not a list of alerts', {
          context: { errors: isAnswer.errors?.slice(0, 3) },
        });
      }
      const wanted = new Set(fingerprints);
      return answer.filter((alert) => wanted.has(alert.fingerprint)).map(toAlert);
    },
  };
}

/**
 * Alertmanager lists only alerts that are not over, whatever their `endsAt`: that is when they would end if nobody renewed
 * them, so it is left out as the webhook leaves it out.
 */
function toAlert({ fingerprint, labels, annotations, startsAt, generatorURL, status }: ApiAlert): AlertmanagerAlert {
  const start = Date.parse(startsAt);
  if (Number.isNaN(start)) throw new AutoHealError('PORT_SERVER', 'alertmanager: startsAt is not a time');
  return {
    fingerprint,
    status: 'firing',
    labels,
    annotations,
    startsAt: start,
    generatorURL: generatorURL ?? '',
    silencedBy: status.silencedBy,
    inhibitedBy: status.inhibitedBy,
  };
}
