import { expect, test } from '@jest/globals';
import { makeDiagnose } from '../../../src/diagnose/diagnose.ts';
import type { Located } from '../../../src/domain/location.ts';
import { aCrashingPod, anEvidence, aRollout, HOUR, MINUTE, NOW } from '../../builders/evidence.ts';

const located: Located = {
  kind: 'located',
  workload: { kind: 'Deployment', namespace: 'shop', name: 'web' },
  uid: 'uid-web',
  pods: [],
  decidedBy: 'deployment',
  why: 'The label deployment names it.',
};
const clock = { now: () => NOW, sleep: async () => {} };

test('a diagnosis is the evidence and the causes that it supports at this moment', async () => {
  const evidence = anEvidence({ pods: [aCrashingPod()], revisions: aRollout(10 * MINUTE) });
  const diagnose = makeDiagnose({ gather: async () => evidence, clock });

  const diagnosis = await diagnose(located, []);

  expect(diagnosis.evidence).toBe(evidence);
  expect(diagnosis.causes[0].name).toBe('crash-loop-after-rollout');
});

test('some thresholds can be given, the others keep their defaults', async () => {
  const evidence = anEvidence({ pods: [aCrashingPod()], revisions: aRollout(2 * HOUR) });
  const diagnose = makeDiagnose({ gather: async () => evidence, clock, thresholds: { youngRevisionMs: 3 * HOUR } });

  const diagnosis = await diagnose(located, []);

  expect(diagnosis.causes[0].name).toBe('crash-loop-after-rollout');
});
