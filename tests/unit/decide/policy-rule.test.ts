import { describe, expect, test } from '@jest/globals';
import { permissionFor } from '../../../src/decide/policy-rule.ts';
import type { PolicyRule } from '../../../src/domain/policy.ts';
import { diagnosedIncident, LOCATED, POLICY } from '../../builders/incident.ts';

const SUBJECT = { workload: LOCATED.workload, alerts: diagnosedIncident().alerts, cause: 'memory-leak' } as const;

function byOf(...rules: readonly PolicyRule[]): string {
  return permissionFor({ ...POLICY, mode: 'observe', rules }, SUBJECT).by;
}

describe('which rule decides', () => {
  test.each<{ name: string; match: PolicyRule['match']; matches: boolean }>([
    { name: 'a namespace', match: { namespaces: ['shop'] }, matches: true },
    { name: 'one of several', match: { namespaces: ['pay', 'shop'] }, matches: true },
    { name: 'another one', match: { namespaces: ['pay'] }, matches: false },
    { name: 'a beginning', match: { namespaces: ['sh*'] }, matches: true },
    { name: 'everything', match: { namespaces: ['*'] }, matches: true },
    { name: 'a star in the middle is a plain character', match: { namespaces: ['s*p'] }, matches: false },
    { name: 'a beginning without a star', match: { namespaces: ['sh'] }, matches: false },
    { name: 'a workload by name', match: { workloads: ['cart'] }, matches: true },
    { name: 'a workload by key', match: { workloads: ['Deployment/shop/ca*'] }, matches: true },
    { name: 'a workload of another kind', match: { workloads: ['StatefulSet/shop/cart'] }, matches: false },
    { name: 'a kind', match: { kinds: ['deployment'] }, matches: true },
    { name: 'an alert', match: { alertnames: ['CartIs*'] }, matches: true },
    { name: 'another alert', match: { alertnames: ['Other'] }, matches: false },
    { name: 'a cause', match: { causes: ['memory-leak'] }, matches: true },
    { name: 'another cause', match: { causes: ['cpu-saturation'] }, matches: false },
    { name: 'all fields must match', match: { namespaces: ['shop'], causes: ['cpu-saturation'] }, matches: false },
    { name: 'an empty match matches nothing', match: {}, matches: false },
    { name: 'an empty list matches nothing', match: { namespaces: [] }, matches: false },
  ])('$name: $matches', ({ match, matches }) => {
    expect(byOf({ name: 'r', match })).toBe(matches ? 'rule r' : 'the defaults');
  });

  test('the first one that matches', () => {
    const rules = [
      { name: 'other', match: { namespaces: ['pay'] } },
      { name: 'first', match: { namespaces: ['shop'] } },
      { name: 'second', match: { namespaces: ['shop'] } },
    ];

    expect(byOf(...rules)).toBe('rule first');
  });

  test('what a rule leaves out comes from the defaults', () => {
    const rules = [{ name: 'r', match: { namespaces: ['shop'] }, remedies: ['rollback'] as const }];

    expect(permissionFor({ ...POLICY, mode: 'observe', rules }, SUBJECT)).toEqual({
      mode: 'observe',
      remedies: ['rollback'],
      by: 'rule r',
    });
  });

  test('a resolved alert gives no leave', () => {
    const alerts = SUBJECT.alerts.map((alert) => ({ ...alert, status: 'resolved' as const }));
    const rules = [{ name: 'r', match: { alertnames: ['CartIsIll'] } }];

    expect(permissionFor({ ...POLICY, rules }, { ...SUBJECT, alerts }).by).toBe('the defaults');
  });
});
