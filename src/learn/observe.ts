import type { Closed, Incident, Scored } from '../domain/incident.ts';

/** Who made a decision. */
export type Decider = 'model' | 'rules' | 'rules-model-unsure';

/** What is counted about the model as incidents go on. */
export interface ModelTally {
  decision(by: Decider): void;
  prediction(sample: { readonly recovers: number; readonly healed: boolean }): void;
}

/** Counts one committed step: who decided when remedies were scored, and what became of a forecast when an incident ended. */
export function tallyStep(before: Incident, after: Incident, tally: ModelTally): void {
  if (after.phase === 'scored' && before.phase === 'diagnosed') tally.decision(deciderOf(after));
  if (after.phase === 'closed') tallyEnd(after, tally);
}

function deciderOf({ candidates }: Scored): Decider {
  const forecast = candidates[0]?.forecast;
  if (forecast === undefined) return 'rules';
  return forecast.decides ? 'model' : 'rules-model-unsure';
}

function tallyEnd({ outcome, attempts, candidates = [] }: Closed, tally: ModelTally): void {
  if (outcome !== 'healed' && outcome !== 'not-healed') return;
  const done = attempts.findLast(({ result }) => result.kind !== 'refused')?.intent.remedy;
  const forecast = candidates.find(({ remedy }) => remedy === done)?.forecast;
  if (forecast !== undefined) tally.prediction({ recovers: forecast.recovers, healed: outcome === 'healed' });
}
