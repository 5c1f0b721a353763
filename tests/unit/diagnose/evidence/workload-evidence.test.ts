import { describe, expect, test } from '@jest/globals';
import {
  daemonSetEvidence,
  deploymentEvidence,
  replicaSetEvidence,
  statefulSetEvidence,
} from '../../../../src/diagnose/evidence/workload-evidence.ts';
import { aDaemonSet, aDeployment, aReplicaSet, aStatefulSet } from '../../../builders/incident.ts';

const rolling = (rollingUpdate: object) => ({ type: 'RollingUpdate', rollingUpdate });

describe('how many pods may be missing in a rollout', () => {
  test.each([
    { name: 'a quarter when nothing is said, rounded down', replicas: 10, strategy: undefined, expected: 2 },
    { name: 'none of three', replicas: 3, strategy: undefined, expected: 0 },
    { name: 'a number', replicas: 3, strategy: rolling({ maxUnavailable: 2 }), expected: 2 },
    { name: 'no more than there are', replicas: 1, strategy: rolling({ maxUnavailable: 2 }), expected: 1 },
    { name: 'a percentage', replicas: 9, strategy: rolling({ maxUnavailable: '50%' }), expected: 4 },
    {
      name: 'one where nothing else would let it go on',
      replicas: 3,
      strategy: rolling({ maxUnavailable: '25%', maxSurge: 0 }),
      expected: 1,
    },
    {
      name: 'none where the surge, rounded up, is one',
      replicas: 3,
      strategy: rolling({ maxUnavailable: 0, maxSurge: '1%' }),
      expected: 0,
    },
    { name: 'all of them when they are recreated', replicas: 4, strategy: { type: 'Recreate' }, expected: 4 },
    {
      name: 'what is no percentage counts as none',
      replicas: 9,
      strategy: rolling({ maxUnavailable: 'x' }),
      expected: 0,
    },
  ])('of a Deployment: $name', ({ replicas, strategy, expected }) => {
    const spec = { replicas, ...(strategy !== undefined && { strategy }) };

    expect(deploymentEvidence(aDeployment({ spec })).maxUnavailable).toBe(expected);
  });

  test.each([
    { name: 'one of a StatefulSet', updateStrategy: undefined, expected: 1 },
    { name: 'a percentage, rounded up', updateStrategy: rolling({ maxUnavailable: '30%' }), expected: 2 },
    { name: 'none by itself with OnDelete', updateStrategy: { type: 'OnDelete' }, expected: undefined },
  ])('$name', ({ updateStrategy, expected }) => {
    const spec = { replicas: 5, ...(updateStrategy !== undefined && { updateStrategy }) };
    const daemons = { desiredNumberScheduled: 5 };

    expect(statefulSetEvidence(aStatefulSet({ spec })).maxUnavailable).toBe(expected);
    expect(daemonSetEvidence(aDaemonSet({ spec, status: daemons })).maxUnavailable).toBe(expected);
  });

  test('a ReplicaSet of its own never replaces pods', () => {
    expect(replicaSetEvidence(aReplicaSet(1))).not.toHaveProperty('maxUnavailable');
  });
});
