import { describe, expect, test } from '@jest/globals';

import { modelText } from '../../../src/score/forest/model-file.ts';
import { DEFAULT_GROWTH } from '../../../src/training/fit.ts';
import { train, type TrainOptions } from '../../../src/training/train.ts';
import { trainInWorker } from '../../../src/training/train-in-worker.ts';
import { makeRows } from '../../builders/training-rows.ts';

const SET = makeRows({ incidents: 60, seed: 1, classes: 2 });
const OPTIONS: TrainOptions = {
  growth: { ...DEFAULT_GROWTH, seed: 3, trees: 8 },
  thresholds: { act: 0.8 },
  heldOutShare: 0.25,
};

describe('training in a thread of its own', () => {
  test('gives the model that training here gives, to the byte, and says how far it is', async () => {
    const progress: number[] = [];

    const training = await trainInWorker(SET, OPTIONS, {
      signal: new AbortController().signal,
      onProgress: (trees) => progress.push(trees),
    });
    const here = train(SET, OPTIONS, () => undefined);

    expect(training.kind).toBe('trained');
    if (training.kind !== 'trained' || here.kind !== 'trained') throw new Error('neither was to be refused');
    expect(modelText(training.model, 'test')).toBe(modelText(here.model, 'test'));
    expect(training.importance).toEqual(here.importance);
    expect(training.model.heldOut?.rows).toBe(75);
    expect(progress).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('ends when it is cancelled in the middle', async () => {
    const cancel = new AbortController();

    const training = await trainInWorker(
      SET,
      { ...OPTIONS, growth: { ...OPTIONS.growth, trees: 10_000 } },
      { signal: cancel.signal, onProgress: () => cancel.abort() },
    );

    expect(training).toEqual({ kind: 'cancelled' });
  });

  test('does not begin when it was cancelled before', async () => {
    expect(await trainInWorker(SET, OPTIONS, { signal: AbortSignal.abort() })).toEqual({ kind: 'cancelled' });
  });

  test.each([
    {
      name: 'one class',
      set: { ...SET, labels: SET.labels.map(() => 0) },
      options: OPTIONS,
      says: 'fewer than two classes',
    },
    {
      name: 'half a depth',
      set: SET,
      options: { ...OPTIONS, growth: { ...OPTIONS.growth, maxDepth: 0.5 } },
      says: 'maxDepth 0.5',
    },
    { name: 'no share', set: SET, options: { ...OPTIONS, heldOutShare: Number.NaN }, says: 'heldOutShare NaN' },
    {
      name: 'a seed too long',
      set: SET,
      options: { ...OPTIONS, growth: { ...OPTIONS.growth, seed: 2 ** 40 } },
      says: '32-bit',
    },
  ])('refuses $name', async ({ set, options, says }) => {
    expect(await trainInWorker(set, options, { signal: new AbortController().signal })).toEqual({
      kind: 'refused',
      problems: [expect.stringContaining(says)],
    });
  });

  test('a thread that fails is an error with its cause, and nobody waits for it for ever', async () => {
    // No type allows a bigint here; it gets through to the hash, in the thread, which cannot write it down.
    const broken = { ...SET, featureVersion: 1n as unknown as number };

    await expect(trainInWorker(broken, OPTIONS, { signal: new AbortController().signal })).rejects.toMatchObject({
      code: 'BUG',
      cause: { message: expect.stringContaining('BigInt') },
    });
  });
});
