import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { RolloutWorkload } from '../../src/domain/kubernetes.ts';
import { rolloutStatus } from '../../src/domain/rollout-status.ts';

const few = fc.integer({ min: 0, max: 3 });
const condition = fc.record({
  type: fc.constantFrom('Progressing', 'Available'),
  status: fc.constantFrom('True', 'False', 'Unknown'),
  reason: fc.constantFrom('ProgressDeadlineExceeded', 'NewReplicaSetAvailable'),
});
const status = fc.record(
  {
    observedGeneration: few,
    replicas: few,
    updatedReplicas: few,
    readyReplicas: few,
    availableReplicas: few,
    currentRevision: fc.constantFrom('a', 'b'),
    updateRevision: fc.constantFrom('a', 'b'),
    desiredNumberScheduled: few,
    currentNumberScheduled: few,
    updatedNumberScheduled: few,
    numberReady: few,
    numberAvailable: few,
    conditions: fc.array(condition, { maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const spec = fc.record(
  {
    replicas: few,
    paused: fc.boolean(),
    updateStrategy: fc.record(
      {
        type: fc.constantFrom('RollingUpdate', 'OnDelete'),
        rollingUpdate: fc.record({ partition: few }, { requiredKeys: [] }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);
const anyWorkload = fc
  .record(
    { kind: fc.constantFrom('Deployment', 'StatefulSet', 'DaemonSet', 'Job'), generation: few, spec, status },
    { requiredKeys: ['kind', 'spec'] },
  )
  .map((raw): RolloutWorkload => ({
    kind: raw.kind,
    metadata: {
      name: 'w',
      uid: 'u',
      resourceVersion: '1',
      ...(raw.generation === undefined ? {} : { generation: raw.generation }),
    },
    spec: { selector: {}, template: { spec: { containers: [] } }, ...raw.spec },
    ...(raw.status === undefined ? {} : { status: raw.status }),
  }));

interface AnyStatus {
  readonly updatedReplicas?: number;
  readonly readyReplicas?: number;
  readonly observedGeneration?: number;
  readonly desiredNumberScheduled?: number;
  readonly updatedNumberScheduled?: number;
  readonly numberReady?: number;
}

function counts(workload: RolloutWorkload): { desired: number; updated: number; ready: number } {
  const raw: AnyStatus = workload.status ?? {};
  if (workload.kind === 'DaemonSet') {
    return {
      desired: raw.desiredNumberScheduled ?? -1,
      updated: raw.updatedNumberScheduled ?? 0,
      ready: raw.numberReady ?? 0,
    };
  }
  const desired = 'replicas' in workload.spec ? (workload.spec.replicas ?? 1) : 1;
  return { desired, updated: raw.updatedReplicas ?? 0, ready: raw.readyReplicas ?? 0 };
}

test('rolloutStatus never throws, and complete means all updated, all ready and seen', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(anyWorkload, (workload) => {
      const result = rolloutStatus(workload);
      seen.add(result.kind);

      expect(result.why.length).toBeGreaterThan(0);
      if (result.kind !== 'complete') return;
      const { desired, updated, ready } = counts(workload);
      expect({ updated, ready }).toEqual({ updated: desired, ready: desired });
      expect(workload.status?.observedGeneration).toBeGreaterThanOrEqual(workload.metadata.generation ?? Infinity);
    }),
    { numRuns: 5_000 },
  );

  expect([...seen].toSorted()).toEqual(['complete', 'paused', 'progressing', 'stuck', 'unknown']);
});
