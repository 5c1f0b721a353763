/** Text from outside as the inside of a table cell or a line: on one line, with what Markdown and HTML would read into it escaped. */
export function cell(text: string): string {
  return (
    text
      .replaceAll(/[\p{Cc}\p{Cs}\s]+/gu, ' ')
      .trim()
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      // An underscore within a word emphasises nothing.
      .replaceAll(/[\\`*[\]|~]|(?<!\w)_|_(?!\w)/g, String.raw`\$&`)
  );
}

/** A table as prettier writes it: padded, names to the left and figures to the right. Cells are escaped already. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, column) =>
    Math.max(3, head.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => padded(cells[column] ?? '', width, column)).join(' | ')} |`;
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(heads), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}

function padded(text: string, width: number, column: number): string {
  return column === 0 ? text.padEnd(width) : text.padStart(width);
}

export function decimal(value: number): string {
  return value.toFixed(3);
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

export function whole(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}
