import { alertName, type Alert } from '../domain/alert.ts';
import { doctorNonce } from '../domain/doctor.ts';
import type { IncidentId, Outcome } from '../domain/incident.ts';
import type { ClosedEpisode } from '../ports/store.ts';

export interface EpisodeRules {
  /**
   * After a recovery an alert may still fire for so long without meaning anything: the lookback of its rule plus
   * Alertmanager's group interval. Milliseconds.
   */
  readonly alertLagMs: number;
  /** An alert that still fires so long after its incident ended without a recovery gets another one. Milliseconds. */
  readonly reopenAfterMs: number;
}

/** What the store remembers of an alert. */
export interface KnownEpisode {
  readonly open?: IncidentId;
  readonly lastClosed?: ClosedEpisode;
}

/** Which incident an alert belongs to, and why. The reasons are closed sets. */
export type EpisodeDecision =
  | { readonly kind: 'open'; readonly because: 'first-seen' | 'new-episode' | 'recurred' | 'still-firing' }
  | { readonly kind: 'join'; readonly incident: IncidentId; readonly because: 'incident-open' }
  | {
      readonly kind: 'ignore';
      readonly because: 'heartbeat' | 'doctor' | 'resolved-without-incident' | 'alert-lag' | 'repeat';
    };

const HEARTBEATS: ReadonlySet<string> = new Set(['Watchdog', 'InfoInhibitor']);

// After these the alert was over as far as anybody could tell, so that it fires again means something soon.
const RECOVERED: ReadonlySet<Outcome> = new Set(['healed', 'self-recovered', 'cancelled']);

/**
 * Decides about one alert of a webhook that came at `now` (epoch milliseconds). Total.
 *
 * An episode is told by what was remembered, never by comparing `startsAt` for equality: Alertmanager moves it earlier when
 * another Prometheus replica saw the alert first.
 */
export function decideEpisode(alert: Alert, known: KnownEpisode, now: number, rules: EpisodeRules): EpisodeDecision {
  if (HEARTBEATS.has(alertName(alert))) return { kind: 'ignore', because: 'heartbeat' };
  if (doctorNonce(alert.labels) !== undefined) return { kind: 'ignore', because: 'doctor' };
  if (known.open !== undefined) return { kind: 'join', incident: known.open, because: 'incident-open' };
  if (alert.status === 'resolved') return { kind: 'ignore', because: 'resolved-without-incident' };

  const last = known.lastClosed;
  if (last === undefined) return { kind: 'open', because: 'first-seen' };
  if (last.resolved || alert.startsAt > last.closedAt) return { kind: 'open', because: 'new-episode' };

  const sinceClosed = now - last.closedAt;
  if (RECOVERED.has(last.outcome)) {
    return sinceClosed <= rules.alertLagMs
      ? { kind: 'ignore', because: 'alert-lag' }
      : { kind: 'open', because: 'recurred' };
  }
  return sinceClosed < rules.reopenAfterMs
    ? { kind: 'ignore', because: 'repeat' }
    : { kind: 'open', because: 'still-firing' };
}
