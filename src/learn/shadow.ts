import { best } from '../decide/best.ts';
import type { RemedyName } from '../domain/remedy.ts';
import { makeScore, type ModelInUse } from '../score/by-model.ts';
import type { RemedyTraits } from '../score/features/question.ts';
import type { ScoreQuestion } from '../score/score.ts';
import type { JournalledDecision } from './decisions.ts';
import { questionOf } from './question.ts';

/** What a model would have chosen. */
export interface ShadowChoice {
  readonly remedy: RemedyName;
  /** False where the rules would have chosen, for the model was not sure. */
  readonly byModel: boolean;
}

/** A decision in which the two would not have chosen the same. */
export interface Difference {
  readonly incident: string;
  /** 0 for the first decision of the incident. */
  readonly decision: number;
  readonly cause: string;
  readonly champion: ShadowChoice;
  readonly challenger: ShadowChoice;
  /** What was really done, and how it ended; absent where nothing was. */
  readonly done?: JournalledDecision['done'];
}

export interface Shadow {
  readonly decisions: number;
  /** Share of the decisions in which both would have chosen the same remedy; 1 without decisions. */
  readonly agreement: number;
  /** Share in which each would have decided itself, and not left it to the rules. */
  readonly decides: { readonly champion: number; readonly challenger: number };
  /** The newest of them, at most 50. */
  readonly differences: readonly Difference[];
}

const MOST_DIFFERENCES = 50;

/**
 * What each of two models would have chosen in decisions of the past, worked out from the journalled evidence by the same
 * code that decides in service. Without a champion the rules stand in its place. Nothing is written anywhere. Pure.
 */
export function replayShadow(
  decisions: readonly JournalledDecision[],
  { champion, challenger }: { readonly champion: ModelInUse | undefined; readonly challenger: ModelInUse },
  traits: readonly RemedyTraits[],
): Shadow {
  const ask = { champion: chooser(champion, traits), challenger: chooser(challenger, traits) };
  const differences: Difference[] = [];
  const byModel = { champion: 0, challenger: 0 };
  for (const decision of decisions) {
    const question = questionOf(decision, traits);
    const [ours, theirs] = [ask.champion(question), ask.challenger(question)];
    byModel.champion += Number(ours.byModel);
    byModel.challenger += Number(theirs.byModel);
    if (ours.remedy !== theirs.remedy) differences.push(differenceOf(decision, ours, theirs));
  }
  const { length } = decisions;
  const share = (part: number): number => (length === 0 ? 0 : part / length);
  return {
    decisions: length,
    agreement: 1 - share(differences.length),
    decides: { champion: share(byModel.champion), challenger: share(byModel.challenger) },
    differences: differences.slice(-MOST_DIFFERENCES).toReversed(),
  };
}

function chooser(
  model: ModelInUse | undefined,
  traits: readonly RemedyTraits[],
): (question: ScoreQuestion) => ShadowChoice {
  const score = makeScore({ champion: () => model, traits });
  return (question) => {
    const chosen = best(score(question).filter(({ refusal }) => refusal === undefined));
    return { remedy: chosen?.remedy ?? 'none', byModel: chosen?.forecast?.decides === true };
  };
}

function differenceOf(
  { incident, place, known, done }: JournalledDecision,
  champion: ShadowChoice,
  challenger: ShadowChoice,
): Difference {
  const cause = known.diagnosis.causes[0].name;
  return { incident, decision: place, cause, champion, challenger, ...(done !== undefined && { done }) };
}
