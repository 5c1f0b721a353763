import type { PolicyOfRemedies } from '../../../src/act/remedy.ts';
import type { Baseline } from '../../../src/lab/bad-minutes.ts';
import { isOver, live, makeBed, type Habitat } from '../../../src/lab/bed.ts';
import { CALM_SECONDS } from '../../../src/lab/replay.ts';
import { stagesOn } from '../../../src/lab/stages.ts';
import { forkWorld } from '../../../src/simulator/world/fork.ts';
import type { FaultSpec, WorldSpec } from '../../../src/simulator/world/spec.ts';
import { patientsOf, possibilities, type Possibility } from './hands.ts';
import type { ActionOutcome, PolicyOutcome } from './outcome.ts';
import { makeWatch, type Watch } from './watch.ts';

export interface OracleQuestion {
  readonly spec: WorldSpec;
  readonly faults: readonly FaultSpec[];
  readonly baseline: Baseline;
  readonly policy: PolicyOfRemedies;
  readonly tickSeconds: number;
  /** When the first alert reaches anybody, in seconds after the onset: nobody can act before. */
  readonly firstAlertSeconds: number | undefined;
  readonly seconds: number;
}

const MOST_ACTIONS = 3;
/** Between two actions, so that the first can show what it does. */
const PAUSE_SECONDS = 60;
/** What another action has to save at least, in bad minutes. */
const WORTH_IT = 0.25;

/**
 * Who knows the fault: from the first alert on, every remedy that the state of the ill workloads and nodes allows is tried
 * on a copy of the world to the end of the scenario, and the one that leaves the fewest bad minutes is done; up to three
 * times. Greedy: where another policy found a better plan, that one counts as the oracle's (`run-scenario.ts`).
 */
export async function runOracle(habitat: Habitat, question: OracleQuestion): Promise<PolicyOutcome> {
  const watch = makeWatch(habitat, question.spec, question.baseline);
  const began = habitat.time.now();
  const end = began + question.seconds * 1_000;
  const actions: ActionOutcome[] = [];
  pass(habitat, watch, question.firstAlertSeconds ?? question.seconds, question.tickSeconds);
  while (habitat.time.now() < end && actions.length < MOST_ACTIONS) {
    const best = await bestOf(habitat, watch, question, end);
    if (best === undefined) break;
    await perform(habitat, best, question, (seconds) => pass(habitat, watch, seconds, question.tickSeconds));
    actions.push({
      remedy: best.candidate.remedy,
      workload: best.incident.location.workload.name,
      disruptive: false,
      decidedBy: 'knowledge',
    });
    pass(habitat, watch, Math.min(PAUSE_SECONDS, (end - habitat.time.now()) / 1_000), question.tickSeconds);
  }
  pass(habitat, watch, (end - habitat.time.now()) / 1_000, question.tickSeconds);
  return outcomeOf(watch, { began, end, actions, escalated: false });
}

export function outcomeOf(
  watch: Watch,
  run: {
    readonly began: number;
    readonly end: number;
    readonly actions: readonly ActionOutcome[];
    readonly escalated: boolean;
  },
): PolicyOutcome {
  const last = watch.lastBadAt();
  const recovered = watch.isWell();
  const until = recovered ? (last ?? run.began) : run.end;
  return {
    badMinutes: watch.bad.total(),
    recovered,
    recoverySeconds: (until - run.began) / 1_000,
    actions: run.actions,
    escalated: run.escalated,
  };
}

export function pass(habitat: Habitat, watch: Watch, seconds: number, tickSeconds: number): void {
  for (let passed = 0; passed < seconds; passed += tickSeconds) {
    live(habitat, tickSeconds, tickSeconds);
    watch.count(tickSeconds);
  }
}

async function bestOf(
  habitat: Habitat,
  watch: Watch,
  question: OracleQuestion,
  end: number,
): Promise<Possibility | undefined> {
  const bed = makeBed(habitat, question.spec);
  const patients = patientsOf(bed, question.spec, { faults: question.faults, ill: watch.bad.ill() });
  const open = (await Promise.all(patients.map((each) => possibilities(bed, each, question.policy)))).flat();
  let best: Possibility | undefined;
  let least = (await badMinutesOf(habitat, undefined, question, end)) - WORTH_IT;
  for (const possibility of open) {
    // One step of adding may show nothing yet where three do.
    const goes = ADDING.has(possibility.candidate.remedy) ? [1, MOST_ACTIONS] : [1];
    for (const times of goes) {
      const minutes = await badMinutesOf(habitat, { possibility, times }, question, end);
      if (minutes < least) [best, least] = [possibility, minutes];
    }
  }
  return best;
}

const ADDING: ReadonlySet<string> = new Set(['scale-up', 'resize', 'scale-nodes']);

interface Plan {
  readonly possibility: Possibility;
  /** How often it is done, with a pause in between. */
  readonly times: number;
}

/** What is suffered from now to the end when this is done from now on. */
async function badMinutesOf(
  habitat: Habitat,
  plan: Plan | undefined,
  question: OracleQuestion,
  end: number,
): Promise<number> {
  const fork = forkWorld(habitat);
  const watch = makeWatch(fork, question.spec, question.baseline);
  const passOn = (seconds: number): void => pass(fork, watch, seconds, question.tickSeconds);
  if (plan !== undefined && !(await carryOut(fork, plan, question, passOn))) return Number.POSITIVE_INFINITY;
  while (fork.time.now() < end && !isCalm(fork, watch)) passOn(question.tickSeconds);
  return watch.bad.total();
}

/** False where not even the first go was possible. */
async function carryOut(
  habitat: Habitat,
  { possibility, times }: Plan,
  question: OracleQuestion,
  passOn: (seconds: number) => void,
): Promise<boolean> {
  let done = await perform(habitat, possibility, question, passOn);
  const first = done;
  for (let time = 1; time < times && done; time += 1) {
    passOn(PAUSE_SECONDS);
    done = await perform(habitat, possibility, question, passOn);
  }
  return first;
}

/** Every fault is gone and nobody suffers any more: it stays so. */
function isCalm(habitat: Habitat, watch: Watch): boolean {
  const last = watch.lastBadAt();
  const calm = last === undefined || habitat.time.now() - last >= CALM_SECONDS * 1_000;
  return calm && isOver(habitat);
}

async function perform(
  habitat: Habitat,
  { incident, candidate }: Possibility,
  question: OracleQuestion,
  passOn: (seconds: number) => void,
): Promise<boolean> {
  const stages = stagesOn(makeBed(habitat, question.spec), question.policy);
  const scored = { ...incident, phase: 'scored' as const, candidates: [candidate] };
  const performed = await stages.perform(scored, candidate, (ms) => passOn(ms / 1_000));
  return performed.kind === 'performed' && performed.result.kind !== 'refused';
}
