import { contextOf, type PolicyOfRemedies } from '../../../src/act/remedy.ts';
import { CATALOGUE } from '../../../src/act/catalogue.ts';
import type { Parts } from '../../../src/app.ts';
import type { Incident, Intended, Outcome } from '../../../src/domain/incident.ts';
import { describeWorkload } from '../../../src/domain/workload.ts';
import type { Baseline } from '../../../src/lab/bad-minutes.ts';
import type { Habitat } from '../../../src/lab/bed.ts';
import { replay, type Story } from '../../../src/lab/replay.ts';
import { forkWorld } from '../../../src/simulator/world/fork.ts';
import type { WorldSpec } from '../../../src/simulator/world/spec.ts';
import { openStage } from '../../scenario/stage.ts';
import { isWorse } from './always-restart.ts';
import { outcomeOf } from './oracle.ts';
import type { ActionOutcome, PolicyOutcome } from './outcome.ts';
import { makeWatch } from './watch.ts';

export interface ProductQuestion {
  readonly spec: WorldSpec;
  readonly baseline: Baseline;
  readonly seconds: number;
  readonly tickSeconds: number;
  /** Of the configuration. */
  readonly policy: object;
  readonly config: object;
  readonly remedies: PolicyOfRemedies;
  /** Instead of the rules alone. */
  readonly parts: Partial<Parts>;
}

/** Outcomes after which people have to do something. */
const CALLS: ReadonlySet<Outcome> = new Set(['refused', 'not-healed', 'unknown', 'escalated', 'expired', 'denied']);

/** The whole service on the world, from webhook to verified recovery. */
export async function runProduct(
  habitat: Habitat,
  question: ProductQuestion,
): Promise<PolicyOutcome & { readonly incidents: number }> {
  const watch = makeWatch(habitat, question.spec, question.baseline);
  const began = habitat.time.now();
  const intended: { readonly incident: Intended; readonly at: Habitat }[] = [];
  const stage = await openStage({
    scenario: question.spec,
    habitat,
    stepSeconds: question.tickSeconds,
    policy: question.policy,
    config: question.config,
    parts: question.parts,
    onTick: (seconds) => watch.count(seconds),
    onStep(_before, after) {
      if (after.phase === 'intended' && !intended.some((each) => isSame(each.incident, after))) {
        intended.push({ incident: after, at: forkWorld(habitat) });
      }
    },
  });
  try {
    await stage.run(question.seconds);
    const incidents = await stage.incidents();
    const acted = await Promise.all(intended.map((each) => judged(each, question)));
    const escalated = incidents.some((each) => each.phase === 'closed' && CALLS.has(each.outcome));
    const outcome = outcomeOf(watch, { began, end: habitat.time.now(), actions: acted, escalated });
    return { ...outcome, incidents: incidents.filter(isLocated).length };
  } finally {
    await stage.close();
  }
}

function isSame(a: Intended, b: Intended): boolean {
  return a.intent.actionId === b.intent.actionId;
}

function isLocated(incident: Incident): boolean {
  return 'location' in incident && incident.location?.kind === 'located';
}

/** What an action did, told by the same ten minutes with it and without it. */
async function judged(
  { incident, at }: { readonly incident: Intended; readonly at: Habitat },
  question: ProductQuestion,
): Promise<ActionOutcome> {
  const { verdict } = incident;
  const candidate = verdict.kind === 'act' ? verdict.candidate : undefined;
  const story: Story = {
    spec: question.spec,
    baseline: question.baseline,
    policy: question.remedies,
    windowSeconds: 600,
    tickSeconds: question.tickSeconds,
  };
  const { intent: _intent, verdict: _verdict, candidates, ...found } = incident;
  const point = { habitat: at, incident: { ...found, phase: 'diagnosed' as const }, history: [], candidates };
  const without = await replay(point, { remedy: 'none', score: 0, cures: 'unknown', because: [] }, story);
  const withIt = candidate === undefined ? without : await replay(point, candidate, story);
  const remedy = CATALOGUE.find(({ name }) => name === incident.intent.remedy);
  const cost = remedy?.disruption(contextOf(point.incident, question.remedies)).readyReplicaMinutes ?? 0;
  return {
    remedy: incident.intent.remedy,
    workload: describeWorkload(incident.location.workload),
    disruptive: cost > 0,
    harmful: withIt.done && isWorse(withIt.badMinutes, without.badMinutes),
    decidedBy: candidate?.forecast?.decides === true ? 'model' : 'rules',
  };
}
