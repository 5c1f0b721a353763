import { describe, expect, test } from '@jest/globals';
import { makeRandom } from '../../src/simulator/world/random.ts';
import type { ApiAnswer } from '../../src/simulator/api/context.ts';
import type { ObjectStore } from '../../src/simulator/objects.ts';
import { FAULT_KINDS } from '../../src/simulator/world/spec.ts';
import { lawfulStages, makeIll } from './lawful.ts';
import type { StageOptions } from './stage.ts';
import { aService, worldOf } from './worlds.ts';

const open = lawfulStages();

const SERVICES = ['cart', 'checkout', 'mail', 'search', 'stock'];

/** An API server that fails now and then, before or after it did what it was asked. */
function unreliable(random: () => number): NonNullable<StageOptions['wrap']> {
  return (objects) => (handle) => (request) => {
    if (request.method !== 'GET' && random() < 0.15) editSomething(objects, random);
    if (request.method === 'GET' && random() < 0.04) return broken(503);
    if (request.method !== 'GET' && random() < 0.1) return broken(429);
    const answer = handle(request);
    return request.method !== 'GET' && random() < 0.2 ? broken(504) : answer;
  };
}

function broken(code: number): ApiAnswer {
  return { status: code, body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: 'chaos', code } };
}

/** Somebody else is at work too. */
function editSomething(objects: ObjectStore, random: () => number): void {
  const stored = objects.get('deployments', 'shop', SERVICES[Math.floor(random() * SERVICES.length)] ?? '');
  if (stored === undefined) return;
  const annotations = { ...stored.metadata.annotations, 'example.com/edited': String(random()) };
  objects.update('deployments', { ...stored, metadata: { ...stored.metadata, annotations } });
}

describe('whatever falls ill and whatever fails', () => {
  test.each([1, 2, 3, 4, 5])('what must always hold does, with seed %i', async (seed) => {
    const random = makeRandom(seed, 'chaos');
    const on = await open({
      scenario: worldOf(
        ...SERVICES.map((name) => aService(name, random() < 0.5 ? { budget: { maxUnavailable: 1 } } : {})),
      ),
      policy: { cooldownSeconds: 120, maxActionsPerHour: 6, maxActionsPerWorkloadPerDay: 3, alertLagSeconds: 60 },
      copies: 2,
      wrap: unreliable(random),
      metrics: (world) => ({
        async signals({ workload, pods }) {
          if (random() < 0.1) throw new Error('no answer');
          return world.signals(workload, pods);
        },
      }),
    });

    for (let round = 0; round < 12; round += 1) {
      const kind = FAULT_KINDS[Math.floor(random() * FAULT_KINDS.length)] ?? 'blip';
      const service = SERVICES[Math.floor(random() * SERVICES.length)] ?? 'cart';
      makeIll(on, kind, service, {
        id: `${kind}-${service}-${round}`,
        ...(random() < 0.3 ? { durationSeconds: 200 } : {}),
      });
      const again = on.webhooks()[Math.floor(random() * on.webhooks().length)];
      if (again !== undefined) await on.post(again);
      await on.run(150);
    }

    expect((await on.incidents()).length).toBeGreaterThan(0);
  });
});
