import { describe } from '@jest/globals';

import {
  aNode,
  anUnreadyPod,
  aPod,
  aRevision,
  aRollout,
  aState,
  HOUR,
  MINUTE,
  NOW,
} from '../../../builders/evidence.ts';
import { checked, withEvidence } from './questions.ts';

describe('workload', () => {
  const halfWay = [aPod({ revisionHash: 'hash-1' }), anUnreadyPod({ name: 'b' }), anUnreadyPod({ name: 'c' })];
  checked([
    {
      name: 'a rollout 31 minutes ago, which the alert followed after 16, and only the old revision serves',
      question: withEvidence({
        revisions: aRollout(31 * MINUTE, 1),
        state: aState({ updated: 1, ready: 1, total: 3 }),
        pods: halfWay,
      }),
      expected: { revision_age: 5, symptom_after_revision: 4.087, newest_not_ready_share: 1 },
    },
    {
      name: 'a revision of 20 days is as old as one of an hour',
      question: withEvidence({}),
      expected: { revision_age: 6, symptom_after_revision: 6 },
    },
    {
      name: 'the alert began 7 minutes before the revision',
      question: withEvidence({ revisions: aRollout(8 * MINUTE) }),
      expected: { symptom_after_revision: -3 },
    },
    {
      name: 'an old revision taken up again is as old as its oldest pod',
      question: withEvidence({
        revisions: [
          aRevision(3, { current: true, hash: 'hash-2', createdAt: NOW - 100 * HOUR }),
          aRevision(2, { createdAt: NOW - 5 * HOUR }),
        ],
        pods: [aPod({ createdAt: NOW - 3 * MINUTE }), aPod({ name: 'b', createdAt: NOW - MINUTE })],
      }),
      expected: { revision_age: 2 },
    },
    {
      name: 'no revisions are known: whether there is an older one is missing',
      question: withEvidence({ revisions: [] }),
      expected: { revision_age: null },
    },
    {
      name: 'room to grow and room to lose',
      question: withEvidence({
        autoscaler: { name: 'web', min: 2, max: 8, current: 6, desired: 6, scalingActive: true },
        disruptionsAllowed: 1,
      }),
      expected: { autoscaler_room: 0.25 },
    },
    {
      name: 'no autoscaler and no budget',
      question: withEvidence({}),
      expected: { autoscaler_room: null },
    },
    {
      name: 'half of the pods sit on an ill node; a node that was not read does not count',
      question: withEvidence({
        nodes: [aNode({ name: 'node-1' }), aNode({ name: 'node-2', ready: false, pressures: ['MemoryPressure'] })],
        pods: [aPod(), aPod({ name: 'b', node: 'node-2' }), aPod({ name: 'c', node: 'node-3' })],
      }),
      expected: { node_not_ready_share: 0.5 },
    },
    {
      name: 'an incident of a node is about the node itself',
      question: withEvidence({
        workload: { kind: 'Node', namespace: '', name: 'node-9' },
        nodes: [aNode({ name: 'node-9', pressures: ['DiskPressure'] })],
        allNodes: { total: 4, out: 1, held: [] },
        pods: [],
      }),
      expected: { node_not_ready_share: 0 },
    },
  ]);
});
