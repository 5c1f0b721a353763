/** One label set for which a rule's expression holds now. */
export interface Holding {
  readonly rule: Rule;
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
}

/** When an expression that holds becomes an alert, and how long it counts as holding after it was last seen to. */
export interface Rule {
  readonly alertname: string;
  readonly forSeconds: number;
  readonly lookbackSeconds: number;
  readonly severity: 'info' | 'warning' | 'critical';
}

export function rule(alertname: string, forSeconds: number, lookbackSeconds = 0): Rule {
  return { alertname, forSeconds, lookbackSeconds, severity: 'warning' };
}
