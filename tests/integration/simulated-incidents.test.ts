import { expect, test } from '@jest/globals';
import { simulateIncidents } from '../../src/lab/simulate.ts';
import { FEATURE_LIST } from '../../src/score/features/features.ts';
import { HELD_OUT_KINDS } from '../../src/simulator/scenario/draw.ts';
import { modelText } from '../../src/score/forest/model-file.ts';
import { trainingSetOf } from '../../src/training/report/replayed-rows.ts';
import { train } from '../../src/training/train.ts';

const GROWTH = { seed: 1, trees: 8, maxFeatures: 0.7, maxDepth: 8, minRows: 4 };

test('the same seed makes the same rows, however many threads simulate, and the same model, to the byte', async () => {
  const once = await simulateIncidents({ stories: 16, seed: 3, threads: 1 });
  const again = await simulateIncidents({ stories: 16, seed: 3, threads: 2 });

  expect(again).toEqual(once);
  const models = [once, again].map(({ rows }) =>
    train(
      trainingSetOf(rows, FEATURE_LIST),
      { growth: GROWTH, thresholds: { act: 0.7 }, heldOutShare: 0 },
      () => undefined,
    ),
  );
  const texts = models.map((made) => (made.kind === 'trained' ? modelText(made.model, 'test') : made.problems.join()));
  expect(texts[0]).toContain('"format":1');
  expect(texts[1]).toBe(texts[0]);
}, 120_000);

test('rows say what each remedy really did, against doing nothing in the same world', async () => {
  const { rows, incidents, replays } = await simulateIncidents({ stories: 12, seed: 5, threads: 2 });

  expect(incidents).toBeGreaterThan(6);
  expect(replays).toBeGreaterThanOrEqual(rows.length);
  for (const row of rows) {
    expect(row.features).toHaveLength(FEATURE_LIST.features.length);
    if (row.remedy === 'none') expect(row.cost).toBe(row.costNone);
    if (row.label === 2 && row.remedy !== 'none') expect(row.cost).toBeLessThanOrEqual(row.costNone / 2);
    expect(HELD_OUT_KINDS).not.toContain(row.kind);
  }
  // Within one decision everything but the remedy is the same.
  const nones = rows.filter(({ remedy }) => remedy === 'none').map(({ group, decision }) => `${group}/${decision}`);
  expect(new Set(nones).size).toBe(nones.length);
  expect(rows.every(({ group, decision }) => nones.includes(`${group}/${decision}`))).toBe(true);
}, 120_000);
