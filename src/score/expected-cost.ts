import type { Evidence } from '../domain/diagnosis.ts';
import type { Candidate } from '../domain/remedy.ts';

/** The time after a decision that is reckoned with, in minutes: that of the replays the model learned from. */
export const HORIZON_MINUTES = 15;
/** Of the bad minutes of doing nothing, what a remedy that helps avoids: the mean of the replays, as the model card says. */
const AVOIDED = 0.85;
/** What a remedy that makes things worse adds, in bad minutes. */
const HARM_MINUTES = 6;
/** Every write is a change that somebody has to understand later: what is as good without one is better without one. */
const ACTING = 0.1;
/** A replica that is not ready counts half, as in the bad minutes of the replays. */
const UNREADY = 0.5;
/** An alert fires although nobody seems to suffer: something is wrong all the same. */
const LEAST_SUFFERING = 0.15;

/** What the model says of one candidate and of doing nothing, as calibrated probabilities. */
export interface Odds {
  readonly recovers: number;
  readonly harms: number;
}

/**
 * The bad minutes to be expected in the quarter of an hour after a candidate: those that it leaves of what doing nothing would
 * cost, its own disruption, and what it costs where it makes things worse.
 */
export function expectedBadMinutes(
  candidate: Pick<Candidate, 'remedy' | 'disruption'>,
  odds: Odds,
  { evidence, none }: { readonly evidence: Evidence; readonly none: Odds },
): number {
  const nothing = HORIZON_MINUTES * suffering(evidence) * (1 - none.recovers);
  if (candidate.remedy === 'none') return nothing;
  const left = nothing * (1 - AVOIDED * odds.recovers);
  return left + ACTING + disruption(candidate, evidence) + HARM_MINUTES * odds.harms;
}

/** How bad a minute is now: the share of the requests or of the replicas that is lost. In [0.15, 1]. */
function suffering({ signals, state }: Evidence): number {
  const failing = signals.error_ratio ?? 0;
  const unready = state === undefined || state.desired === 0 ? 0 : 1 - state.ready / state.desired;
  const slow =
    signals.latency_p99_seconds !== undefined && signals.latency_p99_baseline_seconds !== undefined
      ? Number(signals.latency_p99_seconds > 3 * signals.latency_p99_baseline_seconds)
      : 0;
  return Math.min(1, Math.max(LEAST_SUFFERING, failing > 0.02 ? 1 : 0, slow, UNREADY * unready));
}

function disruption({ disruption: cost }: Pick<Candidate, 'disruption'>, { state }: Evidence): number {
  return (UNREADY * (cost?.readyReplicaMinutes ?? 0)) / Math.max(1, state?.desired ?? 1);
}
