import { Ajv } from 'ajv';

import type { Alert } from '../domain/alert.ts';
import { readAlert } from './alert.ts';
import { parseReceiver, type Receiver } from './receiver.ts';
import { AJV_OPTIONS, ENVELOPE_SCHEMA } from './webhook-schema.ts';

/** A webhook of Alertmanager, read as far as it is used. */
export interface Webhook {
  readonly version: string;
  readonly receiver: Receiver;
  readonly groupKey: string;
  readonly externalURL: string;
  /** How many alerts the sender left out (`max_alerts`). More than 0 means that the list proves nothing about the rest. */
  readonly truncatedAlerts: number;
  /** Why the webhook was sent, from Alertmanager 0.32 on; otherwise empty. */
  readonly notificationReason: string;
  readonly alerts: readonly Alert[];
  /** The alerts that cannot be used, by their place in the webhook. One bad alert never costs the others. */
  readonly rejected: readonly RejectedAlert[];
  /** What is odd about the webhook as a whole, one sentence each. */
  readonly warnings: readonly string[];
}

export interface RejectedAlert {
  readonly index: number;
  readonly reason: string;
}

/** A body is a webhook or it is not; `why` says what to do and quotes nothing of the body. */
export type ParsedWebhook =
  { readonly kind: 'ok'; readonly webhook: Webhook } | { readonly kind: 'invalid'; readonly why: string };

/** Alerts of one webhook beyond this number are not read; the body in the journal still holds them. */
export const MAX_ALERTS = 100_000;

const isEnvelope = new Ajv(AJV_OPTIONS).compile<Envelope>(ENVELOPE_SCHEMA);

interface Envelope {
  readonly version: string;
  readonly alerts: readonly unknown[];
  readonly [field: string]: unknown;
}

/**
 * Reads the body of a webhook. Never throws.
 *
 * @param now - epoch milliseconds at which the body came; alerts that start more than an hour later are rejected.
 */
export function parseWebhook(body: string, now: number): ParsedWebhook {
  const value = parseJson(body);
  if (value === NOT_JSON) return { kind: 'invalid', why: 'the body is not JSON' };
  if (!isEnvelope(value)) return { kind: 'invalid', why: whyNoWebhook(value) };

  const alerts: Alert[] = [];
  const rejected: RejectedAlert[] = [];
  const readable = Math.min(value.alerts.length, MAX_ALERTS);
  for (let index = 0; index < readable; index += 1) {
    const read = readAlert(value.alerts[index], now);
    if (read.kind === 'ok') alerts.push(read.alert);
    else rejected.push({ index, reason: read.reason });
  }
  const unread = value.alerts.length - readable;
  if (unread > 0) {
    rejected.push({ index: readable, reason: `this alert and all after it: only ${MAX_ALERTS} alerts are read` });
  }

  return {
    kind: 'ok',
    webhook: {
      version: value.version,
      receiver: parseReceiver(textOf(value['receiver'])),
      groupKey: textOf(value['groupKey']),
      externalURL: textOf(value['externalURL']),
      truncatedAlerts: countOf(value['truncatedAlerts']) + unread,
      notificationReason: textOf(value['notification_reason']),
      alerts,
      rejected,
      warnings: value.version === '4' ? [] : ['the webhook has another version than 4: some fields may be misread'],
    },
  };
}

const NOT_JSON = Symbol('not JSON');

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return NOT_JSON;
  }
}

function whyNoWebhook(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'the body is JSON but not an object: point webhook_configs.url of Alertmanager here';
  }
  const missing = ['version', 'alerts'].filter((field) => !Object.hasOwn(value, field));
  if (missing.length > 0) {
    return `${missing.join(' and ')} missing: remove the custom payload from this receiver's webhook_configs`;
  }
  return 'version must be a string and alerts a list: send what Alertmanager sends by default';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 4096) : '';
}

function countOf(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
