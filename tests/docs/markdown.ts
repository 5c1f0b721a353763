/** A fenced block of a page. */
export interface Fence {
  /** What stands behind the opening fence: `yaml`, `console`. */
  readonly language: string;
  readonly text: string;
  /** The heading above it, without its `#`; empty before the first. */
  readonly heading: string;
}

/** A page as its lines, each told apart by whether it is inside of a fenced block. */
interface Line {
  readonly text: string;
  readonly fenced: boolean;
  /** Set on the line that opens a block. */
  readonly opens?: string;
}

const FENCE = /^ {0,8}(`{3,}|~{3,})\s*([\w-]*)/;

function linesOf(markdown: string): readonly Line[] {
  let open: string | undefined;
  return markdown.split('\n').map((text) => {
    const [, fence = '', language = ''] = FENCE.exec(text) ?? [];
    if (open === undefined) {
      if (fence === '') return { text, fenced: false };
      open = fence;
      return { text, fenced: true, opens: language };
    }
    // A block ends with a fence at least as long as its own, and nothing behind it.
    if (fence.startsWith(open) && text.trim() === fence) open = undefined;
    return { text, fenced: true };
  });
}

/** The fenced blocks of a page, in order. */
export function fencesOf(markdown: string): readonly Fence[] {
  const fences: { language: string; lines: string[]; heading: string }[] = [];
  let heading = '';
  for (const { text, fenced, opens } of linesOf(markdown)) {
    if (opens !== undefined) fences.push({ language: opens, lines: [], heading });
    else if (fenced) fences.at(-1)?.lines.push(text);
    else heading = headingOf(text) ?? heading;
  }
  // The last line of a block is its closing fence.
  return fences.map(({ language, lines, heading: above }) => {
    return { language, text: lines.slice(0, -1).join('\n'), heading: above };
  });
}

/** The text of a page without its fenced blocks and comments: what links and headings are looked for in. */
export function proseOf(markdown: string): string {
  const prose = linesOf(markdown).map(({ text, fenced }) => (fenced ? '' : text));
  return prose.join('\n').replaceAll(/<!--[\s\S]*?-->/g, '');
}

function headingOf(line: string): string | undefined {
  return /^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$/.exec(line)?.[1];
}

/** The anchors of a page: of its headings as GitHub makes them, a number behind those that come again, and explicit ids. */
export function anchorsOf(markdown: string): ReadonlySet<string> {
  const prose = proseOf(markdown);
  const anchors = new Set<string>();
  for (const line of prose.split('\n')) {
    const heading = headingOf(line);
    if (heading === undefined) continue;
    const slug = slugOf(heading);
    let anchor = slug;
    for (let again = 1; anchors.has(anchor); again += 1) anchor = `${slug}-${again}`;
    anchors.add(anchor);
  }
  for (const [, id = ''] of prose.matchAll(/<a\s+(?:id|name)="([^"]+)"/g)) anchors.add(id);
  return anchors;
}

/** The anchor of a heading as GitHub makes it: lower case, punctuation gone, a hyphen for every space. */
export function slugOf(heading: string): string {
  const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1');
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
    .replaceAll(' ', '-');
}

/**
 * The targets of the links and pictures of a page: inline ones, definitions of references, and addresses in angle brackets.
 * What stands in a fenced block, a comment or a code span is no link.
 */
export function linksOf(markdown: string): readonly string[] {
  // A code span ends with as many backticks as it began with.
  const prose = proseOf(markdown).replaceAll(/(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, '');
  const inline = [...prose.matchAll(/\]\(\s*(?:<([^>]*)>|([^\s()]*(?:\([^\s()]*\)[^\s()]*)*))[^)]*\)/g)];
  const definitions = [...prose.matchAll(/^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)>?/gm)];
  const bare = [...prose.matchAll(/<(https?:[^>\s]+)>/g)];
  const embedded = [...prose.matchAll(/<(?:img|a)\s[^>]*?(?:src|href)="([^"]*)"/g)];
  return [
    ...inline.map(([, angled, plain]) => angled ?? plain ?? ''),
    ...[...definitions, ...bare, ...embedded].map(([, target = '']) => target),
  ];
}
