import { readFileSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { SCENARIO_SCHEMA } from '../../../../src/simulator/scenario/schema.ts';
import { SCHEMA_FILE, SIMULATOR_PAGE, withFaultTable } from './pages.ts';

// Writes the parts of docs/ that are made from the code, as pages.test.ts wants them.
writeFileSync(SIMULATOR_PAGE, withFaultTable(readFileSync(SIMULATOR_PAGE, 'utf8')));
writeFileSync(SCHEMA_FILE, await format(JSON.stringify(SCENARIO_SCHEMA), { parser: 'json', printWidth: 120 }));
