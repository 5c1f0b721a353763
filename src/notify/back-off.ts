import type { NotifyFailure } from '../ports/notifier.ts';

/** The first wait after a failure; it doubles with every further one. */
const FIRST_WAIT_MS = {
  unreachable: 5_000,
  timeout: 5_000,
  server: 5_000,
  'rate-limited': 15_000,
  // Not tried again as a rule; where an adapter asks for it, a person has to change something first.
  auth: 60_000,
  client: 60_000,
} as const satisfies Record<NotifyFailure, number>;

const LONGEST_WAIT_MS = 30 * 60_000;
/** What the other side may ask for at most: a wrong header must not silence a channel for days. */
const LONGEST_ASKED_MS = 60 * 60_000;

/**
 * Milliseconds to wait before a delivery is tried again: exponential from a first wait that depends on the reason, at most
 * half an hour, between half and all of it at random; never sooner than the other side asked for.
 *
 * @param next.attempts tries that failed before this one, 0 for the first failure
 * @param next.random in [0, 1)
 */
export function nextAttempt(next: {
  readonly attempts: number;
  readonly reason: NotifyFailure;
  readonly retryAfterMs?: number;
  readonly random: number;
}): number {
  const full = Math.min(FIRST_WAIT_MS[next.reason] * 2 ** Math.max(0, next.attempts), LONGEST_WAIT_MS);
  const own = full * (0.5 + next.random / 2);
  const asked = Math.min(Math.max(0, next.retryAfterMs ?? 0), LONGEST_ASKED_MS);
  return Math.round(Math.max(own, asked));
}
