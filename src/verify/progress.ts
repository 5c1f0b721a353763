import type { Verification, Verifying } from '../domain/incident.ts';
import type { Policy } from '../domain/policy.ts';
import { isOnlySlow } from './trend.ts';

export interface JudgeQuestion {
  readonly incident: Pick<Verifying, 'startedAt' | 'healthySince' | 'intent'>;
  /** The look that was just taken. */
  readonly check: Verification;
  readonly policy: Pick<Policy, 'verification'>;
  /** Epoch milliseconds. */
  readonly now: number;
}

export type Judgement =
  /** Look again at `dueAt`. `healthySince` is absent while it is not healthy. */
  | { readonly kind: 'continue'; readonly healthySince?: number; readonly dueAt: number }
  | { readonly kind: 'recovered' | 'not-recovered' | 'unknown'; readonly verification: Verification };

/**
 * What one look means for a workload that is being watched. One good look is not a recovery: it must stay good for
 * `stableSeconds` without a break, and a look that saw nothing is a break. At the deadline the last look decides, except
 * that a health that has begun may run its `stableSeconds` to the end: so watching ends `stableSeconds` after the deadline
 * at the latest, one interval aside. Pure.
 */
export function judge({ incident, check, policy, now }: JudgeQuestion): Judgement {
  const { stableSeconds, intervalSeconds } = policy.verification;
  const deadlineSeconds = deadlineOf(incident, check, policy);
  const deadline = incident.startedAt + deadlineSeconds * 1000;
  // At least one millisecond ahead, whatever is configured: a step that is due at once again would spin.
  const next = now + Math.max(1, intervalSeconds * 1000);
  if (check.verdict === 'recovered') {
    const healthySince = incident.healthySince ?? now;
    const stableAt = healthySince + stableSeconds * 1000;
    if (now >= stableAt) {
      const reason = `healthy for ${Math.round((now - healthySince) / 1000)} s without a break`;
      return { kind: 'recovered', verification: { ...check, reasons: [...check.reasons, reason] } };
    }
    return { kind: 'continue', healthySince, dueAt: Math.min(next, stableAt) };
  }
  if (now < deadline) return { kind: 'continue', dueAt: Math.min(next, deadline) };
  const reason = `after ${Math.round(deadlineSeconds)} s it is ${check.verdict === 'unknown' ? 'still not known' : 'still not well'}`;
  return { kind: check.verdict, verification: { ...check, reasons: [...check.reasons, reason] } };
}

/**
 * The policy's deadline; four minutes where nothing was done but to wait; the remedy's own, or a while after the last signal
 * has got better, where that is sooner and no pod is starting any more; a minute where the pods that came after the action
 * crash themselves. In seconds.
 */
function deadlineOf(
  incident: Pick<Verifying, 'intent' | 'startedAt'>,
  check: Verification,
  { verification }: Pick<Policy, 'verification'>,
): number {
  const { intent } = incident;
  if (intent === undefined) return Math.min(verification.deadlineSeconds, WAITING_SECONDS);
  const settled = check.outlook === 'settled' ? showsWithin(incident, check) : undefined;
  const failing = check.outlook === 'failing' ? FAILING_SECONDS : undefined;
  return Math.min(verification.deadlineSeconds, settled ?? failing ?? Number.POSITIVE_INFINITY);
}

/** When a remedy has to have shown: as it declares, or once nothing has moved for a while. */
function showsWithin(
  { intent, startedAt }: Pick<Verifying, 'intent' | 'startedAt'>,
  { trend }: Verification,
): number | undefined {
  const declared = intent?.showsWithinSeconds;
  if (trend === undefined) return declared;
  const patience = (isOnlySlow(trend) ? SLOW_SECONDS : STALLED_SECONDS) * (declared === undefined ? WARM_UP : 1);
  const stalled = Math.max(LEAST_SECONDS, (trend.fellAt - startedAt) / 1000 + patience);
  return Math.min(declared ?? Number.POSITIVE_INFINITY, stalled);
}

const FAILING_SECONDS = 60;
/** What has not passed by itself by then is looked at again: nobody waits for long while others suffer. */
const WAITING_SECONDS = 240;
/** An autoscaler acts every 15 s on figures of the last half minute, and its pods have to start. Source: kube-controller-manager. */
const LEAST_SECONDS = 90;
/**
 * Rates over two minutes fall with each scrape once an illness is over. A minute lies between two scrapes in many
 * installations; the rest is for the looks, which come some seconds after a scrape, and begin before the pods have settled.
 */
const STALLED_SECONDS = 75;
/** A percentile over two minutes stays where it was until they are over. */
const SLOW_SECONDS = 150;
/** What replaces pods is waited for twice as long: new ones are ready before their caches are warm. */
const WARM_UP = 2;
