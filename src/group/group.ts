import { setImmediate as nextTurn } from 'node:timers/promises';

import type { Alert } from '../domain/alert.ts';
import type { IncidentId } from '../domain/incident.ts';
import type { Clock } from '../ports/clock.ts';
import type { Grouped, GroupingCommit, NewDelivery, Store } from '../ports/store.ts';
import { decideEpisode, type EpisodeRules, type KnownEpisode } from './episode.ts';
import { subjectKey } from './subject.ts';

/** What grouping needs of a parsed webhook; `parseWebhook` of `receive/` returns it. */
export type ParseAlerts = (
  body: string,
  receivedAt: number,
) =>
  | {
      readonly kind: 'ok';
      readonly webhook: {
        readonly alerts: readonly Alert[];
        readonly rejected: GroupingCommit['rejected'];
      };
    }
  | { readonly kind: 'invalid'; readonly why: string };

export interface GroupDeps {
  readonly store: Pick<Store, 'episodes'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly newIncidentId: () => IncidentId;
  readonly parse: ParseAlerts;
  readonly rules: EpisodeRules;
}

/** The incidents that the alerts of a journalled delivery open or join. Commits nothing itself. */
export type Group = (delivery: NewDelivery) => Promise<GroupingCommit>;

export const REOPEN_AFTER_MS = 4 * 60 * 60 * 1000;

/** The `rejected` index that stands for the whole webhook. */
export const WHOLE_WEBHOOK = -1;

// So many alerts are looked up and decided in one go; other work gets its turn in between.
const CHUNK = 500;

/**
 * Grouping, to be called for one delivery at a time: two that were grouped at once would not see the incidents that the
 * other one opens.
 *
 * Alerts are judged at the time the delivery was received, so a backlog after an outage is grouped as it would have been
 * then. Of several alerts with one fingerprint the last one counts.
 */
export function makeGroup(deps: GroupDeps): Group {
  return async function group(delivery) {
    const parsed = deps.parse(delivery.body, delivery.receivedAt);
    if (parsed.kind === 'invalid') {
      const rejected = [{ index: WHOLE_WEBHOOK, reason: parsed.why }];
      return { delivery: delivery.id, at: deps.clock.now(), grouped: [], rejected };
    }

    const alerts = lastOfEachFingerprint(parsed.webhook.alerts);
    const grouped: Grouped[] = [];
    const opened = new Map<string, IncidentId>();
    for (let start = 0; start < alerts.length; start += CHUNK) {
      const chunk = alerts.slice(start, start + CHUNK);
      const episodes = await deps.store.episodes(chunk.map((alert) => alert.fingerprint));
      for (const alert of chunk) {
        grouped.push(place(alert, episodes.get(alert.fingerprint) ?? {}, { delivery, opened }));
      }
      await nextTurn();
    }
    return { delivery: delivery.id, at: deps.clock.now(), grouped, rejected: parsed.webhook.rejected };
  };

  function place(
    alert: Alert,
    known: KnownEpisode,
    context: { readonly delivery: NewDelivery; readonly opened: Map<string, IncidentId> },
  ): Grouped {
    const decision = decideEpisode(alert, known, context.delivery.receivedAt, deps.rules);
    switch (decision.kind) {
      case 'ignore':
        return { kind: 'ignore', alert, because: decision.because };
      case 'join':
        return { kind: 'join', incident: decision.incident, alert };
      case 'open':
        return openOrShare(alert, context.opened);
    }
  }

  function openOrShare(alert: Alert, opened: Map<string, IncidentId>): Grouped {
    const subject = subjectKey(alert.labels);
    const shared = subject === undefined ? undefined : opened.get(subject);
    if (shared !== undefined) return { kind: 'join', incident: shared, alert };
    const incident = deps.newIncidentId();
    if (subject !== undefined) opened.set(subject, incident);
    return { kind: 'open', incident, alert };
  }
}

function lastOfEachFingerprint(alerts: readonly Alert[]): readonly Alert[] {
  return [...new Map(alerts.map((alert) => [alert.fingerprint, alert])).values()];
}
