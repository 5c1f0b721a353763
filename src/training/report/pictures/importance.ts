import type { FeatureImportance } from '../../importance.ts';
import { COLOURS, element, label, picture, TOP } from './svg.ts';

const SHOWN = 15;
const ROW = 24;
const NAMES = 250;
const BARS = 300;

/** The features whose loss costs the model most, longest bar first. What is given has that order already. */
export function importancePicture(importance: readonly FeatureImportance[]): string {
  const shown = importance.slice(0, SHOWN);
  const most = Math.max(Number.MIN_VALUE, ...shown.map(({ logLoss }) => logLoss));
  const bars = shown.flatMap(({ feature, logLoss }, place) => {
    const middle = TOP + 12 + place * ROW + ROW / 2;
    const width = Math.max(0, (logLoss / most) * BARS);
    return [
      label(cut(feature), NAMES - 10, middle + 4, { anchor: 'end' }),
      element('rect', { x: NAMES, y: middle - 8, width, height: 16, rx: 2, fill: COLOURS.second }),
      label(logLoss.toFixed(3), NAMES + width + 8, middle + 4, { size: 11 }),
    ];
  });
  return picture(
    {
      width: NAMES + BARS + 70,
      height: TOP + 28 + Math.max(1, shown.length) * ROW,
      title: 'What does it go by?',
      subtitle: 'How much the log-loss rises when the values of one feature change places.',
    },
    bars,
  );
}

const LONGEST = 34;

function cut(name: string): string {
  return name.length <= LONGEST ? name : `${name.slice(0, LONGEST - 1)}…`;
}
