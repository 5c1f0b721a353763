import { presentText, withPart, type Page } from '../pages.ts';
import { terminalPicture } from './terminal.ts';
import { consoleBlock, shortened } from './transcript.ts';

/** What `npm run pictures` keeps of the demo's real output; the pages below are made from it. */
export const TRANSCRIPT = 'docs/pictures/demo.txt';
const COMMAND = 'npm run demo -- --once';
/** Characters of a line: about what a page shows without scrolling. */
const WIDTH = 122;

export const DEMO_PAGES: readonly Page[] = [
  { path: 'docs/pictures/demo.svg', make: () => terminalPicture(COMMAND, lines()) },
  { path: 'README.md', make: (present) => withPart(present, 'demo', consoleBlock(COMMAND, lines())) },
];

function lines(): readonly string[] {
  return shortened(presentText(TRANSCRIPT), WIDTH);
}
