import { REMEDY_CHANGES, type Candidate, type RemedyChange, type RemedyName } from '../../domain/remedy.ts';
import { PASSES_BY_ITSELF } from '../passing.ts';
import { confidenceIn, snake } from './causes.ts';
import { columnsOf, FLAG, LOG_COUNT, SHARE } from './column.ts';
import { flag, logOf } from './numbers.ts';
import type { RemedyTraits } from './question.ts';
import type { Situation } from './situation.ts';

/** One remedy held against a situation. */
export interface Choice {
  readonly situation: Situation;
  readonly candidate: Candidate;
  /** Absent for `none`, and for a remedy that the catalogue does not list. */
  readonly traits?: RemedyTraits;
}

/**
 * The remedies that have a column of their own: those of which the model learned more than their traits, their cures and the
 * score by rules say.
 */
const OWN_COLUMN: readonly RemedyName[] = ['rollout-restart', 'scale-up', 'rollback', 'reroute', 'resize', 'cordon'];

const CHANGE_MEANINGS: Readonly<Record<RemedyChange, string>> = {
  pods: 'It replaces running pods.',
  capacity: 'It adds replicas, limits or nodes, or takes some away.',
  revision: 'It rolls out another template, or stops a rollout or lets it go on.',
  placement: 'Pods, or new ones, go to other nodes.',
  traffic: 'Requests go elsewhere.',
};

/** The past of the same remedy on the workload. */
const SAME_REMEDY = columnsOf<Choice>('history', [
  {
    name: 'same_remedy_failures',
    ...LOG_COUNT,
    meaning: 'Times that this remedy did not help the workload; one of unknown end counts half.',
    value: ({ situation, candidate }) => logOf(failuresOf(candidate.remedy, situation)),
  },
]);

/** What the rules think of the remedy. Missing where they refuse it. */
const RULES = columnsOf<Choice>('rules', [
  {
    name: 'rule_score',
    ...SHARE,
    meaning: 'The score by rules.',
    value: ({ candidate }) => (candidate.refusal === undefined ? candidate.score : undefined),
  },
  {
    name: 'rule_rank',
    unit: 'number',
    range: [1, 20],
    meaning: 'Its place among all that apply and `none`; 1 is the best, equal scores share a place.',
    value: ({ candidate, situation }) =>
      candidate.refusal === undefined ? 1 + rivals(candidate, situation).filter(beats(candidate)).length : undefined,
  },
  {
    name: 'rule_lead',
    unit: 'score',
    range: [-1, 1],
    meaning: 'Its score less the best score of all others.',
    value: ({ candidate, situation }) =>
      candidate.refusal === undefined ? leadOver(candidate, rivals(candidate, situation)) : undefined,
  },
]);

/** The remedy itself. */
const REMEDY = columnsOf<Choice>('remedy', [
  {
    name: 'remedy_waits',
    ...FLAG,
    meaning: 'It is `none`: to wait and see.',
    value: ({ candidate }) => flag(candidate.remedy === 'none'),
  },
  ...REMEDY_CHANGES.map((change) => ({
    name: `changes_${change}`,
    ...FLAG,
    meaning: `${CHANGE_MEANINGS[change]} Missing where nothing is declared.`,
    value: ({ candidate, traits }: Choice) =>
      candidate.remedy === 'none' ? 0 : flag(traits?.changes.includes(change)),
  })),
  {
    name: 'remedy_likelihood',
    ...SHARE,
    meaning: 'How likely it cures the cause that it is meant to cure, as declared; for `none`, that the cause passes.',
    value: likelihoodOf,
  },
  {
    name: 'remedy_cause_confidence',
    unit: 'confidence',
    range: [0, 1],
    meaning: 'How sure the diagnosis is of that cause.',
    value: ({ candidate, situation }) => confidenceIn(candidate.cures, situation.question),
  },
  ...OWN_COLUMN.map((name) => ({
    name: `remedy_${snake(name)}`,
    ...FLAG,
    meaning: `It is ${name}.`,
    value: ({ candidate }: Choice) => flag(candidate.remedy === name),
  })),
]);

/** What differs from candidate to candidate. */
export const CHOICE_COLUMNS = [...SAME_REMEDY, ...RULES, ...REMEDY];

function failuresOf(remedy: RemedyName, { actions }: Situation): number {
  let failures = 0;
  for (const action of actions) {
    if (action.remedy === remedy) failures += FAILURE[action.end];
  }
  return failures;
}

const FAILURE = { failed: 1, unknown: 0.5, helped: 0 } as const;

function rivals(candidate: Candidate, { question }: Situation): readonly Candidate[] {
  return question.candidates.filter((other) => other.refusal === undefined && other.remedy !== candidate.remedy);
}

function beats({ score }: Candidate): (other: Candidate) => boolean {
  return (other) => other.score > score;
}

/** Undefined where it is alone. */
function leadOver({ score }: Candidate, others: readonly Candidate[]): number | undefined {
  return others.length === 0 ? undefined : score - Math.max(...others.map((other) => other.score));
}

function likelihoodOf({ candidate, traits }: Choice): number | undefined {
  return candidate.remedy === 'none' ? PASSES_BY_ITSELF[candidate.cures] : traits?.cures[candidate.cures];
}
