import { errorText } from '../domain/errors.ts';
import type { Scored, PastAction } from '../domain/incident.ts';
import type { Policy } from '../domain/policy.ts';
import type { Candidate, Refusal } from '../domain/remedy.ts';
import type { AnnotatedMode } from './mode.ts';

/** The part of an incident that guards look at; every phase from `scored` on has it. */
export type GuardedIncident = Omit<Scored, 'phase'>;

export interface GuardContext {
  readonly incident: GuardedIncident;
  /** The remedy in question. Guards on the workload as a whole do not look at it. */
  readonly candidate: Candidate;
  /** Past actions on the workload, in any order. */
  readonly history: readonly PastAction[];
  readonly policy: Policy;
  /** Epoch milliseconds. */
  readonly now: number;
  /** What the annotations ask for, read at most once for one decision. */
  readonly annotated: () => Promise<AnnotatedMode>;
}

/** A reason not to act, or nothing. A guard that throws refuses. Its name is what people read then. */
export type Guard = (context: GuardContext) => Refusal | undefined | Promise<Refusal | undefined>;

/** The refusals of all guards, in their order. All are asked, so that people get every reason at once. Never throws. */
export async function refusalsOf(guards: readonly Guard[], context: GuardContext): Promise<readonly Refusal[]> {
  const answers = await Promise.all(guards.map((guard) => ask(guard, context)));
  return answers.filter((answer) => answer !== undefined);
}

/** The refusal of the first guard that refuses, asked one after the other. Never throws. */
export async function firstRefusal(guards: readonly Guard[], context: GuardContext): Promise<Refusal | undefined> {
  for (const guard of guards) {
    const refusal = await ask(guard, context);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

async function ask(guard: Guard, context: GuardContext): Promise<Refusal | undefined> {
  try {
    return await guard(context);
  } catch (error) {
    return { code: 'guard-failed', why: `${guard.name || 'a guard'} could not be asked: ${errorText(error)}` };
  }
}
