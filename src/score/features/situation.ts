import type { Alert } from '../../domain/alert.ts';
import type { Evidence, PodEvidence, RevisionEvidence, Signals } from '../../domain/diagnosis.ts';
import type { Outcome, PastAction } from '../../domain/incident.ts';
import type { RemedyName } from '../../domain/remedy.ts';
import type { FeatureQuestion } from './question.ts';

/** What several columns ask of a question, worked out once. */
export interface Situation {
  readonly question: FeatureQuestion;
  readonly evidence: Evidence;
  readonly signals: Signals;
  /** Epoch milliseconds at which the evidence was gathered: nothing later may show in a row. */
  readonly at: number;
  /** The alerts that fired then. */
  readonly firing: readonly Alert[];
  /** When the first of them began. */
  readonly symptomAt?: number;
  /** Pods that run or are meant to: neither ended nor being deleted. */
  readonly live: readonly PodEvidence[];
  /** How many replicas there should be; absent where nobody knows. */
  readonly replicas?: number;
  readonly current?: RevisionEvidence;
  /** When the present revision began to be rolled out. */
  readonly rolloutAt?: number;
  /** Actions on the workload until then, this incident's own among them, oldest first. */
  readonly actions: readonly Action[];
}

/** An action and what was known of it when the evidence was gathered. */
export interface Action {
  readonly remedy: RemedyName;
  readonly at: number;
  readonly end: 'helped' | 'failed' | 'unknown';
}

/** Works out the situation. Pure. */
export function situationOf(question: FeatureQuestion): Situation {
  const { evidence } = question.diagnosis;
  const { at } = evidence;
  const firing = question.alerts.filter((alert) => firedAt(alert, at));
  const live = evidence.pods.filter(isLive);
  const current = evidence.revisions.find((revision) => revision.current);
  const rolloutAt = current === undefined ? undefined : rolloutStart(evidence, current);
  const replicas = evidence.state?.desired ?? (live.length > 0 ? live.length : undefined);
  return {
    question,
    evidence,
    at,
    firing,
    live,
    signals: evidence.signals,
    ...(firing.length > 0 && { symptomAt: Math.min(...firing.map((alert) => alert.startsAt)) }),
    ...(replicas !== undefined && { replicas }),
    ...(current !== undefined && { current }),
    ...(rolloutAt !== undefined && { rolloutAt }),
    ...pastOf(question, at),
  };
}

/** An alert that resolved later still fired then: what became of it says what became of the workload. */
function firedAt({ status, startsAt, endsAt }: Alert, at: number): boolean {
  if (startsAt > at) return false;
  return endsAt === undefined ? status === 'firing' : endsAt > at;
}

function isLive({ terminating, phase, reason }: PodEvidence): boolean {
  return !terminating && phase !== 'Succeeded' && phase !== 'Failed' && reason !== 'Evicted';
}

/** As old as its object, unless a rollback took up an old one again: then its oldest pod tells when, if it has one. */
function rolloutStart({ revisions, pods }: Evidence, current: RevisionEvidence): number | undefined {
  if (!revisions.some((other) => other !== current && other.createdAt > current.createdAt)) return current.createdAt;
  const starts = pods.filter((pod) => isOfRevision(pod, current)).map((pod) => pod.createdAt);
  return starts.length === 0 ? undefined : Math.min(...starts);
}

/** Pods of a StatefulSet are labelled with the name of the revision, those of others with its hash. */
export function isOfRevision({ revisionHash }: PodEvidence, { hash, name }: RevisionEvidence): boolean {
  return revisionHash !== '' && (revisionHash === hash || revisionHash === name);
}

/**
 * The past as it was known then. How this incident's own actions ended is taken from their verification, never from the
 * history: the outcome that stands there is that of the whole incident, which nobody knew yet.
 */
function pastOf({ attempts, history }: FeatureQuestion, at: number): Pick<Situation, 'actions'> {
  const own = attempts
    .filter(({ intent }) => intent.plannedAt <= at)
    .filter(({ result }) => result.kind !== 'refused' || result.at > at)
    .map(({ intent, verification }) => {
      const known = verification === undefined || verification.at > at ? undefined : verification.verdict;
      return { remedy: intent.remedy, at: intent.plannedAt, end: ENDS[known ?? 'unknown'] };
    });
  const ids = new Set<string>(attempts.map(({ intent }) => intent.actionId));
  const earlier = history
    .filter((action) => action.at <= at && !ids.has(action.actionId))
    .map((action) => ({ remedy: action.remedy, at: action.at, end: endOf(action) }));
  return { actions: [...earlier, ...own].sort(oldestFirst) };
}

/** The name decides between actions of one moment, so that the order in which they are told does not. */
function oldestFirst(one: Action, other: Action): number {
  return one.at - other.at || (one.remedy < other.remedy ? -1 : Number(one.remedy > other.remedy));
}

const ENDS = { recovered: 'helped', 'not-recovered': 'failed', unknown: 'unknown' } as const;

function endOf({ outcome }: PastAction): Action['end'] {
  return outcome === undefined ? 'unknown' : (OUTCOMES[outcome] ?? 'unknown');
}

const OUTCOMES: Readonly<Partial<Record<Outcome, Action['end']>>> = { healed: 'helped', 'not-healed': 'failed' };
