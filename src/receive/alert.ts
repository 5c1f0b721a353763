import { Ajv, type ErrorObject } from 'ajv';

import type { Alert } from '../domain/alert.ts';
import { fingerprintOf } from './fingerprint.ts';
import { parseTimestamp } from './timestamp.ts';
import { AJV_OPTIONS, ALERT_SCHEMA } from './webhook-schema.ts';

/** Bounds on one alert. Kubernetes' own alerts have fewer than 30 labels and 2 kB; what is beyond is not from a rule. */
export const ALERT_LIMITS = {
  labels: 128,
  labelNameLength: 512,
  labelValueLength: 4096,
  /** Characters of all label names and values. */
  labelsLength: 32_768,
  annotations: 64,
  /** Longer annotations are cut: a talkative rule must not cost the alert. */
  annotationLength: 8192,
  urlLength: 8192,
  /** Milliseconds that `startsAt` may lie ahead of this service's clock. */
  aheadMs: 60 * 60 * 1000,
} as const;

/** How an alert of a webhook was read: as a domain alert, or why it cannot be used. The reason has at most 200 characters. */
export type ReadAlert =
  { readonly kind: 'ok'; readonly alert: Alert } | { readonly kind: 'rejected'; readonly reason: string };

// What the schema proves about a value that it accepts; the rest of the fields may still be anything.
interface ShapedAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>> | null;
  readonly startsAt: string;
  readonly endsAt?: string | null;
  readonly generatorURL?: unknown;
  readonly fingerprint?: unknown;
}

const hasShape = new Ajv(AJV_OPTIONS).compile<ShapedAlert>(ALERT_SCHEMA);

/**
 * Reads one entry of a webhook's `alerts`. Never throws. Where the fingerprint is missing or not 16 hex digits, it is
 * computed from the labels as Alertmanager does. `endsAt` is kept only when resolved; one that cannot be read is left out.
 *
 * @param now - epoch milliseconds of this service's clock when the webhook came.
 */
export function readAlert(raw: unknown, now: number): ReadAlert {
  if (!hasShape(raw)) return { kind: 'rejected', reason: describeShapeError(hasShape.errors?.[0]) };

  const labels = withoutProto(raw.labels);
  const problem = labelsProblem(labels);
  if (problem !== undefined) return { kind: 'rejected', reason: problem };

  const startsAt = parseTimestamp(raw.startsAt);
  if (startsAt === undefined) return { kind: 'rejected', reason: 'startsAt is not an RFC 3339 time since 1970' };
  if (startsAt > now + ALERT_LIMITS.aheadMs) {
    return { kind: 'rejected', reason: 'startsAt is more than an hour ahead: compare the clocks of both machines' };
  }

  const endsAt = raw.status === 'resolved' ? parseTimestamp(raw.endsAt ?? '') : undefined;
  return {
    kind: 'ok',
    alert: {
      fingerprint: isFingerprint(raw.fingerprint) ? raw.fingerprint : fingerprintOf(labels),
      status: raw.status,
      labels,
      annotations: boundAnnotations(withoutProto(raw.annotations ?? {})),
      startsAt,
      ...(endsAt === undefined ? {} : { endsAt }),
      generatorURL: typeof raw.generatorURL === 'string' ? raw.generatorURL.slice(0, ALERT_LIMITS.urlLength) : '',
    },
  };
}

// JSON.parse makes `__proto__` an own field, but whoever copies the labels field by field would set a prototype with it.
// Prometheus never sends a label that starts with two underscores, so nothing is lost.
function withoutProto(fields: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (!Object.hasOwn(fields, '__proto__')) return fields;
  return Object.fromEntries(Object.entries(fields).filter(([name]) => name !== '__proto__'));
}

function labelsProblem(labels: Readonly<Record<string, string>>): string | undefined {
  let count = 0;
  let total = 0;
  for (const name in labels) {
    const length = labels[name]?.length ?? 0;
    if (name.length > ALERT_LIMITS.labelNameLength) return 'a label name is too long';
    if (length > ALERT_LIMITS.labelValueLength) return cut(`the value of label ${name} is too long`);
    count += 1;
    total += name.length + length;
  }
  if (count === 0) return 'there are no labels';
  if (count > ALERT_LIMITS.labels) return `there are more than ${ALERT_LIMITS.labels} labels`;
  if (total > ALERT_LIMITS.labelsLength) return `the labels have more than ${ALERT_LIMITS.labelsLength} characters`;
  return undefined;
}

function boundAnnotations(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(annotations);
  const fits = entries.every(([name, text]) => Math.max(name.length, text.length) <= ALERT_LIMITS.annotationLength);
  if (fits && entries.length <= ALERT_LIMITS.annotations) return annotations;
  return Object.fromEntries(
    entries
      .filter(([name]) => name.length <= ALERT_LIMITS.annotationLength)
      .slice(0, ALERT_LIMITS.annotations)
      .map(([name, text]) => [name, text.slice(0, ALERT_LIMITS.annotationLength)]),
  );
}

function isFingerprint(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{16}$/.test(value);
}

function describeShapeError(error: ErrorObject | undefined): string {
  if (error === undefined) return 'it does not have the shape of an alert';
  const where = error.instancePath === '' ? 'the alert' : error.instancePath.slice(1).replaceAll('/', '.');
  return cut(`${where} ${error.message ?? 'is wrong'}`);
}

function cut(reason: string): string {
  return reason.length <= 200 ? reason : `${reason.slice(0, 199)}…`;
}
