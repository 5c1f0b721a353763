import type { Alert } from '../../domain/alert.ts';

/** The labels of an alert as they mean its subject. */
export interface SubjectLabels {
  /** The value of a label, its `exported_` twin first; undefined where it is absent or empty. */
  value(name: string): string | undefined;
  /** The name of the label that `value` took: `pod` or `exported_pod`. */
  source(name: string): string;
}

/**
 * Reads labels by where they come from: when Prometheus scraped without honor_labels, the subject's own labels stand in
 * `exported_*`, and the plain ones are the exporter's.
 */
export function subjectLabels(alert: Pick<Alert, 'labels'>): SubjectLabels {
  const { labels } = alert;
  const own = (name: string): string | undefined => (Object.hasOwn(labels, name) ? labels[name] : undefined);
  return {
    value: (name) => own(`exported_${name}`) || own(name) || undefined,
    source: (name) => (own(`exported_${name}`) ? `exported_${name}` : name),
  };
}

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const MAX_NAME = 253;

/** Whether an object can be called so: an RFC 1123 subdomain, dots allowed. Asked before any look-up. */
export function isObjectName(text: string): boolean {
  return text.length <= MAX_NAME && SUBDOMAIN.test(text);
}
