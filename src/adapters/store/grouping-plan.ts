import type { Alert } from '../../domain/alert.ts';
import type { IncidentId } from '../../domain/incident.ts';
import type { GroupingCommit } from '../../ports/store.ts';

/** The open alert that the store holds for a fingerprint. */
export interface HeldAlert {
  readonly incident: IncidentId;
  readonly alert: Alert;
}

/** One alert that is to be written to an incident. */
export interface Placed {
  readonly incident: IncidentId;
  readonly alert: Alert;
  /** Whether the incident has to look at it: it is new there, or fires or resolved since. */
  readonly wakes: boolean;
}

export interface GroupingPlan {
  /** Incidents to open, in the order in which they were named. */
  readonly opened: readonly IncidentId[];
  /** New and changed alerts. What stands as it stood is left out. */
  readonly placed: readonly Placed[];
  /** Incidents that alerts join without being opened here: they must be open. */
  readonly joined: readonly IncidentId[];
  /** Ignored alerts that are over: their last episode counts as resolved. */
  readonly resolved: readonly string[];
}

/**
 * What a grouping changes, given the open alerts that the store holds now. A fingerprint that an open incident holds goes
 * there, whatever the grouping says: another delivery may have been grouped since it was made. Pure.
 */
export function planGrouping(grouping: GroupingCommit, held: ReadonlyMap<string, HeldAlert>): GroupingPlan {
  const belonging = grouping.grouped.filter((entry) => entry.kind !== 'ignore');
  const openable = new Set(belonging.filter(({ kind }) => kind === 'open').map(({ incident }) => incident));
  for (const { incident } of held.values()) openable.delete(incident);
  const placed = new Map<string, Placed>();
  for (const { alert, incident } of belonging) {
    const place = placeOf(alert, incident, placed.get(alert.fingerprint) ?? held.get(alert.fingerprint));
    if (place !== undefined) placed.set(alert.fingerprint, place);
  }
  const touched = [...new Set([...placed.values()].map(({ incident }) => incident))];
  return {
    opened: touched.filter((incident) => openable.has(incident)),
    placed: [...placed.values()],
    joined: touched.filter((incident) => !openable.has(incident)),
    resolved: grouping.grouped
      .filter(({ kind, alert }) => kind === 'ignore' && alert.status === 'resolved')
      .map(({ alert }) => alert.fingerprint),
  };
}

/** Where an alert goes, given where it is by now; undefined when it is there already, just as it is. */
function placeOf(alert: Alert, incident: IncidentId, before: HeldAlert | Placed | undefined): Placed | undefined {
  if (before === undefined) return { incident, alert, wakes: true };
  const after = sameEpisode(before.alert, alert);
  if (sameAlert(before.alert, after)) return undefined;
  const wakes = before.alert.status !== after.status || ('wakes' in before && before.wakes);
  return { incident: before.incident, alert: after, wakes };
}

/**
 * The newer alert, with the earliest start of the episode: Alertmanager moves `startsAt` earlier when it hears of an
 * earlier one, and sends it later again after a restart. One that fires again after it resolved starts anew.
 */
function sameEpisode(before: Alert, after: Alert): Alert {
  if (before.status === 'resolved' && after.status === 'firing') return after;
  return { ...after, startsAt: Math.min(before.startsAt, after.startsAt) };
}

function sameAlert(one: Alert, other: Alert): boolean {
  return (
    one.status === other.status &&
    one.startsAt === other.startsAt &&
    one.endsAt === other.endsAt &&
    one.generatorURL === other.generatorURL &&
    sameRecord(one.labels, other.labels) &&
    sameRecord(one.annotations, other.annotations)
  );
}

function sameRecord(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}
