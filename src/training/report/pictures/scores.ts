import { COLOURS, element, label, picture, TOP } from './svg.ts';
import { key, line } from './plane.ts';
import { POLICY_NAMES, type PolicyName, type PolicyScores } from '../heal-scores.ts';

const POLICY_COLOURS: Readonly<Record<PolicyName, string>> = {
  none: COLOURS.pale,
  'always-restart': COLOURS.middle,
  rules: COLOURS.soft,
  autoheal: COLOURS.second,
  oracle: COLOURS.first,
};

const BAR = 9;
const GROUP = POLICY_NAMES.length * BAR + 16;
const NAMES = 220;
const BARS = 330;
/** A policy may well do worse than nothing, and by far: beyond this the bar is cut, and its number says how far it went. */
const LEAST = -0.5;

/**
 * The score of every policy for every kind of fault: 0 is as good as doing nothing, 1 as good as knowing the fault. A score
 * that nobody could have earned (null) has no bar.
 */
export function scorePicture(byKind: Readonly<Record<string, PolicyScores>>): string {
  const kinds = Object.keys(byKind).toSorted();
  const lowest = Math.min(0, ...kinds.flatMap((kind) => POLICY_NAMES.map((policy) => byKind[kind]?.[policy] ?? 0)));
  const from = Math.max(LEAST, Math.floor(lowest * 4) / 4);
  const xOf = (score: number): number => NAMES + ((Math.min(1, Math.max(from, score)) - from) / (1 - from)) * BARS;
  const first = TOP + 40;
  const bottom = first + kinds.length * GROUP;
  const marks = [from, 0, 0.25, 0.5, 0.75, 1].filter((mark, place, all) => all.indexOf(mark) === place);
  const grid = marks.flatMap((mark) => [
    line([xOf(mark), first - 8], [xOf(mark), bottom], { stroke: mark === 0 ? COLOURS.text : COLOURS.grid }),
    label(mark.toFixed(2), xOf(mark), bottom + 16, { anchor: 'middle', size: 11 }),
  ]);
  const groups = kinds.flatMap((kind, place) => {
    const top = first + place * GROUP;
    const name = label(kind, NAMES - 12, top + (GROUP - 16) / 2 + 4, { anchor: 'end' });
    const bars = POLICY_NAMES.flatMap((policy, row) => {
      const score = byKind[kind]?.[policy] ?? undefined;
      return score === undefined ? [] : bar(score, POLICY_COLOURS[policy], [xOf(0), xOf(score), top + row * BAR]);
    });
    return [name, ...bars];
  });
  const keys = POLICY_NAMES.map((policy, place) =>
    key(policy, POLICY_COLOURS[policy], [24 + place * 112 + (place > 1 ? 8 : 0), TOP + 12]),
  );
  return picture(
    {
      width: NAMES + BARS + 60,
      height: bottom + 34,
      title: 'How much of what could be avoided is avoided?',
      subtitle: 'Share of the avoidable bad minutes: 0 is doing nothing, 1 is knowing the fault.',
    },
    [...keys, ...grid, ...groups],
  );
}

function bar(score: number, colour: string, [zero, end, y]: readonly [number, number, number]): readonly string[] {
  const [x, width] = [Math.min(zero, end), Math.abs(end - zero)];
  // A hair of a bar, so that a score of 0 is seen to be one.
  const rect = element('rect', { x, y, width: Math.max(1.5, width), height: BAR - 1, fill: colour });
  return [rect, label(score.toFixed(2), Math.max(zero, end) + 4, y + BAR - 2, { size: 8.5 })];
}
