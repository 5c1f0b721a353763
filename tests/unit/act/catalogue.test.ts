import { describe, expect, test } from '@jest/globals';
import { accessFor, CATALOGUE, considerAll } from '../../../src/act/catalogue.ts';
import { context } from '../../builders/incident.ts';

describe('every remedy of the catalogue', () => {
  test('has a name of its own', () => {
    const names = CATALOGUE.map(({ name }) => name);

    expect(names).not.toContain('none');
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(CATALOGUE.map((remedy) => [remedy.name, remedy] as const))(
    '%s says what people need to know',
    (_, remedy) => {
      const { summary, undoes, afterwards, refusals, rbac, kinds } = remedy;

      for (const sentence of [summary, undoes, afterwards]) expect(sentence).toMatch(/^[A-Z].*\.$/);
      expect(kinds.length).toBeGreaterThan(0);
      expect(refusals.length).toBeGreaterThan(0);
      expect(new Set(refusals).size).toBe(refusals.length);
      for (const { verbs, resources } of rbac) {
        expect(resources.length).toBeGreaterThan(0);
        expect([...verbs, ...resources]).not.toContain('*');
      }
    },
  );

  test.each(CATALOGUE.map((remedy) => [remedy.name, remedy] as const))('%s cures with a likelihood', (_, { cures }) => {
    for (const likelihood of Object.values(cures)) {
      expect(likelihood).toBeGreaterThan(0);
      expect(likelihood).toBeLessThan(1);
    }
  });

  // In the 67 published ITBench faults a bare restart is the cure of none, and "always restart" is measured to be harmful.
  test.each([
    'crash-loop-after-rollout',
    'errors-after-rollout',
    'configuration-error',
    'image-pull-failure',
    'dependency-failure',
    'memory-limit-too-low',
  ])('a restart is no cure of %s', (cause) => {
    for (const { name, cures } of CATALOGUE) {
      if (name === 'restart-pod' || name === 'rollout-restart') expect(cures).not.toHaveProperty(cause);
    }
  });
});

test('what costs the workload more than the policy allows is refused, with the sum', () => {
  const given = context('memory-leak');
  const dear = considerAll({ ...given, limits: { ...given.limits, maxDisruption: 0 } });
  const cheap = considerAll(given);

  expect(cheap.find(({ remedy }) => remedy === 'rollout-restart')).toMatchObject({ kind: 'applies' });
  expect(dear.find(({ remedy }) => remedy === 'rollout-restart')).toMatchObject({
    kind: 'refused',
    refusal: { code: 'too-disruptive', why: expect.stringContaining('ready-replica-minutes') },
  });
});

test('the access rules are those of the allowed remedies only', () => {
  expect(accessFor(['none'])).toEqual([]);
  expect(accessFor(['restart-pod']).flatMap(({ resources }) => resources)).toContain('pods/eviction');
  expect(accessFor(['rollback']).flatMap(({ resources }) => resources)).not.toContain('pods/eviction');
});
