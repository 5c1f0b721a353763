import type { Alert } from '../../src/domain/alert.ts';
import { AutoHealError } from '../../src/domain/errors.ts';
import type { IncidentId, Outcome } from '../../src/domain/incident.ts';
import type { ClosedEpisode, GroupingCommit, NewDelivery, Store } from '../../src/ports/store.ts';

interface Remembered {
  open?: IncidentId;
  lastClosed?: ClosedEpisode;
  resolved: boolean;
}

export interface MemoryIntakeStore extends Pick<Store, 'appendDeliveries' | 'episodes' | 'commitGrouping'> {
  readonly deliveries: readonly NewDelivery[];
  /** The deliveries of each commit that was tried, in order. */
  readonly commits: readonly (readonly NewDelivery[])[];
  /** Incidents ever opened, and the alerts each holds now. */
  readonly incidents: ReadonlyMap<IncidentId, ReadonlyMap<string, Alert>>;
  /** What every further commit does before it is written. Without it: nothing. */
  beforeCommit: ((batch: readonly NewDelivery[]) => Promise<void>) | undefined;
  close(incident: IncidentId, outcome: Outcome, at: number): void;
}

/** The intake half of the store port, in memory: what deliveries and grouping need. */
export function makeMemoryIntakeStore(): MemoryIntakeStore {
  const deliveries: NewDelivery[] = [];
  const commits: (readonly NewDelivery[])[] = [];
  const episodes = new Map<string, Remembered>();
  const incidents = new Map<IncidentId, Map<string, Alert>>();
  const grouped = new Set<string>();

  const store: MemoryIntakeStore = {
    deliveries,
    commits,
    incidents,
    beforeCommit: undefined,

    async appendDeliveries(batch) {
      commits.push(batch);
      await store.beforeCommit?.(batch);
      deliveries.push(...batch.filter(({ id }) => !deliveries.some((known) => known.id === id)));
    },

    async episodes(fingerprints) {
      return new Map(fingerprints.flatMap((key) => (episodes.has(key) ? [[key, { ...episodes.get(key) }]] : [])));
    },

    async commitGrouping(grouping: GroupingCommit) {
      if (grouped.has(grouping.delivery)) return;
      grouped.add(grouping.delivery);
      for (const entry of grouping.grouped) {
        const known = episodes.get(entry.alert.fingerprint) ?? { resolved: false };
        known.resolved = entry.alert.status === 'resolved';
        episodes.set(entry.alert.fingerprint, known);
        if (entry.kind === 'ignore') {
          if (known.lastClosed && known.resolved) known.lastClosed = { ...known.lastClosed, resolved: true };
          continue;
        }
        if (entry.kind === 'open') incidents.set(entry.incident, new Map());
        const alerts = incidents.get(entry.incident);
        if (alerts === undefined) throw new AutoHealError('BUG', 'joined an incident that does not exist');
        alerts.set(entry.alert.fingerprint, entry.alert);
        known.open = entry.incident;
      }
    },

    close(incident, outcome, at) {
      for (const known of episodes.values()) {
        if (known.open !== incident) continue;
        delete known.open;
        known.lastClosed = { incident, outcome, closedAt: at, resolved: known.resolved };
      }
    },
  };
  return store;
}
