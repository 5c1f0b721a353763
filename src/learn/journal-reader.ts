import { errorText } from '../domain/errors.ts';
import type { Closed } from '../domain/incident.ts';
import { workloadKey } from '../domain/workload.ts';
import type { IncidentSummary, Store } from '../ports/store.ts';
import { decisionsOf, HISTORY_MS, type JournalledDecision } from './decisions.ts';

export interface ReadJournal {
  /** Of the newest closed incidents, the oldest of them first. */
  readonly decisions: readonly JournalledDecision[];
  readonly incidents: number;
  /** Incidents whose journal is not as AutoHeal writes it, each with the reason. They are left out. */
  readonly unreadable: readonly string[];
}

/** Evidence is some tens of kilobytes: this many incidents are held in memory at most. */
export const MOST_INCIDENTS = 2_000;
const SHOWN = 10;

/**
 * The decisions of the newest `limit` closed incidents in which something was scored. Incidents are read one at a time.
 *
 * @throws AutoHealError `NOT_READY` when the store cannot be read.
 */
export async function readDecisions(
  store: Pick<Store, 'incidents' | 'incident' | 'history' | 'actionsSince'>,
  limit: number = MOST_INCIDENTS,
): Promise<ReadJournal> {
  const decisions: JournalledDecision[] = [];
  const unreadable: string[] = [];
  let incidents = 0;
  const newest = await store.incidents({ limit: Math.min(limit, MOST_INCIDENTS), open: false });
  for (const summary of newest.toReversed()) {
    const read = await decisionsIn(summary, store);
    if (read.kind === 'unreadable' && unreadable.length < SHOWN) unreadable.push(`${summary.id}: ${read.why}`);
    if (read.kind !== 'read' || read.decisions.length === 0) continue;
    incidents += 1;
    decisions.push(...read.decisions);
  }
  return { decisions, incidents, unreadable };
}

type Read =
  | { readonly kind: 'read'; readonly decisions: readonly JournalledDecision[] }
  | { readonly kind: 'unreadable'; readonly why: string };

async function decisionsIn({ id }: IncidentSummary, store: Parameters<typeof readDecisions>[0]): Promise<Read> {
  const incident = await store.incident(id);
  // An incident that never came to scores has nothing to tell, and its history need not be read.
  if (incident?.phase !== 'closed' || incident.location?.kind !== 'located') return { kind: 'read', decisions: [] };
  const { location, openedAt } = incident;
  const [events, actions] = await Promise.all([
    store.history(id),
    store.actionsSince({ since: openedAt - HISTORY_MS, workload: workloadKey(location.workload) }),
  ]);
  return safely(() => decisionsOf(incident satisfies Closed, events, actions));
}

/** A journal that somebody changed must not keep the others from being read. */
function safely(read: () => readonly JournalledDecision[]): Read {
  try {
    return { kind: 'read', decisions: read() };
  } catch (error) {
    return { kind: 'unreadable', why: errorText(error) };
  }
}
