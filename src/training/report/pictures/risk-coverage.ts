import type { RiskPoint } from '../choices.ts';
import { axes, key, line, path, xOf, yOf, type Plane, type Point } from './plane.ts';
import { COLOURS, element, label, picture, TOP } from './svg.ts';

/** What is left when the model decides in fewer incidents: right more often, on fewer of them. `threshold` is the one in use. */
export function riskCoveragePicture(curve: readonly RiskPoint[], threshold: number): string {
  // Where it never decides nothing is right or wrong.
  const points = curve.filter(({ coverage }) => coverage > 0);
  const lowest = Math.min(1, ...points.map(({ accuracy }) => accuracy));
  const plane: Plane = {
    left: 76,
    top: TOP + 24,
    width: 400,
    height: 300,
    across: 'share of the decisions that the model takes',
    upwards: 'share of these that recovered',
    from: Math.max(0, Math.floor(lowest * 10 - 0.5) / 10),
  };
  const placeOf = ({ coverage, accuracy }: RiskPoint): Point => [xOf(plane, coverage), yOf(plane, accuracy)];
  const dots = points.map((point) => {
    const [cx, cy] = placeOf(point);
    return element('circle', { cx, cy, r: 3, fill: COLOURS.second });
  });
  return picture(
    {
      width: 500,
      height: plane.top + plane.height + 56,
      title: 'How sure does it have to be?',
      subtitle: 'A dot for each threshold from 0 to 0.95. Below it the rules decide.',
    },
    [
      key('recovered of what the model decides', COLOURS.second, [plane.left, TOP + 12]),
      key(`threshold ${threshold.toFixed(2)}`, COLOURS.first, [plane.left + 250, TOP + 12]),
      ...axes(plane),
      path(points.map(placeOf), { stroke: COLOURS.second, 'stroke-width': 2.5 }),
      ...dots,
      ...inUse(points, threshold, plane),
    ],
  );
}

/** The point at the threshold in use, or at the first above it. */
function inUse(points: readonly RiskPoint[], threshold: number, plane: Plane): readonly string[] {
  const point = points.find((each) => each.threshold >= threshold - 1e-9);
  if (point === undefined) return [];
  const [cx, cy] = [xOf(plane, point.coverage), yOf(plane, point.accuracy)];
  const words = `${Math.round(point.coverage * 100)} % decided, ${Math.round(point.accuracy * 100)} % recovered`;
  const leftwards = point.coverage > 0.5;
  // Low down beside the dashed line: the curve comes there at its right end only, if at all.
  const [x, y] = [cx + (leftwards ? -10 : 10), plane.top + plane.height - 10];
  return [
    line([cx, cy], [cx, plane.top + plane.height], { stroke: COLOURS.first, 'stroke-dasharray': '4 4' }),
    element('circle', { cx, cy, r: 6, fill: COLOURS.first, stroke: COLOURS.card, 'stroke-width': 2 }),
    label(words, x, y, { anchor: leftwards ? 'end' : 'start', weight: 'bold', colour: COLOURS.first }),
  ];
}
