import { describe, expect, test } from '@jest/globals';
import { crash } from './crash.ts';
import { killPlan, KILL_POINTS } from './kill-points.ts';

describe('a service that is killed', () => {
  test('loses no acknowledged alert and writes nothing twice', async () => {
    const notes: string[] = [];

    const report = await crash({ kills: 14, random: () => 0.5, progress: (line) => notes.push(line) });

    expect({ ...report, notes: notes.slice(0, -1) }).toMatchObject({
      kills: 14,
      acknowledged: 14,
      lost: 0,
      duplicate_writes: 0,
      chain_problems: 0,
    });
    // What no kill may cost is above. That nearly all were healed besides shows that the kills hit a service at work; one that
    // dies at the wrong moments may hand a workload to people.
    expect({ report, notes, healed: report.healed >= 12 }).toMatchObject({ healed: true });
  }, 300_000);
});

describe('killPlan', () => {
  test('reaches every point, and a random moment every fourth time', () => {
    const plan = killPlan(60, () => 0.5);

    expect(plan).toHaveLength(60);
    expect(plan.filter((point) => point.when === 'random')).toHaveLength(15);
    expect(new Set(plan.map((point) => JSON.stringify(point))).size).toBe(KILL_POINTS.length + 1);
  });
});
