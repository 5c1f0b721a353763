import type { Alert } from './domain/alert.ts';
import { AutoHealError } from './domain/errors.ts';
import type { Diagnosis } from './domain/diagnosis.ts';
import type {
  Acted,
  Approval,
  Attempt,
  AwaitingApproval,
  Decided,
  Diagnosed,
  Incident,
  IncidentId,
  Intended,
  LocatedIncident,
  PastAction,
  Received,
  Scored,
  Verdict,
  Verification,
  Verifying,
} from './domain/incident.ts';
import type { Located, Location } from './domain/location.ts';
import type { Policy } from './domain/policy.ts';
import {
  refusalText,
  type ActionResult,
  type Candidate,
  type Intent,
  type Refusal,
  type WaitingResult,
} from './domain/remedy.ts';
import { workloadKey, type WorkloadKey } from './domain/workload.ts';
import { mayStillSettle, waitBeforeLook } from './looks.ts';
import { takeBackNext, type RestoreDeps } from './restores.ts';
import { anyFiring, baseOf, close, mergeInto, next, wasDone, type Step } from './steps.ts';

/** What a verification check means for an incident that is being watched. */
export type Judgement =
  | { readonly kind: 'continue'; readonly healthySince?: number; readonly dueAt: number }
  | { readonly kind: 'recovered' | 'not-recovered' | 'unknown'; readonly verification: Verification };

/** The stages of the journey, and the look-ups that a step may make. `app.ts` wires them. */
export interface HealDeps extends RestoreDeps {
  readonly locate: (alerts: readonly Alert[]) => Promise<Location>;
  readonly diagnose: (located: Located, alerts: readonly Alert[]) => Promise<Diagnosis>;
  readonly score: (incident: Diagnosed, history: readonly PastAction[]) => readonly Candidate[];
  readonly decide: (incident: Scored, history: readonly PastAction[]) => Promise<Verdict>;
  readonly plan: (
    incident: Decided,
    candidate: Candidate,
  ) => Promise<
    { readonly kind: 'planned'; readonly intent: Intent } | { readonly kind: 'refused'; readonly refusal: Refusal }
  >;
  /** The guards that must hold again right before the write. */
  readonly mayStillAct: (incident: Decided | Intended) => Promise<Refusal | undefined>;
  /** Sends the write, unless the object shows that it happened already. */
  readonly execute: (intent: Intent) => Promise<ActionResult | WaitingResult>;
  /** Sends nothing: `already-done` when the object shows the write, otherwise refused with the given reason. */
  readonly readBack: (intent: Intent, refusal: Refusal) => Promise<ActionResult>;
  readonly verify: (incident: Acted | Verifying) => Promise<Verification>;
  readonly judge: (question: {
    readonly incident: Verifying;
    readonly check: Verification;
    readonly policy: Policy;
    readonly now: number;
  }) => Judgement;
  readonly openIncidentOf: (workload: WorkloadKey) => Promise<IncidentId | undefined>;
  readonly historyOf: (workload: WorkloadKey, now: number) => Promise<readonly PastAction[]>;
  readonly approvalOf: (incident: IncidentId, rung: number) => Promise<Approval | undefined>;
  readonly policy: Policy;
}

/**
 * The next step of an incident: the journey of an alert, in order. Takes exactly one step and writes nothing to the store;
 * only the step from `intended` writes to the cluster, and what it is about to write was committed by the step before.
 *
 * @throws AutoHealError when an outside part fails; the incident stays where it is and is tried again.
 */
export async function advance(incident: Incident, deps: HealDeps): Promise<Step> {
  switch (incident.phase) {
    case 'received':
      return locateWorkload(incident, deps);
    case 'located':
      return diagnoseWorkload(incident, deps);
    case 'diagnosed':
      return scoreRemedies(incident, deps);
    case 'scored':
      return decideRemedy(incident, deps);
    case 'decided':
      return followVerdict(incident, deps);
    case 'awaiting-approval':
      return awaitApproval(incident, deps);
    case 'intended':
      return act(incident, deps);
    case 'acted':
      return startVerifying(incident, deps);
    case 'verifying':
      return checkRecovery(incident, deps);
    case 'closed':
      return takeBackNext(incident, deps);
  }
}

async function locateWorkload(incident: Received, deps: HealDeps): Promise<Step> {
  if (!anyFiring(incident.alerts)) {
    return close(incident, deps, { outcome: 'cancelled', because: 'the alerts resolved before anything was done' });
  }
  const location = await deps.locate(incident.alerts);
  if (location.kind === 'unlocated') {
    if (location.reason === 'lookup-failed') throw new AutoHealError('PORT_UNREACHABLE', location.why);
    return close(incident, deps, { outcome: 'escalated', because: location.why, location });
  }
  const workload = workloadKey(location.workload);
  const open = await deps.openIncidentOf(workload);
  if (open !== undefined && open !== incident.id) return mergeInto(incident, open, deps.now());
  return { ...next({ ...incident, phase: 'located', location }, deps), workload };
}

async function diagnoseWorkload(incident: LocatedIncident, deps: HealDeps): Promise<Step> {
  const diagnosis = await deps.diagnose(incident.location, incident.alerts);
  return next({ ...incident, phase: 'diagnosed', diagnosis }, deps);
}

async function scoreRemedies(incident: Diagnosed, deps: HealDeps): Promise<Step> {
  const candidates = deps.score(incident, await history(incident, deps));
  return next({ ...incident, phase: 'scored', candidates }, deps);
}

async function decideRemedy(incident: Scored, deps: HealDeps): Promise<Step> {
  const verdict = await deps.decide(incident, await history(incident, deps));
  return next({ ...incident, phase: 'decided', verdict }, deps);
}

async function followVerdict(incident: Decided, deps: HealDeps): Promise<Step> {
  const { verdict } = incident;
  switch (verdict.kind) {
    case 'act':
      return intend(incident, verdict.candidate, deps);
    case 'ask':
      return { ...next({ ...incident, phase: 'awaiting-approval', verdict }, deps), dueAt: verdict.expiresAt };
    case 'wait':
      return watch(incident, deps);
    case 'observe':
      return close(incident, deps, {
        outcome: 'observed',
        because: `mode observe: ${verdict.candidate.remedy} would have been done`,
      });
    case 'refuse':
      return verdict.refusals.every(({ code }) => code === 'low-score') && mayStillSettle(incident)
        ? settle(incident, deps)
        : closeRefused(incident, verdict.refusals, deps);
    case 'escalate':
      return mayStillSettle(incident)
        ? settle(incident, deps)
        : close(incident, deps, { outcome: 'escalated', because: verdict.because });
  }
}

function settle(incident: Decided, deps: HealDeps): Step {
  const looks = incident.looks ?? 0;
  return lookAgain({ ...incident, looks: looks + 1 }, incident.attempts, deps, waitBeforeLook(looks));
}

/** Plans the write, asks the API server in a dry run, and records the intent. The write itself is the next step's. */
async function intend(incident: Decided, candidate: Candidate, deps: HealDeps): Promise<Step> {
  if (!anyFiring(incident.alerts)) {
    return close(incident, deps, { outcome: 'cancelled', because: 'the alerts resolved before the action' });
  }
  const stop = await deps.mayStillAct(incident);
  if (stop !== undefined) return closeRefused(incident, [stop], deps);
  const plan = await deps.plan(incident, candidate);
  if (plan.kind === 'refused') return withoutCandidate(incident, candidate, plan.refusal, deps);
  const workload = workloadKey(incident.location.workload);
  const { policy } = deps;
  return {
    ...next({ ...incident, phase: 'intended', intent: plan.intent }, deps),
    intent: {
      intent: plan.intent,
      workload,
      limits: {
        perHour: policy.maxActionsPerHour,
        perWorkloadPerDay: policy.maxActionsPerWorkloadPerDay,
        // The rungs of one ladder are one attempt to heal: the cooldown starts when the incident is over.
        cooldownMs: incident.attempts.some((attempt) => wasDone(attempt.result)) ? 0 : policy.cooldownSeconds * 1000,
      },
    },
  };
}

/** The candidate turned out not to be possible: decide again without it. Ends, since each candidate is refused once. */
function withoutCandidate(incident: Decided, candidate: Candidate, refusal: Refusal, deps: HealDeps): Step {
  const { verdict: _, ...scored } = incident;
  const candidates = incident.candidates.map((each) =>
    each.remedy === candidate.remedy ? { ...each, score: 0, refusal } : each,
  );
  return next({ ...scored, phase: 'scored', candidates }, deps);
}

async function awaitApproval(incident: AwaitingApproval, deps: HealDeps): Promise<Step> {
  const { verdict } = incident;
  const approval = await deps.approvalOf(incident.id, incident.rung);
  if (approval?.decision === 'deny') {
    return close(incident, deps, {
      outcome: 'denied',
      because: `${approval.by} said no to ${verdict.candidate.remedy}`,
    });
  }
  if (!anyFiring(incident.alerts)) {
    return close(incident, deps, { outcome: 'cancelled', because: 'the alerts resolved before anyone approved' });
  }
  if (approval === undefined && deps.now() >= verdict.expiresAt) {
    return close(incident, deps, {
      outcome: 'expired',
      because: `nobody answered; ${verdict.candidate.remedy} was not done`,
    });
  }
  if (approval === undefined) return { ...next(incident, deps), dueAt: verdict.expiresAt };
  // What was approved was a remedy for a cause. Minutes later the cause may be another one: look again before acting.
  const diagnosis = await deps.diagnose(incident.location, incident.alerts);
  const { cures } = verdict.candidate;
  if (!diagnosis.causes.some((cause) => cause.name === cures)) {
    const [now] = diagnosis.causes;
    // Between two crashes an illness hardly shows. As long as nothing else shows either, the approval stands.
    const hidden = now.name === 'unknown' && deps.now() < verdict.expiresAt;
    if (hidden) return { ...next(incident, deps), dueAt: Math.min(deps.now() + RECHECK_MS, verdict.expiresAt) };
    const because = `approved for ${cures}, but the cause is ${now.name} by now`;
    return close({ ...incident, diagnosis }, deps, { outcome: 'escalated', because });
  }
  return intend({ ...incident, diagnosis, phase: 'decided' }, verdict.candidate, deps);
}

const RECHECK_MS = 5_000;

async function act(incident: Intended, deps: HealDeps): Promise<Step> {
  const stop = await deps.mayStillAct(incident);
  // Even when a guard says no now, the write may have been sent before a crash: the object is asked, and what was done is
  // verified whatever the guards say.
  const result = stop === undefined ? await deps.execute(incident.intent) : await deps.readBack(incident.intent, stop);
  if (result.kind === 'waiting') return { ...next(incident, deps), dueAt: result.until };
  if (result.kind !== 'refused') return next({ ...incident, phase: 'acted', result }, deps);
  const attempts = [...incident.attempts, { intent: incident.intent, result }];
  const mayLookAgain = LOOK_AGAIN_AFTER_MS[result.refusal.code];
  if (stop !== undefined || mayLookAgain === undefined || attempts.length >= deps.policy.maxRungs * TRIES_PER_RUNG) {
    return closeRefused({ ...incident, attempts }, [result.refusal], deps);
  }
  return lookAgain(incident, attempts, deps, mayLookAgain);
}

/** Refusals after which the same incident may be looked at again, and how long to wait first. */
const LOOK_AGAIN_AFTER_MS: Readonly<Partial<Record<Refusal['code'], number>>> = {
  'changed-since': 1_000,
  'no-disruption-allowed': 30_000,
  'api-unavailable': 30_000,
  // Something else may do: this remedy counts as tried.
  'endpoint-failed': 1_000,
  infeasible: 1_000,
};
const TRIES_PER_RUNG = 3;

async function startVerifying(incident: Acted, deps: HealDeps): Promise<Step> {
  return watch(incident, deps);
}

function watch(incident: Decided | Acted, deps: HealDeps): Step {
  const now = deps.now();
  const after: Verifying = { ...incident, phase: 'verifying', startedAt: now, updatedAt: now, failures: 0 };
  return { after, dueAt: now + deps.policy.verification.firstCheckSeconds * 1000 };
}

async function checkRecovery(incident: Verifying, deps: HealDeps): Promise<Step> {
  const check = await deps.verify(incident);
  const judgement = deps.judge({ incident, check, policy: deps.policy, now: deps.now() });
  if (judgement.kind === 'continue') {
    const { healthySince: _, ...rest } = incident;
    const since = judgement.healthySince === undefined ? {} : { healthySince: judgement.healthySince };
    return { ...next({ ...rest, ...since, verification: check }, deps), dueAt: judgement.dueAt };
  }
  const { verification } = judgement;
  const watched: Verifying = { ...incident, verification };
  if (judgement.kind === 'recovered') {
    const acted = incident.attempts.some((attempt) => wasDone(attempt.result)) || incident.intent !== undefined;
    return close(watched, deps, {
      outcome: acted ? 'healed' : 'self-recovered',
      because: verification.reasons.join('; '),
    });
  }
  return climb(watched, verification, judgement.kind, deps);
}

/** Not recovered in time: the next rung where there is one, people where there is none. */
function climb(
  incident: Verifying,
  verification: Verification,
  verdict: 'not-recovered' | 'unknown',
  deps: HealDeps,
): Step {
  const because = verification.reasons.join('; ');
  if (incident.intent === undefined || incident.result === undefined) {
    if (verdict === 'unknown') return close(incident, deps, { outcome: 'unknown', because });
    return lookAgain({ ...incident, waited: true }, incident.attempts, deps, 0);
  }
  const attempts = [...incident.attempts, { intent: incident.intent, result: incident.result, verification }];
  if (verdict === 'unknown') return close({ ...incident, attempts }, deps, { outcome: 'unknown', because });
  if (isLadderClimbed(attempts, deps.policy.maxRungs)) {
    return close({ ...incident, attempts }, deps, { outcome: 'not-healed', because });
  }
  return lookAgain(incident, attempts, deps, 0);
}

/**
 * Whether as many remedies were tried as the policy allows. A remedy that goes in bounded steps (more replicas, and more
 * again) is one of them, for twice as many steps as there may be remedies.
 */
function isLadderClimbed(attempts: readonly Attempt[], maxRungs: number): boolean {
  const done = attempts.filter((attempt) => wasDone(attempt.result));
  const remedies = new Set(done.map(({ intent }) => intent.remedy));
  return remedies.size >= maxRungs || done.length >= maxRungs * STEPS_PER_REMEDY;
}

const STEPS_PER_REMEDY = 2;

/** Back to the located workload, on the rung after the attempts so far: the evidence is gathered again. */
function lookAgain(
  incident: Decided | Intended | Verifying,
  attempts: readonly Attempt[],
  deps: HealDeps,
  delayMs: number,
): Step {
  const after: LocatedIncident = {
    ...baseOf(incident),
    phase: 'located',
    location: incident.location,
    attempts,
    rung: attempts.length + 1,
    updatedAt: deps.now(),
    failures: 0,
  };
  return { after, dueAt: deps.now() + delayMs };
}

function history(incident: Diagnosed | Scored, deps: HealDeps): Promise<readonly PastAction[]> {
  return deps.historyOf(workloadKey(incident.location.workload), deps.now());
}

/** Guards refuse what does not fire any more, here or in Alertmanager. That is nothing to call people for: it is over. */
function closeRefused(incident: Decided | Intended, refusals: readonly Refusal[], deps: HealDeps): Step {
  const over = !anyFiring(incident.alerts) || refusals.some((refusal) => refusal.code === 'resolved');
  return over
    ? close(incident, deps, { outcome: 'cancelled', because: 'the alerts resolved before the action' })
    : close(incident, deps, { outcome: 'refused', because: refusals.map(refusalText).join('; ') });
}
