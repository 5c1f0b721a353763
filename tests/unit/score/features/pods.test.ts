import { describe } from '@jest/globals';

import type { Evidence } from '../../../../src/domain/diagnosis.ts';
import {
  aContainer,
  aCrashingPod,
  anEvidence,
  anUnreadyPod,
  aPod,
  aState,
  HOUR,
  MINUTE,
  NOW,
} from '../../../builders/evidence.ts';
import { aQuestion, checked, withEvidence } from './questions.ts';

describe('pods', () => {
  checked([
    {
      name: 'healthy',
      question: withEvidence({}),
      expected: { not_ready_share: 0, crash_loop_share: 0, oom_share: 0, restarts: 0 },
    },
    {
      name: 'one of four crashes, and it alone was restarted',
      question: withEvidence({
        state: aState({ desired: 4, ready: 3 }),
        pods: [aCrashingPod({ name: 'a', node: 'node-2' }), aPod(), aPod({ name: 'c' }), aPod({ name: 'd' })],
      }),
      expected: { not_ready_share: 0.25, crash_loop_share: 0.25, restarts: 1.17, replicas: 2.322 },
    },
    {
      name: 'four ways not to start, and one that was evicted and no longer counts as a pod',
      question: withEvidence({
        pods: [
          anUnreadyPod({ name: 'a', containers: [aContainer({ ready: false, stateReason: 'ImagePullBackOff' })] }),
          anUnreadyPod({ name: 'b', containers: [aContainer({ stateReason: 'CreateContainerConfigError' })] }),
          anUnreadyPod({ name: 'c', node: '', unschedulable: '0/3 nodes are available' }),
          anUnreadyPod({ name: 'd', containers: [aContainer({ stateReason: 'OOMKilled' })] }),
          aPod({ name: 'e', phase: 'Failed', reason: 'Evicted', ready: false }),
        ],
      }),
      expected: { oom_share: 0.25 },
    },
    {
      name: 'an old out-of-memory kill is over',
      question: withEvidence({
        pods: [
          aPod({
            containers: [
              aContainer({ lastTermination: { reason: 'OOMKilled', exitCode: 137, finishedAt: NOW - 2 * HOUR } }),
            ],
          }),
          aPod({
            name: 'b',
            containers: [
              aContainer({ lastTermination: { reason: 'OOMKilled', exitCode: 137, finishedAt: NOW - MINUTE } }),
            ],
          }),
        ],
      }),
      expected: { oom_share: 0.5, crash_loop_share: 0 },
    },
    {
      name: 'no pod was read: shares of nothing are missing',
      question: withEvidence({ pods: [], missing: ['pods: timed out'] }),
      expected: {
        crash_loop_share: null,
        oom_share: null,
        restarts: null,
        not_ready_share: 0,
        newest_not_ready_share: null,
      },
    },
    {
      name: 'neither the workload nor its pods say how many there should be',
      question: aQuestion({ diagnosis: { ...aQuestion().diagnosis, evidence: withoutState({ pods: [] }) } }),
      expected: { not_ready_share: null, replicas: null },
    },
  ]);
});

function withoutState(changes: Partial<Evidence>): Evidence {
  const { state: _state, ...rest } = anEvidence(changes);
  return rest;
}
