/** The colours of all pictures. They stand on a light card of their own, so that a dark page does not swallow them. */
export const COLOURS = {
  card: '#F5F5F5',
  first: '#1A237E',
  second: '#009688',
  /** Text, axes and what is only there to compare with. */
  text: '#263238',
  grid: '#D5D9DC',
  pale: '#B0BEC5',
  middle: '#78909C',
  soft: '#7986CB',
} as const;

type Value = string | number;

/** One element with its attributes in the order given. Numbers get two digits at most: the same figures make the same bytes. */
export function element(name: string, attributes: Readonly<Record<string, Value>>, inside = ''): string {
  const all = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(shown(value))}"`);
  return inside === '' ? `<${name}${all.join('')}/>` : `<${name}${all.join('')}>${inside}</${name}>`;
}

/** Text at a place; `words` may hold anything. */
export function label(words: string, x: number, y: number, style: LabelStyle = {}): string {
  const { anchor = 'start', size = 12, weight = 'normal', colour = COLOURS.text } = style;
  const attributes = { x, y, 'text-anchor': anchor, 'font-size': size, 'font-weight': weight, fill: colour };
  return element('text', attributes, escaped(words));
}

export interface LabelStyle {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly size?: number;
  readonly weight?: 'normal' | 'bold';
  readonly colour?: string;
}

export interface Card {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** One sentence under the title: what is to be seen. */
  readonly subtitle: string;
}

/** Where the drawing begins below the two lines of heading. */
export const TOP = 72;

/** A whole picture: the card, its heading, and the parts in their order. For readers of the screen it has title and description. */
export function picture({ width, height, title, subtitle }: Card, parts: readonly string[]): string {
  const inside = [
    element('title', { id: 'title' }, escaped(title)),
    element('desc', { id: 'desc' }, escaped(subtitle)),
    element('rect', { width, height, rx: 8, fill: COLOURS.card }),
    label(title, 24, 34, { size: 17, weight: 'bold', colour: COLOURS.first }),
    label(subtitle, 24, 54, { size: 12 }),
    ...parts,
  ];
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'img',
    'aria-labelledby': 'title desc',
    'font-family': 'system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif',
  };
  return `${element('svg', attributes, `\n${inside.join('\n')}\n`)}\n`;
}

function shown(value: Value): string {
  return typeof value === 'string' ? value : String(Number((Number.isFinite(value) ? value : 0).toFixed(2)));
}

/** Most control characters may not stand in XML at all, escaped or not; in one line of text none is missed. */
function escaped(words: string): string {
  return words
    .replaceAll(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
