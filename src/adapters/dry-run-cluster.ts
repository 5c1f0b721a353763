import type { ClusterWrite } from '../domain/cluster-write.ts';
import type { Cluster, ClusterEventRecord, WriteAnswer } from '../ports/cluster.ts';

/** A write that was only rehearsed, and what the API server said to it. */
export interface RehearsedWrite {
  readonly write: ClusterWrite;
  readonly answer: WriteAnswer;
}

export interface DryRunCluster extends Cluster {
  /** Every dry run that was asked for as such, oldest first. */
  readonly rehearsals: readonly RehearsedWrite[];
  /** What would have been written, oldest first. Dry runs that were asked for as such are not among them. */
  readonly writes: readonly RehearsedWrite[];
  /** What would have been recorded, oldest first. */
  readonly events: readonly ClusterEventRecord[];
}

/** A replay is about one webhook; it does not remember without end. */
const MAX_REMEMBERED = 1_000;

/**
 * The same cluster, in which nothing is changed: every write becomes a dry run, and Events are only remembered. Reads go
 * through.
 */
export function makeDryRunCluster(cluster: Cluster): DryRunCluster {
  const rehearsals: RehearsedWrite[] = [];
  const writes: RehearsedWrite[] = [];
  const events: ClusterEventRecord[] = [];
  return {
    rehearsals,
    writes,
    events,
    get: (kind, ref) => cluster.get(kind, ref),
    getAny: (ref) => cluster.getAny(ref),
    pathOf: (ref) => cluster.pathOf(ref),
    listAny: (query) => cluster.listAny(query),
    list: (kind, query) => cluster.list(kind, query),
    previousLogs: (query) => cluster.previousLogs(query),
    async send(write, { dryRun }) {
      const answer = await cluster.send(write, { dryRun: true });
      remember(dryRun ? rehearsals : writes, { write, answer });
      return answer;
    },
    async recordEvent(event) {
      remember(events, event);
    },
  };
}

function remember<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > MAX_REMEMBERED) list.shift();
}
