const COLOURS = { title: '#1A237E', paper: '#F5F5F5', accent: '#009688', text: '#263238' } as const;
const FONT = { size: 13, advance: 7.9, line: 19 } as const;
const MARGIN = 18;
const BAR = 34;

/** A stretch of a line in one style. */
interface Run {
  readonly text: string;
  readonly fill: string;
  readonly bold: boolean;
}

/**
 * A terminal as an SVG picture: the command in the title bar, and the lines below it in a fixed-width font, with the demo's
 * headings, stages and verdicts in colour. Every character has its place, whatever font the reader has.
 */
export function terminalPicture(command: string, lines: readonly string[]): string {
  const columns = Math.max(command.length + 2, ...lines.map((line) => line.length));
  const width = Math.ceil(columns * FONT.advance + 2 * MARGIN);
  const height = Math.ceil(BAR + lines.length * FONT.line + 2 * MARGIN);
  const texts = lines.flatMap((line, index) => lineOf(line, BAR + MARGIN + (index + 1) * FONT.line));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(command)}</title>`,
    `<style>text { font-size: ${FONT.size}px; font-family: ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; white-space: pre; }</style>`,
    `<rect width="${width}" height="${height}" rx="8" fill="${COLOURS.paper}"/>`,
    `<path d="M0 ${BAR}V8a8 8 0 0 1 8-8h${width - 16}a8 8 0 0 1 8 8v${BAR - 8}z" fill="${COLOURS.title}"/>`,
    textOf({ text: `$ ${command}`, fill: COLOURS.paper, bold: true }, { x: MARGIN, y: 22 }),
    ...texts,
    '</svg>',
    '',
  ].join('\n');
}

function lineOf(line: string, y: number): readonly string[] {
  const parts: string[] = [];
  let column = 0;
  for (const run of runsOf(line)) {
    if (run.text.trim() !== '') parts.push(textOf(run, { x: MARGIN + column * FONT.advance, y }));
    column += run.text.length;
  }
  return parts;
}

/** `  0:43  decided   act: rollback` */
const STEP = /^(\s*\d+:\d\d\s+)(\S+)(.*)$/;

function runsOf(line: string): readonly Run[] {
  const plain = (text: string): Run => ({ text, fill: COLOURS.text, bold: false });
  if (line.startsWith('== ')) return [{ text: line, fill: COLOURS.title, bold: true }];
  if (/^\s+healed, |^\d+ of \d+ healed/.test(line)) return [{ text: line, fill: COLOURS.accent, bold: true }];
  const [, clock, stage, rest] = STEP.exec(line) ?? [];
  if (clock === undefined || stage === undefined || rest === undefined) return [plain(line)];
  return [plain(clock), { text: stage, fill: COLOURS.accent, bold: true }, plain(rest)];
}

function textOf({ text, fill, bold }: Run, { x, y }: { readonly x: number; readonly y: number }): string {
  const length = (text.length * FONT.advance).toFixed(1);
  const weight = bold ? ' font-weight="bold"' : '';
  return `<text x="${x.toFixed(1)}" y="${y}" fill="${fill}"${weight} textLength="${length}" xml:space="preserve">${escaped(text)}</text>`;
}

/** Text as XML shows it. What XML 1.0 cannot hold at all is left out. */
function escaped(text: string): string {
  const shown = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  // oxlint-disable-next-line no-control-regex -- control characters are what has to go
  return shown.replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F]/g, '');
}
