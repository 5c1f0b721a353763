import type { Alert } from '../../domain/alert.ts';
import type {
  Cause,
  ContainerEvidence,
  Evidence,
  PodEvidence,
  RevisionEvidence,
  Signals,
} from '../../domain/diagnosis.ts';
import { isCrashing } from '../../domain/container-state.ts';
import type { Thresholds } from './thresholds.ts';

/** A container and the pod it is in. */
export interface SickContainer {
  readonly pod: PodEvidence;
  readonly container: ContainerEvidence;
}

/** What several causes ask of the evidence, worked out once. */
export interface Facts {
  readonly evidence: Evidence;
  readonly alerts: readonly Alert[];
  readonly now: number;
  readonly thresholds: Thresholds;
  readonly signals: Signals;
  /** Pods that run or are meant to: neither ended nor being deleted. */
  readonly live: readonly PodEvidence[];
  readonly notReady: readonly PodEvidence[];
  /** Containers of live pods that end again and again. */
  readonly crashing: readonly SickContainer[];
  /** The revision that brought the program that runs now: a restart, or a higher limit, is a revision but no other program. */
  readonly current?: RevisionEvidence;
  /** The hashes of the pods that run it. */
  readonly hashes: ReadonlySet<string>;
  /** When that began to be rolled out. Epoch milliseconds. */
  readonly rolloutAt?: number;
  /** When the earliest alert began. Epoch milliseconds; absent without alerts. */
  readonly symptomAt?: number;
  /** True when the rollout exceeded its deadline. */
  readonly rolloutStuck: boolean;
}

/** One possible cause: the evidence for it, or undefined where the evidence does not support it. */
export type CauseFinder = (facts: Facts) => Cause | undefined;

/** Works out the facts. Pure. */
export function factsOf(
  evidence: Evidence,
  { alerts, now, thresholds }: Pick<Facts, 'alerts' | 'now' | 'thresholds'>,
): Facts {
  const live = evidence.pods.filter(
    (pod) => !pod.terminating && pod.phase !== 'Succeeded' && pod.phase !== 'Failed' && pod.reason !== 'Evicted',
  );
  const program = programOf(evidence.revisions);
  const current = program.at(-1);
  const rolloutAt = current === undefined ? undefined : rolloutStart(evidence, current);
  const starts = alerts.map((alert) => alert.startsAt);
  return {
    evidence,
    alerts,
    now,
    thresholds,
    signals: evidence.signals,
    live,
    notReady: live.filter((pod) => !pod.ready),
    crashing: live.flatMap((pod) =>
      pod.containers
        .filter((container) =>
          isCrashing(container, now, { restarts: thresholds.crashLoopRestarts, recentMs: thresholds.recentCrashMs }),
        )
        .map((container) => ({ pod, container })),
    ),
    ...(current === undefined ? {} : { current }),
    hashes: new Set(program.map(({ hash }) => hash).filter((hash) => hash !== '')),
    ...(rolloutAt === undefined ? {} : { rolloutAt }),
    ...(starts.length === 0 ? {} : { symptomAt: Math.min(...starts) }),
    rolloutStuck: (evidence.state?.conditions ?? []).some(
      ({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded',
    ),
  };
}

/** The present revision and those before it that run the same program, down to the one that brought it. */
function programOf(revisions: readonly RevisionEvidence[]): readonly RevisionEvidence[] {
  const place = revisions.findIndex((revision) => revision.current);
  const since = revisions.slice(place === -1 ? revisions.length : place);
  const first = since.findIndex((each) => each.sameAsBefore !== true);
  return since.slice(0, first + 1);
}

/**
 * A revision is as old as its object, unless a rollback took up an old one again: then an older number was made later, and
 * its oldest pod tells when. Unknown when it has no pods in that case.
 */
function rolloutStart(evidence: Evidence, current: RevisionEvidence): number | undefined {
  const older = evidence.revisions.slice(evidence.revisions.indexOf(current) + 1);
  if (older.every((other) => other.createdAt <= current.createdAt)) return current.createdAt;
  const starts = evidence.pods.filter((pod) => pod.revisionHash === current.hash).map((pod) => pod.createdAt);
  return starts.length === 0 ? undefined : Math.min(...starts);
}

/** The names of the pods, each once, in order. */
export function podNames(containers: readonly SickContainer[]): readonly string[] {
  return [...new Set(containers.map(({ pod }) => pod.name))];
}

/** Whether the present revision is young. Unknown age is not young. */
export function isYoung({ rolloutAt, now, thresholds }: Facts): boolean {
  return rolloutAt !== undefined && now - rolloutAt <= thresholds.youngRevisionMs;
}

/** Whether the alerts began before the rollout, and so cannot be its doing. False without alerts or a rollout. */
export function symptomIsOlder({ symptomAt, rolloutAt, thresholds }: Facts): boolean {
  return symptomAt !== undefined && rolloutAt !== undefined && symptomAt < rolloutAt - thresholds.rolloutSlackMs;
}

/** The revisions before the program that runs now, newest first. */
export function earlierRevisions({ evidence, current }: Facts): readonly RevisionEvidence[] {
  const place = current === undefined ? -1 : evidence.revisions.indexOf(current);
  // Which one was taken up again does not matter here: all others are to be had.
  return evidence.revisions.filter((revision, index) => !revision.current && index > place);
}

/** Whether a number is known and at least the threshold. A signal that is absent is never high. */
export function atLeast(value: number | undefined, threshold: number): value is number {
  return value !== undefined && value >= threshold;
}
