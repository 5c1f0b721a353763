import type { Alert } from '../domain/alert.ts';

/** One alert as Alertmanager's API shows it now. */
export interface AlertmanagerAlert extends Alert {
  readonly silencedBy: readonly string[];
  readonly inhibitedBy: readonly string[];
}

/** Where the present state of alerts can be asked (Alertmanager's `/api/v2/alerts`). */
export interface AlertSource {
  /**
   * The alerts with these fingerprints that Alertmanager holds now, muted ones included. One that is absent is over.
   *
   * @throws AutoHealError `PORT_*`.
   */
  current(fingerprints: readonly string[]): Promise<readonly AlertmanagerAlert[]>;
}
