import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { ROOT } from '../rules/shipped.ts';
import { shippedTable, understoodList } from './alert-tables.ts';
import { configurationPage } from './configuration-page.ts';

/** One file that is made from the code, wholly or in part. */
export interface Page {
  /** From the root of the project. */
  readonly path: string;
  /** What the file should hold, given what it holds. */
  readonly make: (present: string) => string | Promise<string>;
}

export const PAGES: readonly Page[] = [
  { path: 'docs/configuration.md', make: configurationPage },
  {
    path: 'docs/alerts.md',
    async make(present) {
      const shipped = withPart(present, 'shipped', shippedTable());
      return formatted(withPart(shipped, 'understood', await understoodList()));
    },
  },
];

/** A text with the part between `<!-- name -->` and `<!-- /name -->` replaced. */
export function withPart(text: string, name: string, part: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`the page has no part between ${begin} and ${end}`);
  return `${before}${begin}\n\n${part}\n\n${end}${after}`;
}

/** A page as `npm run format` leaves it. */
export function formatted(text: string): Promise<string> {
  return format(text, { parser: 'markdown', singleQuote: true, printWidth: 120, trailingComma: 'all' });
}

export function presentText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
