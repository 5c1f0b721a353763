/** One alert of an Alertmanager webhook, normalised. Labels and annotations are untrusted text. */
export interface Alert {
  /** 16 hex digits: Alertmanager's hash of the labels. The same for every episode of one alert. */
  readonly fingerprint: string;
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Epoch milliseconds. May move earlier within one episode: Alertmanager keeps the earliest start it was told. */
  readonly startsAt: number;
  /** Epoch milliseconds; absent while the alert fires (the webhook then carries the zero time). */
  readonly endsAt?: number;
  readonly generatorURL: string;
}

/** The alert's name, or an empty string where the rule gave none. */
export function alertName(alert: Pick<Alert, 'labels'>): string {
  return alert.labels['alertname'] ?? '';
}
