import { considerAll } from '../../src/act/catalogue.ts';
import { contextOf } from '../../src/act/remedy.ts';
import { best } from '../../src/decide/best.ts';
import type { Score } from '../../src/score/score.ts';
import type { OutsideCheck, OutsideFigure } from '../../src/training/report/outside.ts';
import { POLICY } from '../builders/incident.ts';
import { incidentOf } from './itbench-incident.ts';
import { readTable, type Line } from './shared-data.ts';

/** What a scorer would do in a scenario, beside what its solution says. */
export interface Answer {
  readonly scenario: string;
  readonly injection: string;
  /** Whether the first solution that ITBench lists is to revert the last change of the manifest. */
  readonly wanted: boolean;
  /** The remedy it would take; `none` where its score is below what the policy asks for. */
  readonly remedy: string;
}

/** The answers of one scorer to all scenarios; undefined where the data is not at hand. */
export function itbenchAnswers(score: Score): readonly Answer[] | undefined {
  return readTable('itbench_fault_action.csv')?.map((scenario) => answerOf(scenario, score));
}

function answerOf(scenario: Line, score: Score): Answer {
  const incident = incidentOf(scenario);
  const { diagnosis, alerts, attempts, rung } = incident;
  const considered = considerAll(contextOf(incident, POLICY));
  const candidates = score({ diagnosis, considered, history: [], alerts, attempts, rung });
  const chosen = best(candidates.filter(({ refusal }) => refusal === undefined));
  const sure = chosen !== undefined && chosen.score >= POLICY.minimumScore;
  return {
    scenario: scenario['scenario'] ?? '',
    injection: scenario['injection'] ?? '',
    wanted: scenario['derived_action'] === 'rollback',
    remedy: sure ? chosen.remedy : 'none',
  };
}

const RESTARTS: ReadonlySet<string> = new Set(['restart-pod', 'rollout-restart']);

/** Whether the scorers, by their names, roll back where that is the documented solution, and only there. */
export function itbenchCheck(scorers: Readonly<Record<string, Score>>): OutsideCheck | undefined {
  const figures: OutsideFigure[] = [];
  for (const [name, score] of Object.entries(scorers)) {
    const answers = itbenchAnswers(score);
    if (answers === undefined) return undefined;
    figures.push(...figuresOf(name, answers));
  }
  return {
    name: 'Roll back or not: scenarios with written solutions',
    source: 'ITBench (itbench-hub/ITBench, Apache-2.0)',
    question:
      'For each scenario of which injection and alerts are public: would AutoHeal roll the workload back exactly where the first ' +
      'solution listed is to revert the last change of its manifest?',
    figures,
    limits: [
      'The evidence is not measured: it is what the name of the injection and the alerts would look like, by a table of a dozen lines ' +
        '(`tests/outside/itbench-incident.ts`), in the workload in which the fault is. Finding that workload is not part of the check.',
      'The wanted answer is our reading of the first solution listed, not a label of ITBench.',
      'A bare restart is the first solution of none of the scenarios, so every restart counts as a mistake of its own.',
    ],
  };
}

function figuresOf(name: string, answers: readonly Answer[]): readonly OutsideFigure[] {
  const rollsBack = ({ remedy }: Answer): boolean => remedy === 'rollback';
  const wanted = answers.filter((answer) => answer.wanted);
  const others = answers.filter((answer) => !answer.wanted);
  const share = (items: readonly Answer[], holds: (answer: Answer) => boolean): number =>
    items.length === 0 ? 0 : items.filter(holds).length / items.length;
  return [
    {
      name: `${name}: roll back or not, accuracy`,
      value: share(answers, (answer) => rollsBack(answer) === answer.wanted),
      trivial: share(answers, (answer) => !answer.wanted),
      cases: answers.length,
    },
    { name: `${name}: rolled back where wanted`, value: share(wanted, rollsBack), trivial: 0, cases: wanted.length },
    { name: `${name}: rolled back elsewhere`, value: share(others, rollsBack), trivial: 0, cases: others.length },
    {
      name: `${name}: restarted`,
      value: share(answers, ({ remedy }) => RESTARTS.has(remedy)),
      trivial: 0,
      cases: answers.length,
    },
  ];
}
