import type { Attempt, Diagnosed } from '../domain/incident.ts';
import type { Candidate } from '../domain/remedy.ts';
import { forkWorld } from '../simulator/world/fork.ts';
import { makeBadMinutes } from './bad-minutes.ts';
import { live, makeBed } from './bed.ts';
import type { DecisionPoint, Story } from './replay.ts';
import { stagesOn } from './stages.ts';

/**
 * The next decision about a workload when a first remedy did not help: the world so long after it, and the incident with
 * that attempt in it. Undefined where the remedy was not possible, or where nobody suffers any more.
 */
export async function secondRung(
  point: DecisionPoint,
  candidate: Candidate,
  story: Story,
  afterSeconds: number,
): Promise<DecisionPoint | undefined> {
  const habitat = forkWorld(point.habitat);
  const bed = makeBed(habitat, story.spec);
  const stages = stagesOn(bed, story.policy);
  const bad = makeBadMinutes(habitat.world, story.spec, story.baseline);
  const first = { ...point.incident, phase: 'scored' as const, candidates: point.candidates };
  const pass = (seconds: number): void => live(habitat, seconds, story.tickSeconds);
  const performed = await stages.perform(first, candidate, (ms) => pass(ms / 1_000));
  if (performed.kind === 'impossible' || performed.result.kind === 'refused') return undefined;
  pass(afterSeconds);
  if (bad.count(0) === 0) return undefined;
  const { location, alerts } = point.incident;
  const now = habitat.time.now();
  const attempt: Attempt = {
    intent: performed.intent,
    result: performed.result,
    verification: { verdict: 'not-recovered', reasons: ['it is still ill'], at: now },
  };
  const incident: Diagnosed = {
    ...point.incident,
    diagnosis: await stages.diagnose(location, alerts),
    attempts: [attempt],
    rung: 2,
    updatedAt: now,
  };
  if (incident.diagnosis.causes[0].name === 'unknown') return undefined;
  return { habitat, incident, history: point.history, candidates: stages.score(incident, point.history) };
}
