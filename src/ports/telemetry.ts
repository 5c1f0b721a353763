import type { Outcome, Phase, Restore } from '../domain/incident.ts';
import type { RefusalCode, RemedyName } from '../domain/remedy.ts';

/** Everything AutoHeal counts about itself. Label sets are closed; never pod or workload names. */
export interface Telemetry {
  /** A webhook was answered. */
  webhook(sample: {
    readonly status: number;
    readonly alerts: number;
    readonly rejected: number;
    readonly seconds: number;
  }): void;
  /** One step of the journey was taken and committed (or failed). */
  step(sample: { readonly from: Phase; readonly to: Phase | 'failed' | 'stale'; readonly seconds: number }): void;
  closed(sample: { readonly outcome: Outcome; readonly seconds: number }): void;
  action(sample: { readonly remedy: RemedyName; readonly result: string }): void;
  /** A change that was to be taken back after an incident came to its end. */
  restored(result: Exclude<Restore['state'], 'pending' | 'sending'>): void;
  refusal(code: RefusalCode): void;
  notification(sample: { readonly channel: string; readonly result: string }): void;
  storeCommit(sample: { readonly operation: string; readonly seconds: number }): void;
  /** Called before each scrape. */
  queue(sample: {
    readonly deliveries: number;
    readonly due: number;
    readonly open: Readonly<Partial<Record<Phase, number>>>;
    readonly notifications: number;
  }): void;
}
