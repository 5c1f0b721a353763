import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { loadScenario } from '../../../../src/simulator/scenario/load.ts';
import { SCENARIO_SCHEMA } from '../../../../src/simulator/scenario/schema.ts';
import { FAULT_KINDS, HARMLESS_KINDS } from '../../../../src/simulator/world/spec.ts';
import { SCHEMA_FILE, SIMULATOR_PAGE, withFaultTable } from './pages.ts';

// When these fail: npm run docs
describe('what is written of scenarios', () => {
  test('docs/scenario.schema.json is the schema that files are checked by', () => {
    expect(JSON.parse(readFileSync(SCHEMA_FILE, 'utf8'))).toEqual(JSON.parse(JSON.stringify(SCENARIO_SCHEMA)));
  });

  test('docs/simulator.md has the table of faults as the code has it', () => {
    const page = readFileSync(SIMULATOR_PAGE, 'utf8');

    expect(page).toBe(withFaultTable(page));
  });

  test('the table has a row for every kind', () => {
    const page = readFileSync(SIMULATOR_PAGE, 'utf8');

    for (const kind of [...FAULT_KINDS, ...HARMLESS_KINDS]) expect(page).toContain(`| \`${kind}\``);
  });

  test('the example of docs/simulator.md can be run', () => {
    const [, example = ''] = /```yaml\n([^]*?)```/.exec(readFileSync(SIMULATOR_PAGE, 'utf8')) ?? [];

    expect(loadScenario(example, 'docs/simulator.md')).toMatchObject({ kind: 'loaded' });
  });
});
