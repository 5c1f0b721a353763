import type { Alert } from '../../domain/alert.ts';
import type {
  Cause,
  ContainerEvidence,
  Evidence,
  PodEvidence,
  RevisionEvidence,
  Signals,
} from '../../domain/diagnosis.ts';
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
  readonly current?: RevisionEvidence;
  /** When the present revision began to be rolled out. Epoch milliseconds. */
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
  const current = evidence.revisions.find((revision) => revision.current);
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
        .filter((container) => isCrashing(container, { now, thresholds }))
        .map((container) => ({ pod, container })),
    ),
    ...(current === undefined ? {} : { current }),
    ...(rolloutAt === undefined ? {} : { rolloutAt }),
    ...(starts.length === 0 ? {} : { symptomAt: Math.min(...starts) }),
    rolloutStuck: (evidence.state?.conditions ?? []).some(
      ({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded',
    ),
  };
}

/**
 * A revision is as old as its object, unless a rollback took up an old one again: then an older number was made later, and
 * its oldest pod tells when. Unknown when it has no pods in that case.
 */
function rolloutStart(evidence: Evidence, current: RevisionEvidence): number | undefined {
  const reused = evidence.revisions.some((other) => other !== current && other.createdAt > current.createdAt);
  if (!reused) return current.createdAt;
  const starts = evidence.pods.filter((pod) => pod.revisionHash === current.hash).map((pod) => pod.createdAt);
  return starts.length === 0 ? undefined : Math.min(...starts);
}

const FAILED_STATES: ReadonlySet<string> = new Set(['Error', 'OOMKilled', 'ContainerCannotRun', 'StartError']);

/** Whether a container ends again and again: in back-off, ended after a restart, or ended often and a moment ago. */
function isCrashing(
  { stateReason, restarts, lastTermination }: ContainerEvidence,
  { now, thresholds }: Pick<Facts, 'now' | 'thresholds'>,
): boolean {
  if (stateReason === 'CrashLoopBackOff') return true;
  if (FAILED_STATES.has(stateReason)) return restarts > 0;
  const finishedAt = lastTermination?.finishedAt;
  return (
    restarts >= thresholds.crashLoopRestarts && finishedAt !== undefined && now - finishedAt <= thresholds.recentCrashMs
  );
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

/** Earlier revisions, newest first. */
export function earlierRevisions({ evidence }: Facts): readonly RevisionEvidence[] {
  return evidence.revisions.filter((revision) => !revision.current);
}

/** Whether a number is known and at least the threshold. A signal that is absent is never high. */
export function atLeast(value: number | undefined, threshold: number): value is number {
  return value !== undefined && value >= threshold;
}
