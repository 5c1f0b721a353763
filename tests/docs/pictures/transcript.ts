const ELLIPSIS = '...';

/** What the demo printed, for a page: every line cut to `width` characters, and no empty lines at the ends. */
export function shortened(transcript: string, width: number): readonly string[] {
  const lines = transcript.trim().split('\n');
  return lines.map((line) => (line.length <= width ? line : `${line.slice(0, width - ELLIPSIS.length)}${ELLIPSIS}`));
}

/** The transcript as a fenced block of a page. */
export function consoleBlock(command: string, lines: readonly string[]): string {
  return ['```console', `$ ${command}`, ...lines, '```'].join('\n');
}
