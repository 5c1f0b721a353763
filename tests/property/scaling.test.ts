import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ensureHpa } from '../../src/act/remedies/ensure-hpa.ts';
import { scaleDown } from '../../src/act/remedies/scale-down.ts';
import { scaleUp } from '../../src/act/remedies/scale-up.ts';
import type { Intent } from '../../src/domain/remedy.ts';
import type { NewObject, OwnerReference } from '../../src/simulator/objects.ts';
import { ACTION, context, LOCATED, NOW, POLICY } from '../builders/incident.ts';
import { aNamedNode, anHpa, aScaledObject, cartIn, scalingWorld, using } from '../builders/scaling.ts';

const count = fc.integer({ min: 0, max: 12 });

/** Mostly the first, now and then one of the others. */
function mostly<T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof({ arbitrary: fc.constant(usual), weight: 5 }, ...others.map((each) => fc.constant(each)));
}

const owners = mostly<readonly OwnerReference[]>(
  [],
  [{ apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'cart-scaler', uid: 'gone', controller: true }],
  [{ apiVersion: 'acme.example/v1', kind: 'AutoPilot', name: 'cart', uid: 'u', controller: true }],
);
const pauses = mostly<Readonly<Record<string, string>>>(
  {},
  { 'autoscaling.keda.sh/paused': 'true' },
  { 'autoscaling.keda.sh/paused-replicas': '2' },
);

interface Parts {
  readonly replicas: number;
  /** Replicas that the autoscaler says there are. */
  readonly current: number;
  /** Places for pods, by node. */
  readonly nodes: readonly number[];
  readonly hpa?: NewObject;
  readonly keda?: NewObject;
}

const numbers = fc.record({
  replicas: count,
  current: count,
  nodes: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 3 }),
  min: fc.integer({ min: 1, max: 6 }),
  room: fc.nat(6),
  ownerReferences: owners,
  annotations: pauses,
  owned: fc.constantFrom('hpa', 'keda', 'both', 'none'),
});

const worlds = numbers.map(({ min, room, ownerReferences, annotations, owned, ...rest }): Parts => {
  const hpa = anHpa({ min, max: min + room, current: rest.current }, { ownerReferences });
  const keda = aScaledObject({ minReplicaCount: min, maxReplicaCount: min + room }, { annotations });
  return {
    ...rest,
    ...(owned === 'hpa' || owned === 'both' ? { hpa } : {}),
    ...(owned === 'keda' || owned === 'both' ? { keda } : {}),
  };
});

/** What each scaling remedy would send, where it would send anything. */
async function intentsIn(parts: Parts): Promise<readonly Intent[]> {
  const world = await scalingWorld({
    replicas: parts.replicas,
    nodes: parts.nodes.map((halves, at) => aNamedNode(`node-${at}`, `${halves * 500}m`)),
    more: {
      horizontalpodautoscalers: parts.hpa === undefined ? [] : [parts.hpa],
      scaledobjects: parts.keda === undefined ? [] : [parts.keda],
    },
  });
  try {
    const location = { ...LOCATED, uid: cartIn(world).metadata.uid };
    const deps = { cluster: world.cluster, actionId: ACTION, rung: 1, cures: 'cpu-saturation', now: NOW } as const;
    const plans = [
      await using(world, scaleUp, { cause: 'cpu-saturation' }).plan(),
      await using(world, ensureHpa, { cause: 'cpu-saturation' }).plan(),
      await scaleDown.plan({ ...context('unknown'), location }, deps),
    ];
    expect(world.writes()).toEqual([]);
    return plans.flatMap((plan) => (plan.kind === 'planned' ? [plan.intent] : []));
  } finally {
    await world.close();
  }
}

test('the replicas of a workload that an autoscaler owns are never written', async () => {
  const seen = { owned: 0, alone: 0 };
  await fc.assert(
    fc.asyncProperty(worlds, async (parts) => {
      const owned = parts.hpa !== undefined || parts.keda !== undefined;
      for (const { target, write } of await intentsIn(parts)) {
        if (owned) {
          expect(['HorizontalPodAutoscaler', 'ScaledObject']).toContain(target.kind);
          expect(write.body).not.toHaveProperty('spec.replicas');
        }
        seen[owned ? 'owned' : 'alone'] += 1;
      }
    }),
    { numRuns: 150 },
  );
  // Otherwise the property holds because nothing was ever planned.
  expect(seen.owned).toBeGreaterThan(10);
  expect(seen.alone).toBeGreaterThan(10);
});

test('no number is ever beyond the policy or the room on the nodes', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async (parts) => {
      const places = parts.nodes.reduce((sum, halves) => sum + halves, 0);
      const current = Math.max(parts.replicas, parts.current);
      for (const { remedy, write } of await intentsIn(parts)) {
        const spec = (write.body as { readonly spec: Readonly<Record<string, unknown>> }).spec; // Every body here has one.
        const written = ['replicas', 'minReplicas', 'maxReplicas', 'minReplicaCount', 'maxReplicaCount']
          .map((field) => spec[field])
          .filter((value) => typeof value === 'number');
        for (const number of written) {
          expect(number).toBeGreaterThan(0);
          if (remedy !== 'scale-down') expect(number).toBeLessThanOrEqual(POLICY.scale.maxReplicas);
          // The pods that there are need no room any more: they stand on other nodes of this small world.
          if (remedy === 'scale-up') expect(number).toBeLessThanOrEqual(current + places);
        }
      }
    }),
    { numRuns: 150 },
  );
});
