import type { ReliabilityBin } from '../../../score/forest/quality.ts';
import { axes, key, line, xOf, yOf, type Plane } from './plane.ts';
import { COLOURS, element, label, picture, TOP } from './svg.ts';

const PLANE: Plane = {
  left: 76,
  top: TOP + 24,
  width: 400,
  height: 300,
  across: 'stated probability to recover',
  upwards: 'share that recovered',
};
/** Below the axis' name: how many rows stand behind each tenth. */
const COUNTS = { top: PLANE.top + PLANE.height + 64, height: 40 } as const;
const GAP = 3;

/**
 * How often came true what was said with a probability, for the ten bins of `reliabilityOf`: on the diagonal every word can be
 * taken literally. Bins without rows are left out.
 */
export function reliabilityPicture(bins: readonly ReliabilityBin[]): string {
  const rows = bins.reduce((sum, bin) => sum + bin.rows, 0);
  const off = rows === 0 ? 0 : bins.reduce((sum, bin) => sum + bin.rows * Math.abs(bin.stated - bin.came), 0) / rows;
  const most = Math.max(1, ...bins.map((bin) => bin.rows));
  const width = PLANE.width / bins.length - 2 * GAP;
  const bars = bins.flatMap((bin, place) => {
    const x = xOf(PLANE, place / bins.length) + GAP;
    const tall = (COUNTS.height * bin.rows) / most;
    const count = element('rect', {
      x,
      y: COUNTS.top + COUNTS.height - tall,
      width,
      height: tall,
      fill: COLOURS.pale,
    });
    const middle = x + width / 2;
    const number = label(short(bin.rows), middle, COUNTS.top + COUNTS.height + 14, { anchor: 'middle', size: 10 });
    if (bin.rows === 0) return [number];
    const y = yOf(PLANE, bin.came);
    const bar = { x, y, width, height: yOf(PLANE, 0) - y, fill: COLOURS.second, 'fill-opacity': 0.85 };
    const dot = { cx: xOf(PLANE, bin.stated), cy: y, r: 4, fill: COLOURS.first, stroke: COLOURS.card };
    return [count, number, element('rect', bar), element('circle', dot)];
  });
  const diagonal = line([xOf(PLANE, 0), yOf(PLANE, 0)], [xOf(PLANE, 1), yOf(PLANE, 1)], {
    stroke: COLOURS.first,
    'stroke-width': 1.5,
    'stroke-dasharray': '5 4',
  });
  return picture(
    {
      width: 500,
      height: COUNTS.top + COUNTS.height + 32,
      title: 'Can its probabilities be taken literally?',
      subtitle: `On held-out incidents, ${rows} rows. They are off by ${off.toFixed(3)} on average.`,
    },
    [
      key('came true', COLOURS.second, [PLANE.left, TOP + 12]),
      key('mean stated', COLOURS.first, [PLANE.left + 110, TOP + 12]),
      key('rows', COLOURS.pale, [PLANE.left + 230, TOP + 12]),
      ...axes(PLANE),
      ...bars,
      diagonal,
    ],
  );
}

function short(count: number): string {
  return count < 10_000 ? String(count) : `${Math.round(count / 1_000)}k`;
}
