import { createObjects, rollToPresent } from './bootstrap.ts';
import type { Parts } from './parts.ts';
import type { WorldSpec } from './spec.ts';
import { advanceTo, type Time } from './step.ts';

const STEP_MS = 1_000;
const QUIET_STEP_MS = 15_000;
const SETTLE_MS = 90_000;

/** Creates a world's objects and lets it live, healthy, through the time that its spec asks for before the present. */
export function livePrehistory(parts: Parts, time: Time, scenario: WorldSpec): void {
  const { kit } = parts;
  const lengthMs = (scenario.prehistorySeconds ?? 0) * 1_000;
  // A rollout needs time to happen in.
  const hasPast = lengthMs > 4 * SETTLE_MS;
  createObjects(kit, scenario, { previousImages: hasPast });
  createGiven(parts, scenario);
  const present = time.now + lengthMs;
  const settled = Math.min(present, time.now + SETTLE_MS);
  advanceTo(parts, time, { target: settled, stepMs: STEP_MS });
  if (hasPast) {
    rollToPresent(kit, scenario);
    advanceTo(parts, time, { target: Math.min(present, settled + 2 * SETTLE_MS), stepMs: STEP_MS });
  }
  advanceTo(parts, time, { target: present, stepMs: QUIET_STEP_MS });
}

/** What the spec brings along as it is. */
function createGiven({ store }: Parts, { objects = [] }: WorldSpec): void {
  for (const { resource, object } of objects) {
    const { namespace, name = '' } = object.metadata;
    if (store.get(resource, namespace, name) === undefined) {
      store.create(resource, object);
    }
  }
}
