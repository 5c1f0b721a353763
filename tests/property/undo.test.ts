import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { CATALOGUE } from '../../src/act/catalogue.ts';
import { makeExecute } from '../../src/act/execute.ts';
import { makePlan } from '../../src/act/plan.ts';
import { undo } from '../../src/act/undo.ts';
import type { Diagnosis } from '../../src/domain/diagnosis.ts';
import type { KnownKind } from '../../src/domain/kubernetes.ts';
import type { Intent, RemedyName } from '../../src/domain/remedy.ts';
import { recordingEndpoints } from '../fakes/endpoints.ts';
import { recordingCluster, type RecordingCluster } from '../fakes/recording-cluster.ts';
import { aNodeObject } from '../builders/nodes.ts';
import {
  aDeployment,
  anAutoscaler,
  aReplicaSet,
  candidate,
  decidedIncident,
  diagnosis,
  NOW,
  POLICY,
  template,
} from '../builders/incident.ts';

const clock = { now: () => NOW };

interface World {
  readonly cluster: RecordingCluster;
  readonly remedy: RemedyName;
  readonly found: Diagnosis;
  readonly kind: KnownKind;
}

const replicas = fc.integer({ min: 1, max: 9 });
const images = fc.stringMatching(/^[a-z]{1,8}:[0-9]{1,3}$/);
const annotations = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}(\/[a-z~]{1,5})?$/), fc.string(), { maxKeys: 3 });

const scaled = fc.record({ count: replicas, annotations }).map(({ count, annotations: own }): World => {
  const cluster = recordingCluster();
  cluster.put('Node', aNodeObject('node-1'));
  cluster.put('Deployment', aDeployment({ spec: { replicas: count }, metadata: { annotations: own } }));
  return { cluster, remedy: 'scale-up', found: diagnosis('cpu-saturation'), kind: 'Deployment' };
});

const bounded = fc
  .record({
    count: replicas,
    min: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
    room: fc.integer({ min: 0, max: 5 }),
  })
  .map(({ count, min, room }): World => {
    const cluster = recordingCluster();
    const max = Math.max(count, min ?? 1) + room;
    cluster.put('Node', aNodeObject('node-1'));
    cluster.put('Deployment', aDeployment({ spec: { replicas: count } }));
    cluster.put(
      'HorizontalPodAutoscaler',
      anAutoscaler({ max, ...(min !== undefined && { min }) }, { currentReplicas: count }),
    );
    return { cluster, remedy: 'scale-up', found: diagnosis('autoscaler-at-maximum'), kind: 'HorizontalPodAutoscaler' };
  });

const rolledBack = fc
  .record({ image: images, older: images, own: fc.option(annotations, { nil: undefined }) })
  .map(({ image, older, own }): World => {
    const cluster = recordingCluster();
    const { annotations: _, ...metadata } = aDeployment().metadata;
    const deployment = aDeployment({ spec: { template: template(image) } });
    cluster.put('Deployment', {
      ...deployment,
      metadata: own === undefined ? metadata : { ...metadata, annotations: own },
    });
    cluster.put('ReplicaSet', aReplicaSet(1, { image: older, ageMinutes: 2000 }));
    cluster.put('ReplicaSet', aReplicaSet(2, { image, ageMinutes: 20 }));
    return { cluster, remedy: 'rollback', found: diagnosis('errors-after-rollout'), kind: 'Deployment' };
  });

const worlds = fc.oneof(scaled, bounded, rolledBack);

/** Plans and applies; undefined where there was nothing to do within the bounds. */
async function applied({ cluster, remedy, found }: World): Promise<Intent | undefined> {
  const plan = makePlan({ cluster, clock, catalogue: CATALOGUE, policy: POLICY });
  const answer = await plan(decidedIncident({ diagnosis: found }), candidate({ remedy, cures: found.causes[0].name }));
  if (answer.kind === 'refused') return undefined;
  const result = await makeExecute({ endpoints: recordingEndpoints(), cluster, clock, catalogue: CATALOGUE })(
    answer.intent,
  );
  expect(result.kind).toBe('done');
  return answer.intent;
}

function specOf({ cluster, kind }: World): unknown {
  return cluster.read(kind, 'cart')['spec'];
}

test('plan, apply and undo leave the spec exactly as it was, in two writes', async () => {
  let restored = 0;
  await fc.assert(
    fc.asyncProperty(worlds, async (world) => {
      const before = specOf(world);
      const { annotations: _, ...labelsBefore } = world.cluster.read(world.kind, 'cart').metadata;

      const intent = await applied(world);
      if (intent?.undo === undefined) return;
      expect(specOf(world)).not.toEqual(before);
      const answer = await undo(intent.undo, world.cluster, { actionId: 'inc-1/1', undoId: 'undo-1' });

      expect(answer.kind).toBe('undone');
      expect(specOf(world)).toEqual(before);
      expect(world.cluster.read(world.kind, 'cart').metadata.labels).toEqual(labelsBefore.labels);
      expect(world.cluster.writes).toHaveLength(2);
      restored += 1;
    }),
    { numRuns: 200 },
  );
  // Otherwise the property holds because nothing was ever done.
  expect(restored).toBeGreaterThan(50);
});

test('undo writes nothing once somebody has changed what it would restore', async () => {
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(worlds, fc.integer({ min: 11, max: 99 }), async (world, other) => {
      const intent = await applied(world);
      if (intent?.undo === undefined) return;
      world.cluster.touch(world.kind, 'cart', (object) => change(object['spec'], intent, other));
      const left = specOf(world);

      const answer = await undo(intent.undo, world.cluster, { actionId: 'inc-1/1', undoId: 'undo-1' });

      expect(answer).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
      expect(specOf(world)).toEqual(left);
      expect(world.cluster.writes).toHaveLength(1);
      refused += 1;
    }),
    { numRuns: 200 },
  );
  expect(refused).toBeGreaterThan(50);
});

test('what others changed beside it stays', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async (world) => {
      const intent = await applied(world);
      if (intent?.undo === undefined) return;
      world.cluster.touch(world.kind, 'cart', (object) =>
        Object.assign(object['spec'] as object, { minReadySeconds: 7 }),
      );

      const answer = await undo(intent.undo, world.cluster, { actionId: 'inc-1/1', undoId: 'undo-1' });

      expect(answer.kind).toBe('undone');
      expect(specOf(world)).toHaveProperty('minReadySeconds', 7);
    }),
  );
});

function change(spec: unknown, intent: Intent, other: number): void {
  const [pointer = ''] = Object.keys(intent.undo?.expect ?? {});
  const field = pointer.replace('/spec/', '');
  const fields = spec as Record<string, unknown>;
  fields[field] = field === 'template' ? { ...template('other:1'), note: other } : other;
}
