import { describe, expect, test } from '@jest/globals';
import {
  drawIncident,
  drawStart,
  drawTopology,
  HELD_OUT_KINDS,
  kindOfIncident,
  TRAINING_KINDS,
  type Family,
} from '../../../../src/simulator/scenario/draw.ts';
import { FAMILY_NAMES, isStripped, stripped } from '../../../../src/simulator/scenario/family.ts';
import { whyUnfit } from '../../../../src/simulator/scenario/fitness.ts';
import { patientsFor } from '../../../../src/simulator/scenario/patients.ts';
import { SEVERITIES } from '../../../../src/simulator/scenario/strengths.ts';
import { makeTopology } from '../../../../src/simulator/scenario/topology.ts';
import { makeRandom } from '../../../../src/simulator/world/random.ts';
import {
  FAULT_KINDS,
  serviceKey,
  type FaultKindName,
  type FaultSpec,
  type WorldSpec,
} from '../../../../src/simulator/world/spec.ts';

const WORLDS = [10, 16, 24].map((services) => makeTopology({ seed: services, services }));

function draws(
  spec: WorldSpec,
  kinds: readonly FaultKindName[],
  options: { readonly family?: Family; readonly confounders?: boolean; readonly count?: number } = {},
): readonly (readonly FaultSpec[])[] {
  const { family = 'training', count = 40, ...others } = options;
  const random = makeRandom(1, 'draws');
  return Array.from({ length: count }, () => drawIncident(random, spec, { kinds, family, ...others }));
}

describe('drawn incidents', () => {
  test.each(FAULT_KINDS)('%s strikes where it fits and would be noticed', (kind) => {
    for (const spec of WORLDS) {
      for (const [fault] of draws(spec, [kind], { confounders: false })) {
        const target = spec.services.find(
          (each) => serviceKey(each) === `${fault?.target.namespace}/${fault?.target.service}`,
        );
        const node = spec.nodes.find(({ name }) => fault?.target.namespace === '' && name === fault.target.service);

        expect(fault?.kind).toBe(kind);
        expect(target?.load !== undefined || node !== undefined).toBe(true);
        expect(target === undefined ? undefined : whyUnfit(spec, kind, target)).toBeUndefined();
        expect(fault?.strength ?? 1).toBeGreaterThan(0);
      }
    }
  });

  test('repeat with their random numbers', () => {
    expect(draws(WORLDS[1]!, FAULT_KINDS)).toEqual(draws(WORLDS[1]!, FAULT_KINDS));
  });

  test('are one fault alone where confounders are not wanted', () => {
    const incidents = draws(WORLDS[2]!, TRAINING_KINDS, { confounders: false });

    expect(incidents.every((faults) => faults.length === 1)).toBe(true);
  });

  test('have ids of their own and sometimes something besides', () => {
    const incidents = draws(WORLDS[2]!, TRAINING_KINDS, { count: 600 });
    const kinds = incidents.flatMap((faults) => faults.map(({ kind }) => kind));
    const named = incidents.map(kindOfIncident);

    expect(incidents.every((faults) => new Set(faults.map(({ id }) => id)).size === faults.length)).toBe(true);
    expect(kinds.filter((kind) => kind === 'good-rollout').length).toBeGreaterThan(30);
    expect(kinds.filter((kind) => kind === 'traffic-rise').length).toBeGreaterThan(15);
    expect(named.filter((name) => name === 'compound').length).toBeGreaterThan(25);
    // What is harmless gives an incident no other name.
    expect(
      named.filter((name) => name !== 'compound').every((name) => TRAINING_KINDS.some((kind) => kind === name)),
    ).toBe(true);
  });

  test('begin after the harmless rollout that looks like their cause', () => {
    const incidents = draws(WORLDS[2]!, TRAINING_KINDS, { count: 300 });
    const after = incidents.filter(([first]) => first?.kind === 'good-rollout');

    expect(after.length).toBeGreaterThan(10);
    expect(after.every(([rollout, fault]) => (fault?.onsetSeconds ?? 0) >= (rollout?.onsetSeconds ?? 0) + 45)).toBe(
      true,
    );
  });

  test('a second fault strikes somebody else', () => {
    const both = draws(WORLDS[2]!, TRAINING_KINDS, { count: 400 }).filter(
      (faults) => kindOfIncident(faults) === 'compound',
    );

    expect(both.every(([first, second]) => first?.target.service !== second?.target.service)).toBe(true);
  });

  test('a world in which nobody can fall ill so is an error that names the kinds', () => {
    const spec = { ...WORLDS[0]!, services: WORLDS[0]!.services.filter(({ kind }) => kind === 'Deployment') };

    expect(() => draws(spec, ['disk-filling'])).toThrow(/disk-filling/);
  });
});

test('every kind can befall every generated world', () => {
  for (const services of [10, 11, 12, 16, 40]) {
    for (let seed = 0; seed < 60; seed += 1) {
      const spec = makeTopology({ seed, services });
      const missing = FAULT_KINDS.filter((kind) => patientsFor(spec, kind).length === 0);
      expect(missing.map((kind) => `${kind} in world ${services}/${seed}`)).toEqual([]);
    }
  }
});

describe('training and evaluation', () => {
  test('the held-out kinds are at least four, known, and none that training draws', () => {
    const known: readonly string[] = FAULT_KINDS;

    expect(HELD_OUT_KINDS.length).toBeGreaterThanOrEqual(4);
    expect(HELD_OUT_KINDS.every((kind) => known.includes(kind))).toBe(true);
    expect([...TRAINING_KINDS, ...HELD_OUT_KINDS].toSorted()).toEqual([...FAULT_KINDS].toSorted());
  });

  test.each(FAMILY_NAMES)('a strength of %s lies in its own strips only', (family) => {
    const random = makeRandom(2, family);
    const other = family === 'training' ? 'evaluation' : 'training';
    for (const { range } of Object.values(SEVERITIES)) {
      for (let draw = 0; draw < 50; draw += 1) {
        const value = stripped(random, family, range);
        expect([isStripped(value, family, range), isStripped(value, other, range)]).toEqual([true, false]);
      }
    }
  });

  test('neither lies within the other: the strips of both reach into both halves of a range', () => {
    for (const family of FAMILY_NAMES) {
      const random = makeRandom(3, family);
      const values = Array.from({ length: 200 }, () => stripped(random, family, [0, 1]));
      expect(Math.min(...values)).toBeLessThan(0.26);
      expect(Math.max(...values)).toBeGreaterThan(0.74);
    }
  });

  test('share no topology and no time of day', () => {
    const of = (
      family: Family,
    ): { readonly worlds: Set<string>; readonly sizes: Set<number>; readonly hours: Set<number> } => {
      const random = makeRandom(4, family);
      const topologies = Array.from({ length: 100 }, () => drawTopology(random, family, 48));
      const hours = Array.from({ length: 100 }, () => new Date(drawStart(random, family)).getUTCHours());
      const worlds = topologies.map(({ seed, services }) => `${seed}/${services}`);
      return {
        worlds: new Set(worlds),
        sizes: new Set(topologies.map(({ services }) => services)),
        hours: new Set(hours),
      };
    };
    const [training, evaluation] = [of('training'), of('evaluation')];

    expect([...training.worlds].filter((each) => evaluation.worlds.has(each))).toEqual([]);
    expect([...training.sizes].filter((each) => evaluation.sizes.has(each))).toEqual([]);
    expect([...training.hours].filter((each) => evaluation.hours.has(each))).toEqual([]);
  });
});
