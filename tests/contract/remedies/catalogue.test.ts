import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CATALOGUE } from '../../../src/act/catalogue.ts';
import { contextOf } from '../../../src/act/remedy.ts';
import { CASES } from './cases/index.ts';
import { prepare } from './prepared.ts';
import { openSessions, type Sessions } from './sessions.ts';

test('every remedy of the catalogue has a case', () => {
  const proved = new Set(CASES.map(({ remedy }) => remedy.name));

  expect(CATALOGUE.filter(({ name }) => !proved.has(name)).map(({ name }) => name)).toEqual([]);
});

test('no remedy has two cases, and none is proved that the catalogue does not have', () => {
  expect(CASES.map(({ remedy }) => remedy.name)).toEqual(CATALOGUE.map(({ name }) => name));
});

describe.each(CASES.map((given) => [given.remedy.name, given] as const))('what %s costs', (_, given) => {
  let sessions: Sessions;
  beforeAll(async () => {
    sessions = await openSessions();
  });
  afterAll(() => sessions.close());

  test('is a finite number that comes from the workload', async () => {
    let grown = 0;
    for (const world of given.worlds) {
      const { incident, frozen } = await prepare(given, world, sessions);
      const context = contextOf(incident, frozen.policy);
      const { pods } = context.diagnosis.evidence;
      const more = [...pods, ...pods.map((pod) => ({ ...pod, name: `${pod.name}-2`, uid: `${pod.uid}-2` }))];
      const evidence = { ...context.diagnosis.evidence, pods: more };

      const one = given.remedy.disruption(context);
      const two = given.remedy.disruption({ ...context, diagnosis: { ...context.diagnosis, evidence } });

      for (const { readyReplicaMinutes, because } of [one, two]) {
        expect(Number.isFinite(readyReplicaMinutes)).toBe(true);
        expect(readyReplicaMinutes).toBeGreaterThanOrEqual(0);
        expect(because).toMatch(/\w+ \w+/);
      }
      expect(two.readyReplicaMinutes).toBeGreaterThanOrEqual(one.readyReplicaMinutes);
      grown += two.readyReplicaMinutes - one.readyReplicaMinutes;
    }
    expect(grown > 0 ? 'grows' : 'constant').toBe(given.disruption);
  });
});
