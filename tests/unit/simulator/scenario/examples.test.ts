import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { compileScenario } from '../../../../src/simulator/scenario/compile.ts';
import { kindOfIncident } from '../../../../src/simulator/scenario/draw.ts';
import { loadScenario } from '../../../../src/simulator/scenario/load.ts';
import { FAULT_KINDS, HARMLESS_KINDS } from '../../../../src/simulator/world/spec.ts';

const FOLDER = new URL('../../../bench/heal/scenarios/', import.meta.url);
const FILES = readdirSync(FOLDER);

describe('the scenario files to copy from', () => {
  test.each(FILES)('%s is a scenario of its name that runs with any seed', (file) => {
    const loaded = loadScenario(readFileSync(new URL(file, FOLDER), 'utf8'), file);

    expect(loaded).toMatchObject({ kind: 'loaded', scenario: { name: file.replace('.yaml', '') } });
    if (loaded.kind === 'invalid') return;
    for (const seed of [1, 2, 3]) {
      const { faults } = compileScenario(loaded.scenario, seed);
      const name = faults.length === 1 ? faults[0]?.kind : kindOfIncident(faults);
      expect(loaded.scenario.name).toBe(name === 'none' ? 'healthy' : name);
    }
  });

  test('there is one for every kind', () => {
    const names = new Set(FILES.map((file) => file.replace('.yaml', '')));

    expect([...FAULT_KINDS, ...HARMLESS_KINDS].filter((kind) => !names.has(kind))).toEqual([]);
  });
});
