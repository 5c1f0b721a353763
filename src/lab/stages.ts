import { CATALOGUE, considerAll } from '../act/catalogue.ts';
import { makeExecute } from '../act/execute.ts';
import { makePlan } from '../act/plan.ts';
import { contextOf, type PolicyOfRemedies } from '../act/remedy.ts';
import { makeDiagnose, type Diagnose } from '../diagnose/diagnose.ts';
import { makeGatherEvidence } from '../diagnose/evidence/gather.ts';
import { makeLocate } from '../diagnose/locate/locate.ts';
import type { Alert } from '../domain/alert.ts';
import type { Decided, Diagnosed, PastAction, Scored } from '../domain/incident.ts';
import type { Location } from '../domain/location.ts';
import type { ActionResult, Candidate, Intent, Refusal } from '../domain/remedy.ts';
import { scoreByRules } from '../score/rules.ts';
import type { Bed } from './bed.ts';

/** The stages of the journey on one bed, with the product's own code. */
export interface Stages {
  readonly locate: (alerts: readonly Alert[]) => Promise<Location>;
  readonly diagnose: Diagnose;
  /** Every remedy and `none`, as the rules score them. */
  readonly score: (incident: Diagnosed, history: readonly PastAction[]) => readonly Candidate[];
  /** Plans a candidate and does it. Between tries of a budget that says no, `wait` lets the world live on. */
  readonly perform: (incident: Scored, candidate: Candidate, wait: (ms: number) => void) => Promise<Performed>;
}

export type Performed =
  | { readonly kind: 'performed'; readonly intent: Intent; readonly result: ActionResult }
  | { readonly kind: 'impossible'; readonly refusal: Refusal };

const GATHER_MS = 60_000;

export function stagesOn(bed: Bed, policy: PolicyOfRemedies): Stages {
  const { cluster, clock, endpoints, metrics } = bed;
  const acting = { cluster, endpoints, clock, catalogue: CATALOGUE, policy };
  const plan = makePlan(acting);
  const execute = makeExecute(acting);
  const gather = makeGatherEvidence({ cluster, metrics, clock, deadlineMs: GATHER_MS });
  return {
    locate: makeLocate({ cluster, allowTargetOverride: false, monitoringNamespaces: ['monitoring'] }),
    diagnose: makeDiagnose({ gather, clock }),
    score: (incident, history) =>
      scoreByRules({
        diagnosis: incident.diagnosis,
        considered: considerAll(contextOf(incident, policy)),
        history,
      }),
    async perform(incident, candidate, wait) {
      const decided: Decided = { ...incident, phase: 'decided', verdict: { kind: 'act', candidate, mode: 'auto' } };
      const planned = await plan(decided, candidate);
      if (planned.kind === 'refused') return { kind: 'impossible', refusal: planned.refusal };
      for (;;) {
        const result = await execute(planned.intent);
        if (result.kind !== 'waiting') return { kind: 'performed', intent: planned.intent, result };
        wait(Math.max(1_000, result.until - clock.now()));
      }
    },
  };
}
