import type { Diagnosed, PastAction, Scored } from '../domain/incident.ts';
import type { PolicyOfRemedies } from '../act/remedy.ts';
import type { Candidate } from '../domain/remedy.ts';
import { forkWorld } from '../simulator/world/fork.ts';
import type { WorldSpec } from '../simulator/world/spec.ts';
import { makeBadMinutes, type Baseline } from './bad-minutes.ts';
import { isOver, live, makeBed, type Habitat } from './bed.ts';
import { stagesOn } from './stages.ts';

/** What the replays of one story share. */
export interface Story {
  readonly spec: WorldSpec;
  readonly policy: PolicyOfRemedies;
  readonly baseline: Baseline;
  /** The world is watched for so long after a decision. */
  readonly windowSeconds: number;
  /** The length of a tick. */
  readonly tickSeconds: number;
}

/** A workload that is ill, at the moment when something is to be decided about it. */
export interface DecisionPoint {
  /** The world at that moment. Replays fork it and leave it as it is. */
  readonly habitat: Habitat;
  readonly incident: Diagnosed;
  readonly history: readonly PastAction[];
  /** As the rules score them, best first. */
  readonly candidates: readonly Candidate[];
}

/** What became of the world under one remedy. */
export interface Consequence {
  readonly remedy: string;
  /** False where planning or the API server refused it; the world went on as under `none` then. */
  readonly done: boolean;
  /** Bad minutes within the window, over all services. */
  readonly badMinutes: number;
}

/** So long nobody may suffer, with every fault gone, before a replay is believed to stay well. */
export const CALM_SECONDS = 60;

/** Lives the window after a decision on a fork of its world, with one remedy done at its beginning. */
export async function replay(point: DecisionPoint, candidate: Candidate, story: Story): Promise<Consequence> {
  const habitat = forkWorld(point.habitat);
  const bed = makeBed(habitat, story.spec);
  const bad = makeBadMinutes(habitat.world, story.spec, story.baseline);
  const end = habitat.time.now() + story.windowSeconds * 1_000;
  let calm = 0;

  function pass(seconds: number): void {
    for (let passed = 0; passed < seconds && habitat.time.now() < end; passed += story.tickSeconds) {
      live(habitat, story.tickSeconds, story.tickSeconds);
      const isBad = bad.count(story.tickSeconds) > 0;
      calm = !isBad && isOver(habitat) ? calm + story.tickSeconds : 0;
    }
  }

  let done = candidate.remedy === 'none';
  if (!done) {
    const incident: Scored = { ...point.incident, phase: 'scored', candidates: point.candidates };
    const performed = await stagesOn(bed, story.policy).perform(incident, candidate, (ms) => pass(ms / 1_000));
    done = performed.kind === 'performed' && performed.result.kind !== 'refused';
    if (!done) return { remedy: candidate.remedy, done, badMinutes: Number.NaN };
  }
  while (habitat.time.now() < end && calm < CALM_SECONDS) pass(story.tickSeconds);
  return { remedy: candidate.remedy, done, badMinutes: bad.total() };
}
