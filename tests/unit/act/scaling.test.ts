import { describe, expect, test } from '@jest/globals';
import { ensureHpa } from '../../../src/act/remedies/ensure-hpa.ts';
import { scaleNodes } from '../../../src/act/remedies/scale-nodes.ts';
import { scaleUp } from '../../../src/act/remedies/scale-up.ts';
import { considerAll } from '../../../src/act/catalogue.ts';
import type { NodeGroup } from '../../../src/domain/policy.ts';
import { context, LOCATED, podEvidence, POLICY } from '../../builders/incident.ts';

const nodeGroups: readonly NodeGroup[] = [
  { apiVersion: 'v1', kind: 'Group', namespace: 'infra', name: 'workers', maxReplicas: 5, nodeLabels: {} },
];
const limits = { ...POLICY.limits, nodeGroups };

const remedies = [
  { remedy: scaleUp, cause: 'cpu-saturation', pods: [podEvidence('cart-a')] },
  { remedy: ensureHpa, cause: 'cpu-saturation', pods: [podEvidence('cart-a')] },
  { remedy: scaleNodes, cause: 'unschedulable', pods: [podEvidence('cart-a', { unschedulable: 'no node' })] },
] as const;

function at(kind: string): typeof LOCATED {
  return { ...LOCATED, workload: { ...LOCATED.workload, kind } };
}

describe.each(remedies.map((each) => ({ name: each.remedy.name, ...each })))('$name', ({ remedy, cause, pods }) => {
  const found = { pods };

  test('applies, costs nothing, and cures with the likelihood that it declares', () => {
    const given = context(cause, { limits, found });

    const [considered] = considerAll(given, [remedy]);

    expect(considered).toMatchObject({
      kind: 'applies',
      cures: cause,
      likelihood: remedy.cures[cause],
      disruption: { readyReplicaMinutes: 0 },
    });
  });

  test.each([
    { name: 'a bare pod', given: context(cause, { limits, found, location: at('Pod') }), code: 'bare-pod' },
    { name: 'a DaemonSet', given: context(cause, { limits, found, location: at('DaemonSet') }), code: 'wrong-kind' },
    { name: 'another cause', given: context('image-pull-failure', { limits, found }), code: 'does-not-cure' },
    {
      name: 'once more than it may be repeated',
      given: context(cause, {
        limits,
        found,
        tried: remedy.repeatable === true ? [remedy.name, remedy.name] : [remedy.name],
      }),
      code: 'already-tried',
    },
  ])('is refused for $name -> $code', ({ given, code }) => {
    expect(remedy.consider(given)).toMatchObject({ kind: 'refused', refusal: { code } });
    expect(remedy.refusals).toContain(code);
  });
});

test('what makes objects or nodes is off until a policy says otherwise', () => {
  expect([scaleUp, ensureHpa, scaleNodes].map(({ onByDefault }) => onByDefault)).toEqual([true, false, false]);
});
