import { afterEach, expect } from '@jest/globals';
import type { Closed, Incident } from '../../src/domain/incident.ts';
import type { FaultSpec } from '../../src/simulator/world/spec.ts';
import { openStage, type Stage, type StageOptions } from './stage.ts';

/** Opens stages for the tests of a file; after each test they are closed, and what must always hold is checked. */
export function lawfulStages(): (options?: StageOptions) => Promise<Stage> {
  const open: Stage[] = [];
  afterEach(async () => {
    const breaches: string[] = [];
    for (let stage = open.pop(); stage !== undefined; stage = open.pop()) {
      breaches.push(...(await stage.breaches()));
      await stage.close();
    }
    expect(breaches).toEqual([]);
  });
  return async (options = {}) => {
    const stage = await openStage(options);
    open.push(stage);
    return stage;
  };
}

/** Makes a service of the namespace `shop` ill. */
export function makeIll(
  on: Stage,
  kind: FaultSpec['kind'],
  service: string,
  fault: Partial<FaultSpec> & { readonly namespace?: string } = {},
): void {
  const { namespace = 'shop', ...more } = fault;
  on.world.inject({ id: `${kind}-${service}`, kind, target: { namespace, service }, ...more });
}

/** The incidents of a workload of this name that ended, oldest first. */
export async function endedOf(on: Stage, name: string): Promise<readonly Closed[]> {
  const all = await on.incidents();
  return all.filter((each): each is Closed => each.phase === 'closed' && nameOf(each) === name);
}

/** The first incident of a workload of this name to end. */
export async function untilEnded(on: Stage, name: string, seconds = 1500): Promise<Closed> {
  await on.until(`an incident of ${name} ends`, seconds, async () => (await endedOf(on, name)).length > 0);
  const [first] = await endedOf(on, name);
  if (first === undefined) throw new Error('it ended');
  return first;
}

/** The first incident that reaches the phase. */
export async function untilPhase(on: Stage, phase: Incident['phase'], seconds = 600): Promise<Incident> {
  let found: Incident | undefined;
  await on.until(`an incident is ${phase}`, seconds, async () => {
    found = (await on.incidents()).find((each) => each.phase === phase);
    return found !== undefined;
  });
  if (found === undefined) throw new Error('it was found');
  return found;
}

/** The name of the workload that an incident is about, where one was found. */
export function nameOf(incident: Incident): string | undefined {
  const location = 'location' in incident ? incident.location : undefined;
  return location?.kind === 'located' ? location.workload.name : undefined;
}
