import { makeFeatureRow } from '../score/features/features.ts';
import { REMEDY_TRAITS } from '../act/catalogue.ts';
import { drawIncident, drawStart, kindOfIncident, type Family } from '../simulator/scenario/draw.ts';
import { policyFor } from '../simulator/scenario/compile.ts';
import { makeTopology } from '../simulator/scenario/topology.ts';
import { forkWorld } from '../simulator/world/fork.ts';
import { makeRandom, type Random } from '../simulator/world/random.ts';
import type { FaultKindName } from '../simulator/world/spec.ts';
import { baselineOf } from './bad-minutes.ts';
import { live } from './bed.ts';
import { nameAlerts, pastOf } from './circumstances.ts';
import { makeHabitat } from './habitat.ts';
import { decisionPoints } from './onset.ts';
import { labPolicy } from './policy.ts';
import { replay, type DecisionPoint, type Story } from './replay.ts';
import { labelOf, type SimulatedRow } from './rows.ts';
import { secondRung } from './second-rung.ts';

/** One topology, and the incidents that are to befall it, one at a time. Plain data: it is posted to a thread. */
export interface TopologyTask {
  readonly seed: number;
  readonly services: number;
  readonly incidents: number;
  readonly family: Family;
  /** Number of the first incident: groups count on from it. */
  readonly firstGroup: number;
  readonly kinds: readonly FaultKindName[];
  readonly windowSeconds: number;
  readonly tickSeconds: number;
}

export interface TopologyRows {
  readonly rows: readonly SimulatedRow[];
  /** Faults that were injected. */
  readonly stories: number;
  /** Moments of decision: an ill workload each. */
  readonly incidents: number;
  /** Worlds that were lived through to the end of a window. */
  readonly replays: number;
  /** Stories in which no alert fired, or no cause was found. */
  readonly silent: number;
}

const PATIENCE_SECONDS = 780;
/** Callers of an ill service fall ill within a minute or two, and their alerts take as long. */
const NEXT_WITHIN_SECONDS = 180;
const SETTLE_SECONDS = 10;
const MOST_INCIDENTS = 2;
/** Share of the decisions that are taken up again after a remedy that did not help. */
const SECOND_SHARE = 0.35;
const SECOND_AFTER_SECONDS = [180, 600] as const;

/** The rows of one topology. The same task gives the same rows. */
export async function simulateTopology(task: TopologyTask): Promise<TopologyRows> {
  const random = makeRandom(task.seed, 'lab');
  const spec = makeTopology({ seed: task.seed, services: task.services });
  const startAt = drawStart(random, task.family);
  const origin = makeHabitat(spec, task.seed, startAt);
  const story: Story = {
    spec,
    policy: labPolicy(policyFor(spec)),
    baseline: baselineOf(origin.world, spec),
    windowSeconds: task.windowSeconds,
    tickSeconds: task.tickSeconds,
  };
  const onset = {
    patienceSeconds: PATIENCE_SECONDS,
    nextWithinSeconds: NEXT_WITHIN_SECONDS,
    mostIncidents: MOST_INCIDENTS,
    named: nameAlerts(random),
    past: pastOf(random),
  };
  const rows: SimulatedRow[] = [];
  const count = { incidents: 0, replays: 0, silent: 0 };
  for (let number = 0; number < task.incidents; number += 1) {
    const habitat = forkWorld(origin, { reseed: `incident-${number}`, stepMs: task.tickSeconds * 1_000 });
    const faults = drawIncident(random, spec, { kinds: task.kinds, family: task.family });
    for (const fault of faults) habitat.world.inject(fault);
    const kind = kindOfIncident(faults);
    live(habitat, SETTLE_SECONDS, task.tickSeconds);
    let decisions = 0;
    for await (const point of decisionPoints(habitat, story, onset)) {
      const later = await laterOn(point, story, random);
      for (const each of later === undefined ? [point] : [point, later]) {
        const tried = await rowsOf(each, story, { group: task.firstGroup + number, decision: decisions, kind });
        decisions += 1;
        rows.push(...tried.rows);
        count.replays += tried.replays;
      }
    }
    count.incidents += decisions;
    if (decisions === 0) count.silent += 1;
  }
  return { rows, stories: task.incidents, ...count };
}

/** The second decision about the same workload, after any remedy that applied. */
async function laterOn(point: DecisionPoint, story: Story, random: Random): Promise<DecisionPoint | undefined> {
  const open = point.candidates.filter(({ refusal, remedy }) => refusal === undefined && remedy !== 'none');
  const chosen = open[Math.floor(random() * open.length)];
  const [soonest, latest] = SECOND_AFTER_SECONDS;
  const after = soonest + Math.floor(random() * (latest - soonest));
  if (random() >= SECOND_SHARE || chosen === undefined) return undefined;
  return secondRung(point, chosen, story, after);
}

async function rowsOf(
  point: DecisionPoint,
  story: Story,
  of: Pick<SimulatedRow, 'group' | 'decision' | 'kind'>,
): Promise<{ readonly rows: readonly SimulatedRow[]; readonly replays: number }> {
  const open = point.candidates.filter((each) => each.refusal === undefined);
  const nothing = open.find(({ remedy }) => remedy === 'none');
  // Where nothing applies, nothing is decided.
  if (nothing === undefined || open.length < 2) return { rows: [], replays: 0 };
  const { incident, candidates, history } = point;
  const rowOf = makeFeatureRow({
    diagnosis: incident.diagnosis,
    alerts: incident.alerts,
    attempts: incident.attempts,
    rung: incident.rung,
    candidates,
    history,
    traits: REMEDY_TRAITS,
  });
  const none = await replay(point, nothing, story);
  const rows: SimulatedRow[] = [];
  let replays = 1;
  for (const candidate of open) {
    const consequence = candidate.remedy === 'none' ? none : await replay(point, candidate, story);
    if (!consequence.done) continue;
    if (candidate.remedy !== 'none') replays += 1;
    rows.push({
      ...of,
      remedy: candidate.remedy,
      features: plain(rowOf(candidate)),
      label: labelOf(consequence, none),
      cost: rounded(consequence.badMinutes),
      costNone: rounded(none.badMinutes),
    });
  }
  return { rows, replays };
}

function plain(row: Float64Array): readonly (number | null)[] {
  return Array.from(row, (value) => (Number.isFinite(value) ? value : null));
}

function rounded(minutes: number): number {
  return Math.round(minutes * 1_000) / 1_000;
}
