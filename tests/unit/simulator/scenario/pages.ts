import { faultTable } from '../../../../src/simulator/scenario/page.ts';

const BEGIN = '<!-- faults -->';
const END = '<!-- /faults -->';

/** The page with its table as the code has it. */
export function withFaultTable(page: string): string {
  const [before = '', rest = ''] = page.split(BEGIN);
  const after = rest.split(END)[1] ?? '';
  return `${before}${BEGIN}\n\n${faultTable()}\n\n${END}${after}`;
}

export const SIMULATOR_PAGE = new URL('../../../../docs/simulator.md', import.meta.url);
export const SCHEMA_FILE = new URL('../../../../docs/scenario.schema.json', import.meta.url);
