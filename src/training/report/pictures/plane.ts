import { COLOURS, element, label } from './svg.ts';

/** A rectangle in which both axes run from 0 to 1, upwards and to the right. */
export interface Plane {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly across: string;
  readonly upwards: string;
  /** Where the upward axis begins; 0 unless given. Below 1. */
  readonly from?: number;
}

export function xOf({ left, width }: Plane, share: number): number {
  return left + share * width;
}

export function yOf({ top, height, from = 0 }: Plane, share: number): number {
  return top + height * (1 - (share - from) / (1 - from));
}

const MARKS = 5;

/** Grid, numbers and names of both axes. */
export function axes(plane: Plane): readonly string[] {
  const { left, top, width, height, from = 0 } = plane;
  const bottom = top + height;
  const shares = Array.from({ length: MARKS + 1 }, (_, mark) => mark / MARKS);
  const grid = shares.flatMap((share) => {
    const [x, up] = [xOf(plane, share), from + share * (1 - from)];
    const y = yOf(plane, up);
    return [
      line([x, top], [x, bottom], { stroke: COLOURS.grid }),
      line([left, y], [left + width, y], { stroke: COLOURS.grid }),
      label(share.toFixed(1), x, bottom + 18, { anchor: 'middle', size: 11 }),
      label(up.toFixed(2), left - 8, y + 4, { anchor: 'end', size: 11 }),
    ];
  });
  const middle = top + height / 2;
  const turned = { transform: `rotate(-90 ${left - 44} ${middle})` };
  return [
    ...grid,
    label(plane.across, left + width / 2, bottom + 38, { anchor: 'middle' }),
    element('g', turned, label(plane.upwards, left - 44, middle, { anchor: 'middle' })),
  ];
}

export type Point = readonly [x: number, y: number];

export function line([x1, y1]: Point, [x2, y2]: Point, style: Readonly<Record<string, string | number>>): string {
  return element('line', { x1, y1, x2, y2, ...style });
}

/** A line through several points. */
export function path(points: readonly Point[], style: Readonly<Record<string, string | number>>): string {
  const places = points.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`).join(' ');
  return element('polyline', { points: places, fill: 'none', 'stroke-linejoin': 'round', ...style });
}

/** A square of a colour with what it stands for beside it. */
export function key(words: string, colour: string, [x, y]: Point): string {
  return element('rect', { x, y: y - 10, width: 11, height: 11, rx: 2, fill: colour }) + label(words, x + 17, y);
}
