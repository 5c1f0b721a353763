import type { AlertmanagerExaminer, RoutedAlert } from '../adapters/alertmanager-examine.ts';
import { DOCTOR_LABEL, type DoctorArrival, type DoctorNotes } from '../domain/doctor.ts';
import type { Clock } from '../ports/clock.ts';
import type { Receivers } from './alertmanager-config.ts';
import type { Desk } from './finding.ts';

/** What became of the doctor's alert. */
export type RouteOutcome =
  | { readonly kind: 'arrived'; readonly arrival: DoctorArrival; readonly receivers?: Receivers }
  /** A silence, an inhibition or a time interval keeps it back. */
  | { readonly kind: 'suppressed'; readonly routed: RoutedAlert }
  /** Its routes lead to receivers that have no webhook. */
  | { readonly kind: 'no-webhook'; readonly routed: RoutedAlert }
  /** AutoHeal answered webhooks with this status meanwhile, and the alert did not come. */
  | { readonly kind: 'refused'; readonly status: number; readonly count: number }
  | { readonly kind: 'missed'; readonly routed?: RoutedAlert; readonly failedWebhooks?: number };

export interface RouteWatch {
  readonly nonce: string;
  readonly desk: Pick<Desk, 'read'>;
  readonly alertmanager: Pick<AlertmanagerExaminer, 'find' | 'failedWebhooks'>;
  /** What the desk knew before the alert was posted. */
  readonly before: DoctorNotes;
  readonly failedBefore: number | undefined;
  readonly receivers: Receivers | undefined;
  readonly clock: Clock;
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

const POLL_MS = 500;
/** Webhooks of others may be refused as well: the alert gets so long to come after one was. */
const AFTER_REFUSAL_MS = 5_000;

/** Waits until the alert has come, until it is certain that it cannot come, or until the time is over. */
export async function watchRoute(watch: RouteWatch): Promise<RouteOutcome> {
  const { clock, signal } = watch;
  const deadline = clock.now() + watch.waitMs;
  let seen: Seen = {};
  for (;;) {
    const notes = await watch.desk.read();
    const [arrival] = notes.arrivals;
    if (arrival !== undefined)
      return { kind: 'arrived', arrival, ...(watch.receivers && { receivers: watch.receivers }) };
    seen = await look(watch, notes, seen);
    const over = clock.now() >= deadline || signal.aborted;
    const outcome = deadEnd(seen.routed, watch.receivers) ?? refusalOf(seen, over ? Infinity : clock.now());
    if (outcome !== undefined) return outcome;
    if (over) return missed(watch, seen.routed);
    await clock.sleep(POLL_MS, signal);
  }
}

/** What is known of an alert that has not come yet. */
interface Seen {
  readonly routed?: RoutedAlert;
  readonly refusal?: Extract<RouteOutcome, { kind: 'refused' }>;
  readonly refusedAt?: number;
}

async function look({ alertmanager, nonce, before, clock }: RouteWatch, notes: DoctorNotes, seen: Seen): Promise<Seen> {
  const routed = (await alertmanager.find(DOCTOR_LABEL, nonce)) ?? seen.routed;
  const refusal = newRefusal(before, notes);
  return {
    ...(routed !== undefined && { routed }),
    ...(refusal !== undefined && { refusal, refusedAt: seen.refusedAt ?? clock.now() }),
  };
}

function refusalOf({ refusal, refusedAt = 0 }: Seen, now: number): RouteOutcome | undefined {
  return now - refusedAt >= AFTER_REFUSAL_MS ? refusal : undefined;
}

function newRefusal(before: DoctorNotes, now: DoctorNotes): Extract<RouteOutcome, { kind: 'refused' }> | undefined {
  for (const { status, count } of now.refused) {
    const known = before.refused.find((each) => each.status === status)?.count ?? 0;
    // What is refused for a moment is sent again.
    if (count > known && status < 500) return { kind: 'refused', status, count: count - known };
  }
  return undefined;
}

function deadEnd(routed: RoutedAlert | undefined, receivers: Receivers | undefined): RouteOutcome | undefined {
  if (routed === undefined) return undefined;
  const { silencedBy, inhibitedBy, mutedBy } = routed;
  if (silencedBy.length + inhibitedBy.length + mutedBy.length > 0) return { kind: 'suppressed', routed };
  if (receivers === undefined) return undefined;
  const hasWebhook = routed.receivers.some((name) => (receivers.get(name) ?? []).length > 0);
  return hasWebhook ? undefined : { kind: 'no-webhook', routed };
}

async function missed(
  { alertmanager, failedBefore }: RouteWatch,
  routed: RoutedAlert | undefined,
): Promise<RouteOutcome> {
  const failed = await alertmanager.failedWebhooks();
  const more = failed === undefined || failedBefore === undefined ? undefined : failed - failedBefore;
  return {
    kind: 'missed',
    ...(routed !== undefined && { routed }),
    ...(more !== undefined && { failedWebhooks: more }),
  };
}
