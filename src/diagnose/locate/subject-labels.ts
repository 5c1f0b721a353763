import type { Alert } from '../../domain/alert.ts';
import type { Unlocated } from '../../domain/location.ts';
import { unlocated } from './answer.ts';

/** The labels of an alert, told apart by where they come from. A label that is empty is one that is absent. */
export interface SubjectLabels {
  /** The value that the metric itself gave a label: its `exported_` twin where there is one. */
  value(name: string): string | undefined;
  /** The name of the label that `value` took: `pod` or `exported_pod`. */
  source(name: string): string;
  /** The value that the scrape gave a label (`job`, `instance`, `service` of the exporter), whatever the metric says. */
  scraped(name: string): string | undefined;
}

/**
 * Reads labels by where they come from: when Prometheus scraped without honor_labels, the subject's own labels stand in
 * `exported_*`, and the plain ones are the exporter's.
 */
export function subjectLabels({ labels }: Pick<Alert, 'labels'>): SubjectLabels {
  const own = (name: string): string | undefined => {
    return labels[name] === '' ? undefined : labels[name];
  };
  return {
    value: (name) => own(`exported_${name}`) ?? own(name),
    source: (name) => (own(`exported_${name}`) === undefined ? name : `exported_${name}`),
    scraped: own,
  };
}

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const MAX_SUBDOMAIN = 253;

/** Whether an object can be called so: an RFC 1123 subdomain, dots allowed. Asked before any look-up. */
export function isObjectName(text: string): boolean {
  return text.length <= MAX_SUBDOMAIN && SUBDOMAIN.test(text);
}

/** The refusal where one of these labels holds what no object can be called. It does not repeat the value. */
export function invalidName(labels: SubjectLabels, names: readonly string[]): Unlocated | undefined {
  const wrong = names.find((name) => !isObjectName(labels.value(name) ?? 'absent'));
  if (wrong === undefined) return undefined;
  return unlocated('invalid-name', `label ${labels.source(wrong)} holds what no object can be called`);
}
