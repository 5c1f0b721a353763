import type { Closed, Incident, Outcome, Verdict } from '../domain/incident.ts';

/** One or two sentences: what a person does next about an incident. */
export function nextStep(incident: Incident): string {
  switch (incident.phase) {
    case 'awaiting-approval':
      return `Answer with "autoheal approve ${incident.id} --by <your name>" or "autoheal deny ${incident.id} --by <your name>". Without an answer nothing is done.`;
    case 'decided':
      return ofVerdict(incident.verdict);
    case 'closed':
      return ofOutcome(incident);
    case 'received':
    case 'located':
    case 'diagnosed':
    case 'scored':
    case 'intended':
    case 'acted':
    case 'verifying':
      return WAIT;
  }
}

const WAIT = 'Nothing now: the result follows here.';

function ofVerdict(verdict: Verdict): string {
  return verdict.kind === 'escalate' || verdict.kind === 'refuse'
    ? 'Look at the workload: AutoHeal does nothing.'
    : WAIT;
}

function ofOutcome(incident: Closed): string {
  const { outcome, attempts } = incident;
  if (outcome === 'healed') {
    const last = attempts.findLast((attempt) => attempt.result.kind !== 'refused');
    return last?.intent.afterwards ?? NOTHING;
  }
  if (outcome === 'not-healed' || outcome === 'unknown') return `${NEXT_STEPS[outcome]} ${undoHint(incident)}`;
  return NEXT_STEPS[outcome];
}

const NOTHING = 'Nothing is needed now.';

const NEXT_STEPS = {
  'self-recovered': NOTHING,
  cancelled: NOTHING,
  merged: NOTHING,
  observed: 'Do it by hand, or allow AutoHeal to: mode approve or auto in the policy.',
  refused: 'Look at the workload: it may still be ill, and AutoHeal was not free to act.',
  denied: 'The workload may still be ill: whoever said no heals it.',
  expired: 'Look at the workload: it may still be ill, and nobody answered in time.',
  'not-healed': 'Look at the workload now: AutoHeal tried and stops.',
  unknown: 'Check whether the workload works: AutoHeal could not tell.',
  escalated: 'Look at it: AutoHeal cannot go on by itself.',
} as const satisfies Record<Exclude<Outcome, 'healed'>, string>;

function undoHint({ attempts }: Closed): string {
  const undoable = attempts.some(({ result, intent }) => result.kind !== 'refused' && intent.undo !== undefined);
  return undoable ? 'What it changed can be put back.' : 'It changed nothing that could be put back.';
}
