import type { ModelInUse } from '../../../src/score/by-model.ts';
import { baselineOf } from '../../../src/lab/bad-minutes.ts';
import { live, makeBed, type Habitat } from '../../../src/lab/bed.ts';
import { makeHabitat } from '../../../src/lab/habitat.ts';
import { LAB_POLICY_SECTION, labPolicy } from '../../../src/lab/policy.ts';
import { makeSimAlerting } from '../../../src/simulator/alerting.ts';
import { forkWorld } from '../../../src/simulator/world/fork.ts';
import type { FaultSpec, WorldSpec } from '../../../src/simulator/world/spec.ts';
import { runAlwaysRestart } from './always-restart.ts';
import { outcomeOf, pass, runOracle } from './oracle.ts';
import type { PolicyOutcome, ScenarioResult } from './outcome.ts';
import { runProduct } from './product.ts';
import { makeWatch } from './watch.ts';

/** A scenario, ready to be lived through. */
export interface ReadyScenario {
  readonly name: string;
  readonly kind: string;
  readonly seen: boolean;
  readonly spec: WorldSpec;
  readonly faults: readonly FaultSpec[];
  readonly seed: number;
  /** Epoch milliseconds of the world's beginning. */
  readonly startAt: number;
  readonly durationSeconds: number;
  /** Changes of the policy section. */
  readonly policy: object;
  /** Other sections of the configuration. */
  readonly config: object;
}

const TICK_SECONDS = 5;

/** One scenario under every policy, each on a fork of the same healthy world with the same faults. */
export async function runScenario(scenario: ReadyScenario, model: ModelInUse | undefined): Promise<ScenarioResult> {
  const { spec, durationSeconds: seconds } = scenario;
  const origin = makeHabitat(spec, scenario.seed, scenario.startAt);
  const baseline = baselineOf(origin.world, spec);
  const remedies = labPolicy(scenario.policy);
  const common = { spec, baseline, seconds, tickSeconds: TICK_SECONDS };
  const fresh = (): Habitat => {
    const habitat = forkWorld(origin, { reseed: scenario.name, stepMs: TICK_SECONDS * 1_000 });
    for (const fault of scenario.faults) habitat.world.inject(fault);
    return habitat;
  };
  const product = {
    ...common,
    policy: { ...LAB_POLICY_SECTION, ...scenario.policy },
    config: scenario.config,
    remedies,
  };
  const untouched = fresh();
  const firstAlertSeconds = await firstAlert(untouched, common);
  const autoheal = await runProduct(fresh(), { ...product, parts: { champion: () => model } });
  const tried = {
    none: runNothing(fresh(), common),
    'always-restart': await runAlwaysRestart(fresh(), common),
    rules: await runProduct(fresh(), { ...product, parts: { champion: () => undefined } }),
    autoheal,
  };
  const searched = await runOracle(fresh(), {
    ...common,
    faults: scenario.faults,
    policy: remedies,
    firstAlertSeconds,
  });
  return {
    name: scenario.name,
    kind: scenario.kind,
    seen: scenario.seen,
    incidents: autoheal.incidents,
    outcomes: { ...tried, oracle: bestOf(searched, Object.values(tried)) },
  };
}

/** The best plan that anybody found: who knows the fault could have had it too. The search is greedy and may miss it. */
function bestOf(searched: PolicyOutcome, others: readonly PolicyOutcome[]): PolicyOutcome {
  return others.reduce((best, each) => (each.badMinutes < best.badMinutes ? each : best), searched);
}

interface Common {
  readonly spec: WorldSpec;
  readonly baseline: ReadonlyMap<string, number>;
  readonly seconds: number;
  readonly tickSeconds: number;
}

/** Kubernetes alone: its restarts, its rescheduling and its autoscalers. */
function runNothing(habitat: Habitat, { spec, baseline, seconds, tickSeconds }: Common): PolicyOutcome {
  const watch = makeWatch(habitat, spec, baseline);
  const began = habitat.time.now();
  pass(habitat, watch, seconds, tickSeconds);
  return outcomeOf(watch, { began, end: habitat.time.now(), actions: [], escalated: false });
}

/** Seconds from the onset to the first webhook; undefined when none came. */
async function firstAlert(habitat: Habitat, { spec, seconds, tickSeconds }: Common): Promise<number | undefined> {
  const sent: number[] = [];
  const { world, time } = makeBed(habitat, spec);
  const alerting = makeSimAlerting({
    world,
    now: time.now,
    async postAlert() {
      sent.push(time.now());
    },
  });
  const began = time.now();
  while (sent.length === 0 && time.now() - began < seconds * 1_000) {
    live(habitat, tickSeconds, tickSeconds);
    await alerting.tick();
  }
  const [at] = sent;
  return at === undefined ? undefined : (at - began) / 1_000;
}
