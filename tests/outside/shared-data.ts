import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/** One line of a table by its column names. */
export type Line = Readonly<Record<string, string>>;

/** A table of the reference data beside this checkout; undefined where there is none, and checks are skipped then. */
export function readTable(name: string): readonly Line[] | undefined {
  const file = fileURLToPath(new URL(`../../../shared/data/${name}`, import.meta.url));
  if (!existsSync(file)) return undefined;
  const content = readFileSync(file);
  const text = (name.endsWith('.gz') ? gunzipSync(content) : content).toString('utf8');
  const [heads = [], ...lines] = parseCsv(text);
  return lines.map((cells) => Object.fromEntries(heads.map((head, place) => [head, cells[place] ?? ''])));
}

/** Cells of comma-separated text; a cell in double quotes may hold commas, line feeds and doubled quotes. Source: RFC 4180. */
export function parseCsv(text: string): readonly (readonly string[])[] {
  const lines: string[][] = [];
  const cells = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy;
  let line: string[] = [];
  while (cells.lastIndex < text.length) {
    const from = cells.lastIndex;
    const [, quoted, plain = '', end] = cells.exec(text) ?? ['', undefined, '', undefined];
    if (end === undefined) throw new Error(`no cell begins at place ${from} of the table`);
    line.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === ',') continue;
    lines.push(line);
    line = [];
  }
  return lines;
}
