import { describe, expect, test } from '@jest/globals';
import { labelOf } from '../../../src/lab/rows.ts';
import type { Consequence } from '../../../src/lab/replay.ts';
import { CLASSES } from '../../../src/score/by-model.ts';

function after(remedy: string, badMinutes: number): Consequence {
  return { remedy, badMinutes, done: true };
}

describe('the label of a remedy', () => {
  test.each([
    { name: 'avoids all', remedy: 'rollback', cost: 0, none: 10, label: 'recovered' },
    { name: 'avoids half', remedy: 'rollback', cost: 5, none: 10, label: 'recovered' },
    { name: 'avoids less than half', remedy: 'rollback', cost: 5.1, none: 10, label: 'not-recovered' },
    { name: 'changes nothing', remedy: 'restart-pod', cost: 10, none: 10, label: 'not-recovered' },
    {
      name: 'is a little worse, within the noise',
      remedy: 'restart-pod',
      cost: 11.4,
      none: 10,
      label: 'not-recovered',
    },
    {
      name: 'is worse by more than a tenth and half a minute',
      remedy: 'scale-up',
      cost: 11.6,
      none: 10,
      label: 'harmed',
    },
    {
      name: 'is done although nothing is suffered',
      remedy: 'restart-pod',
      cost: 0.1,
      none: 0.2,
      label: 'not-recovered',
    },
    { name: 'disrupts what would have passed', remedy: 'rollout-restart', cost: 1, none: 0.2, label: 'harmed' },
    { name: 'waiting, while nothing is suffered', remedy: 'none', cost: 0.2, none: 0.2, label: 'recovered' },
    { name: 'waiting, while it goes on', remedy: 'none', cost: 10, none: 10, label: 'not-recovered' },
  ])('$name', ({ remedy, cost, none, label }) => {
    const found = labelOf(after(remedy, cost), after('none', none));

    expect(CLASSES[found]).toBe(label);
  });
});
