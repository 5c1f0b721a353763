import { describe, expect, test } from '@jest/globals';
import { currentSince, healthyRevisions, isAmbiguous, type RevisionAge } from '../../../src/act/rollout/tenure.ts';

const MINUTE = 60_000;

/** A revision that was made so many minutes after the beginning. */
function made(name: string, revision: number, minute: number, more: Partial<RevisionAge> = {}): RevisionAge {
  return { name, revision, createdAt: (minute + 1) * MINUTE, readyPods: 0, former: [], ...more };
}

/** As evidence and ControllerRevisions tell it: former numbers are not written down. */
function told(name: string, revision: number, minute: number, more: Partial<RevisionAge> = {}): RevisionAge {
  const { former: _, ...rest } = made(name, revision, minute, more);
  return rest;
}

const cases: readonly {
  readonly name: string;
  readonly revisions: readonly RevisionAge[];
  readonly left?: readonly string[];
  readonly healthy: readonly string[];
}[] = [
  { name: 'the current one alone is none to go back to', revisions: [made('a', 1, 0)], healthy: [] },
  { name: 'ten minutes as the current one are enough', revisions: [made('b', 2, 10), made('a', 1, 0)], healthy: ['a'] },
  { name: 'nine are not', revisions: [made('b', 2, 9), made('a', 1, 0)], healthy: [] },
  {
    name: 'the newest of those that worked comes first',
    revisions: [made('c', 3, 40), made('b', 2, 20), made('a', 1, 0)],
    healthy: ['b', 'a'],
  },
  {
    name: 'one that serves and worked comes before a newer one that only serves',
    revisions: [made('c', 3, 42), made('b', 2, 40, { readyPods: 1 }), made('a', 1, 0, { readyPods: 1 })],
    healthy: ['a', 'b'],
  },
  {
    name: 'one that serves now comes before one that worked long ago',
    revisions: [made('c', 3, 42), made('b', 2, 40, { readyPods: 1 }), made('a', 1, 0)],
    healthy: ['b', 'a'],
  },
  {
    name: 'a bad one that was left for an older one did not work until the next was made',
    revisions: [made('c', 4, 500), made('a', 3, 0, { former: [1] }), made('b', 2, 60)],
    healthy: ['a'],
  },
  {
    name: 'the same where former numbers are not written down',
    revisions: [told('c', 4, 500), told('a', 3, 0), told('b', 2, 60)],
    healthy: ['a'],
  },
  {
    name: 'after a rollback, the one that was left is none to go forward to',
    revisions: [made('a', 3, 0, { former: [1] }), made('b', 2, 60)],
    healthy: [],
  },
  {
    name: 'back and forth between two bad ones proves neither',
    revisions: [made('c', 7, 900), made('b', 6, 61, { former: [2, 4] }), made('a', 5, 60, { former: [1, 3] })],
    healthy: [],
  },
  {
    name: 'one that was taken up again and served until the next was made, between two known times',
    revisions: [made('d', 5, 900), made('a', 4, 0, { former: [1] }), made('c', 3, 2), made('b', 2, 1)],
    healthy: [],
  },
  {
    name: 'what AutoHeal has just left is none, even while it serves',
    revisions: [made('c', 3, 100), made('b', 2, 50, { readyPods: 2 }), made('a', 1, 0)],
    left: ['b'],
    healthy: ['a'],
  },
  {
    name: 'one of unknown age proves nothing',
    revisions: [made('b', 2, 100), { ...made('a', 1, 0), createdAt: 0 }],
    healthy: [],
  },
];

describe('the revisions to go back to', () => {
  test.each(cases)('$name', ({ revisions, left = [], healthy }) => {
    expect(healthyRevisions(revisions, new Set(left)).map(({ name }) => name)).toEqual(healthy);
  });
});

describe('since when the current one is current', () => {
  test.each([
    { name: 'since it was made', revisions: [made('b', 2, 9), made('a', 1, 0)], expected: { minute: 9, exact: true } },
    {
      name: 'not before the one that it took over from, where it was taken up again',
      revisions: [made('a', 3, 0, { former: [1] }), made('b', 2, 60)],
      expected: { minute: 60, exact: false },
    },
    {
      name: 'the same where former numbers are not written down',
      revisions: [told('a', 3, 0), told('b', 2, 60)],
      expected: { minute: 60, exact: false },
    },
  ])('$name', ({ revisions, expected }) => {
    expect(currentSince(revisions)).toEqual({ at: (expected.minute + 1) * MINUTE, exact: expected.exact });
  });

  test('nobody knows without revisions', () => {
    expect(currentSince([])).toBeUndefined();
  });
});

describe('numbers that tell too little', () => {
  test.each([
    { name: 'none are gone', revisions: [told('b', 2, 9), told('a', 1, 0)], ambiguous: false },
    {
      name: 'the one that is gone was taken up again',
      revisions: [told('a', 3, 0), told('b', 2, 9)],
      ambiguous: false,
    },
    {
      name: 'more are gone than were visibly taken up again',
      revisions: [told('c', 5, 90), told('b', 4, 9), told('a', 3, 0)],
      ambiguous: true,
    },
    {
      name: 'old ones were dropped',
      revisions: [told('d', 9, 90), told('c', 8, 80), told('b', 7, 9), told('a', 6, 0)],
      ambiguous: false,
    },
    {
      name: 'former numbers are written down',
      revisions: [made('c', 5, 90), made('b', 4, 9), made('a', 3, 0)],
      ambiguous: false,
    },
  ])('$name -> $ambiguous', ({ revisions, ambiguous }) => {
    expect(isAmbiguous(revisions, 3)).toBe(ambiguous);
  });
});
