import { makeExecute } from '../../../src/act/execute.ts';
import { makePlan } from '../../../src/act/plan.ts';
import type { Consideration, Plan, Remedy } from '../../../src/act/remedy.ts';
import { undo, type UndoAnswer } from '../../../src/act/undo.ts';
import type { Decided } from '../../../src/domain/incident.ts';
import {
  refusalText,
  writesOf,
  type ActionResult,
  type Intent,
  type Undo,
  type WaitingResult,
} from '../../../src/domain/remedy.ts';
import { candidate } from '../../builders/incident.ts';
import { recordingEndpoints, type RecordingEndpoints } from '../../fakes/endpoints.ts';
import type { RemedyCase, RemedyWorld } from './case.ts';
import type { Frozen } from './frozen.ts';
import type { Session } from './sessions.ts';

/** What AutoHeal does with one remedy, stage by stage, in one session. */
export interface Journey {
  readonly endpoints: RecordingEndpoints;
  plan(incident: Decided): Promise<Plan>;
  execute(intent: Intent, stage?: 'execute' | 'again'): Promise<ActionResult | WaitingResult>;
  /** Takes every write back that can be, the last one first. */
  undo(intent: Intent, stage?: 'undo' | 'undo again'): Promise<readonly UndoAnswer[]>;
}

export function journeyIn(session: Session, given: Pick<Frozen, 'remedy' | 'policy' | 'now' | 'world'>): Journey {
  const { policy, now, remedy, world } = given;
  const endpoints = recordingEndpoints();
  const acting = { cluster: session.cluster, clock: { now: () => now }, catalogue: [remedy], policy };
  const execute = makeExecute({ ...acting, endpoints });
  return {
    endpoints,
    plan(incident) {
      session.stage = 'plan';
      const cures = incident.diagnosis.causes[0].name;
      return makePlan(acting)(incident, candidate({ remedy: remedy.name, cures }));
    },
    execute(intent, stage = 'execute') {
      session.stage = stage;
      return execute(intent);
    },
    async undo(intent, stage = 'undo') {
      session.stage = stage;
      const answers: UndoAnswer[] = [];
      for (const { step, what } of undosOf(intent, world)) {
        const ids = { actionId: intent.actionId, undoId: `${intent.actionId}/undo/${step}` };
        answers.push(await undo(what, session.cluster, ids));
      }
      return answers;
    },
  };
}

/** The undos of an intent, the last write's first. */
export function undosOf(
  intent: Intent,
  { takenBack }: Pick<RemedyWorld, 'takenBack'>,
): readonly { readonly step: number; readonly what: Undo }[] {
  const { giveBack } = intent;
  if (takenBack !== undefined && giveBack?.instead !== undefined) return [{ step: 0, what: giveBack.instead }];
  return writesOf(intent)
    .flatMap(({ undo: what }, step) => (what === undefined ? [] : [{ step, what }]))
    .toReversed();
}

/** The remedy of a case as it is planned here: one that `consider` never lets through is planned all the same. */
export function plannedRemedy({ remedy, considered }: RemedyCase, frozen: Frozen): Remedy {
  if (considered === undefined) return remedy;
  const { cause } = frozen.world;
  return { ...remedy, consider: (): Consideration => ({ kind: 'applies', cures: cause, because: ['asked for'] }) };
}

/** @throws Error with the refusal where a plan is one. */
export function intentOf(plan: Plan): Intent {
  if (plan.kind === 'refused') throw new Error(`refused: ${refusalText(plan.refusal)}`);
  return plan.intent;
}
