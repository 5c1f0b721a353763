import type { Decided, Intended, PastAction, Scored, Verdict } from '../domain/incident.ts';
import type { Mode, Policy } from '../domain/policy.ts';
import type { Candidate, Refusal, RefusalCode } from '../domain/remedy.ts';
import type { AlertSource } from '../ports/alerts.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterReader } from '../ports/cluster.ts';
import { best } from './best.ts';
import { firstRefusal, refusalsOf, type Guard, type GuardContext, type GuardedIncident } from './guard.ts';
import { defaultGuards, type Guards } from './default-guards.ts';
import { allowedByPolicy, scoresEnough } from './guards/permission.ts';
import type { ProtectionDeps } from './guards/protection.ts';
import { annotatedMode, stricter, type AnnotatedMode, type Caution } from './mode.ts';
import { permissionFor } from './policy-rule.ts';

export interface DecideDeps extends ProtectionDeps {
  readonly policy: Policy;
  /** For the annotations of the workload and its namespace. */
  readonly cluster: ClusterReader;
  /** Absent where no Alertmanager is configured: silences are not asked for then, and the verdict says so. */
  readonly alerts?: AlertSource;
  readonly clock: Pick<Clock, 'now'>;
  /** Instead of the default guards, for tests and for what is to come. */
  readonly guards?: Guards;
}

export type Decide = (incident: Scored, history: readonly PastAction[]) => Promise<Verdict>;

/**
 * The verdict on a scored incident. All guards are asked in every mode, so that `observe` says honestly what would have
 * been done. Never throws: what cannot be found out refuses.
 */
export function makeDecide(deps: DecideDeps): Decide {
  const guards = deps.guards ?? defaultGuards(deps);
  return async (incident, history) => {
    const context = contextOf(incident, history, deps);
    const { verdict, candidate } = await choose(incident, guards, context);
    if (verdict !== undefined) return verdict;
    return verdictFor(withNotes(candidate, deps), await permittedMode(candidate, incident, context), deps);
  };
}

/**
 * The guards that must hold again right before the write, after an approval or a restart as well as seconds after the
 * decision. Never throws.
 */
export function makeMayStillAct(deps: DecideDeps): (incident: Decided | Intended) => Promise<Refusal | undefined> {
  const guards = deps.guards ?? defaultGuards(deps);
  return async (incident) => {
    const { verdict } = incident;
    if (verdict.kind !== 'act' && verdict.kind !== 'ask') {
      return { code: 'not-allowed-by-policy', why: `the verdict was to ${verdict.kind}, not to act` };
    }
    const context = { ...contextOf(incident, [], deps), candidate: verdict.candidate };
    const granted: Caution = verdict.kind === 'act' ? 'auto' : 'approve';
    return firstRefusal([...guards.rightBefore, modeStillGranted(granted)], context);
  };
}

/** A person who asks for more care after the decision is heard: `act` needs `auto`, what was approved needs `approve`. */
function modeStillGranted(granted: Caution): Guard {
  return async function modeIsStillGranted({ annotated }) {
    const { caution, from } = await annotated();
    return stricter(caution, granted) === granted ? undefined : { code: 'opted-out', why: from };
  };
}

type Choice =
  | { readonly verdict: Verdict; readonly candidate?: undefined }
  | { readonly verdict?: undefined; readonly candidate: Candidate };

async function choose(incident: Scored, guards: Guards, context: GuardContext): Promise<Choice> {
  const refusals = await refusalsOf(guards.workload, context);
  const [first] = refusals;
  if (first !== undefined) {
    // Nothing went wrong and nothing is forbidden: it is simply a matter for people.
    const forPeople = refusals.every((refusal) => refusal.code === 'notify-only');
    const verdict: Verdict = forPeople
      ? { kind: 'escalate', because: first.why }
      : { kind: 'refuse', refusals: [first, ...refusals.slice(1)] };
    return { verdict };
  }
  const open = incident.candidates.filter((each) => isOpen(each, incident));
  const chosen = best(open.filter((each) => allowedByPolicy({ ...context, candidate: each }) === undefined));
  if (chosen === undefined || scoresEnough({ ...context, candidate: chosen }) !== undefined) {
    return { verdict: nothingToDo(incident, open, context) };
  }
  if (chosen.remedy === 'none') return { verdict: { kind: 'wait', because: chosen.because.join('; ') } };
  // The guards are asked about the chosen remedy only. Where they refuse the best one, the next best is not taken instead:
  // more doubt must never lead to another, less fitting action.
  const [doubt, ...doubts] = await refusalsOf(guards.chosen, { ...context, candidate: chosen });
  if (doubt !== undefined) return { verdict: { kind: 'refuse', refusals: [doubt, ...doubts] } };
  return { candidate: chosen };
}

/** A candidate that applies. Waiting is not considered a second time once it was in vain. */
function isOpen(candidate: Candidate, incident: GuardedIncident): boolean {
  return candidate.refusal === undefined && !(candidate.remedy === 'none' && incident.waited === true);
}

/** Refusals of remedies that nobody would think of here; people are not told of them. */
const BESIDE_THE_POINT: ReadonlySet<RefusalCode> = new Set(['does-not-cure', 'wrong-kind', 'incident-in-namespace']);

/** Nothing is good enough: a refusal where a remedy fits but may not be done, a call for people where none fits. */
function nothingToDo(incident: Scored, open: readonly Candidate[], context: GuardContext): Verdict {
  const [cause] = incident.diagnosis.causes;
  if (cause.name === 'unknown')
    return { kind: 'escalate', because: 'the cause is unknown, and nothing is done by guess' };
  const fitting = open.filter((each) => each.remedy !== 'none').map((each) => ({ ...context, candidate: each }));
  const [first, ...rest] = fitting.flatMap((each) => allowedByPolicy(each) ?? scoresEnough(each) ?? []);
  if (first !== undefined) {
    const [no = first, ...others] = [...serversNoes(incident), first, ...rest];
    return { kind: 'refuse', refusals: [no, ...others] };
  }
  const reasons = incident.candidates.flatMap(({ remedy, refusal }) =>
    refusal === undefined || BESIDE_THE_POINT.has(refusal.code) ? [] : [`${remedy}: ${adviceOf(refusal)}`],
  );
  return { kind: 'escalate', because: [`no remedy can be applied to ${cause.name}`, ...reasons].join('; ') };
}

function adviceOf({ why, suggest }: Refusal): string {
  return suggest === undefined ? why : `${why}; ${suggest}`;
}

/** What the API server refused comes first: a right that is missing is why the better remedy was not done. */
function serversNoes({ candidates }: Scored): readonly Refusal[] {
  return candidates.flatMap(({ refusal }) =>
    refusal !== undefined && SERVERS_NOES.has(refusal.code) ? [refusal] : [],
  );
}

const SERVERS_NOES: ReadonlySet<RefusalCode> = new Set(['forbidden', 'dry-run-refused']);

async function permittedMode(
  candidate: Candidate,
  incident: GuardedIncident,
  { annotated, policy }: GuardContext,
): Promise<Mode | { readonly refusal: Refusal }> {
  const { alerts, location } = incident;
  const { mode } = permissionFor(policy, { workload: location.workload, alerts, cause: candidate.cures });
  let wish: AnnotatedMode;
  try {
    wish = await annotated();
  } catch {
    return { refusal: { code: 'guard-failed', why: 'the mode annotations could not be read' } };
  }
  const caution = stricter(mode, wish.caution);
  return caution === 'off' ? { refusal: { code: 'opted-out', why: wish.from } } : caution;
}

function verdictFor(candidate: Candidate, mode: Mode | { readonly refusal: Refusal }, deps: DecideDeps): Verdict {
  if (typeof mode === 'object') return { kind: 'refuse', refusals: [mode.refusal] };
  switch (mode) {
    case 'auto':
      return { kind: 'act', candidate, mode };
    case 'approve':
      return { kind: 'ask', candidate, mode, expiresAt: deps.clock.now() + deps.policy.approvalTtlSeconds * 1000 };
    case 'observe':
      return { kind: 'observe', candidate, mode };
  }
}

function withNotes(candidate: Candidate, deps: DecideDeps): Candidate {
  if (deps.alerts !== undefined) return candidate;
  return { ...candidate, because: [...candidate.because, 'silences were not checked: no Alertmanager is configured'] };
}

const NO_CANDIDATE: Candidate = { remedy: 'none', score: 0, cures: 'unknown', because: [] };

function contextOf(incident: GuardedIncident, history: readonly PastAction[], deps: DecideDeps): GuardContext {
  let asked: Promise<AnnotatedMode> | undefined;
  return {
    incident,
    candidate: incident.candidates[0] ?? NO_CANDIDATE,
    history,
    policy: deps.policy,
    now: deps.clock.now(),
    annotated: () => (asked ??= annotatedMode(deps.cluster, incident.location.workload)),
  };
}
