import type { Incident } from '../domain/incident.ts';

/** What a channel must remember to continue an incident's thread: a Slack `ts`, a Message-ID. Opaque to everyone else. */
export type ThreadState = Readonly<Record<string, string>>;

export type DeliveryAnswer =
  | { readonly kind: 'sent'; readonly thread: ThreadState }
  /** Try again; after `retryAfterMs` where the other side said so. */
  | { readonly kind: 'retry'; readonly reason: NotifyFailure; readonly detail: string; readonly retryAfterMs?: number }
  /** Trying again cannot help. */
  | { readonly kind: 'failed'; readonly reason: NotifyFailure; readonly detail: string };

/** Closed set, after Alertmanager's notify reasons: it is a metric label. */
export type NotifyFailure = 'auth' | 'rate-limited' | 'client' | 'server' | 'timeout' | 'unreachable';

/** One way to tell people: Slack, e-mail, a Kubernetes Event. */
export interface Notifier {
  /** `slack`, `email`, `kubernetes-event`: also the key of its outbox. */
  readonly channel: string;
  /** Tells how the incident stands. `thread` is what the last `sent` of this incident returned. Never throws. */
  deliver(incident: Incident, thread: ThreadState | undefined): Promise<DeliveryAnswer>;
}
