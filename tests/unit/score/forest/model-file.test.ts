import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';

import { modelText, MOST_BYTES, readModel } from '../../../../src/score/forest/model-file.ts';
import { DEFAULT_GROWTH } from '../../../../src/training/fit.ts';
import { train } from '../../../../src/training/train.ts';
import { makeRows } from '../../../builders/training-rows.ts';

const SET = makeRows({ incidents: 60, seed: 1, classes: 2 });
const TRAINED = train(
  SET,
  { growth: { ...DEFAULT_GROWTH, seed: 3, trees: 6 }, thresholds: { act: 0.8 }, heldOutShare: 0.25 },
  () => undefined,
);
if (TRAINED.kind !== 'trained') throw new Error('the rows were refused');
const MODEL = TRAINED.model;
const TEXT = modelText(MODEL, 'autoheal 0.1.0');

interface Content {
  [field: string]: unknown;
  arrays: Record<string, string>;
}

/** The file after a change, with a checksum that fits: what somebody would write who knows the format. */
function changed(change: (content: Content) => void): string {
  const { checksum: _old, ...content } = JSON.parse(TEXT) as Content; // The text was written here.
  change(content);
  const checksum = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  return JSON.stringify({ ...content, checksum });
}

function base64(...numbers: readonly number[]): string {
  return Buffer.from(Int32Array.from(numbers).buffer).toString('base64');
}

describe('a model file', () => {
  test('brings back the model, and what wrote it', () => {
    const loaded = readModel(TEXT);

    expect(loaded).toMatchObject({
      kind: 'ok',
      createdBy: 'autoheal 0.1.0',
      checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    if (loaded.kind === 'ok') expect(loaded.model).toEqual(MODEL);
  });

  test('written again is the same text', () => {
    const loaded = readModel(TEXT);

    expect(loaded.kind === 'ok' ? modelText(loaded.model, loaded.createdBy) : loaded).toBe(TEXT);
  });

  test('of a version before the baseline is read, and has none', () => {
    const loaded = readModel(changed((content) => delete content['baseline']));

    expect(loaded.kind === 'ok' ? loaded.model.baseline : loaded).toBeUndefined();
    expect(MODEL.baseline).toHaveLength(MODEL.features.length);
  });

  test('with a baseline for other features is no model', () => {
    const text = changed((content) => {
      content['baseline'] = MODEL.baseline?.slice(1);
    });

    expect(readModel(text)).toEqual({ kind: 'invalid', problems: [expect.stringMatching(/^baseline: /)] });
  });

  test('a changed file whose checksum was made to fit is read: the checksum guards against accidents, not against people', () => {
    expect(readModel(changed(() => undefined)).kind).toBe('ok');
  });
});

describe('a file that is no model is a list of problems', () => {
  const threshold = 'arrays.threshold';
  test.each([
    { name: 'nothing', text: '', says: 'not JSON' },
    { name: 'half a file', text: TEXT.slice(0, TEXT.length / 2), says: 'not JSON' },
    { name: 'something else', text: '[1, 2]', says: 'the format is not stated' },
    { name: 'null', text: 'null', says: 'the format is not stated' },
    {
      name: 'a later format',
      text: changed((content) => (content['format'] = 2)),
      says: 'the format is 2; this version reads format 1',
    },
    { name: 'one bit off', text: TEXT.replace('"temperature":', '"temperature":1'), says: 'checksum does not fit' },
    {
      name: 'a field missing',
      text: changed((content) => delete content['temperature']),
      says: "must have required property 'temperature'",
    },
    { name: 'a field too many', text: changed((content) => (content['trained_at'] = 'today')), says: '(trained_at)' },
    {
      name: 'a temperature of 0',
      text: changed((content) => (content['temperature'] = 0)),
      says: 'temperature must be >= 0.01',
    },
    {
      name: 'a threshold above 1',
      text: changed((content) => (content['thresholds'] = { act: 1.2 })),
      says: 'thresholds.act must be <= 1',
    },
    {
      name: 'one class',
      text: changed((content) => (content['classes'] = ['only'])),
      says: 'classes must NOT have fewer than 2',
    },
    {
      name: 'a feature name twice',
      text: changed((content) => (content['features'] = ['a', 'a'])),
      says: 'features must NOT have duplicate',
    },
    {
      name: 'a feature less',
      text: changed((content) => (content['features'] = SET.features.slice(1))),
      says: '31 of them for 30 features',
    },
    {
      name: 'a class more',
      text: changed((content) => (content['classes'] = ['a', 'b', 'c'])),
      says: 'lengths do not fit',
    },
    {
      name: 'a child that goes round',
      text: changed(({ arrays }) => (arrays['right'] = base64(...[...MODEL.forest.right].fill(0)))),
      says: 'has child 0',
    },
    {
      name: 'fewer trees than stated',
      text: changed(({ arrays }) => (arrays['roots'] = base64(0))),
      says: '1 trees, where growth says 6',
    },
    {
      name: 'arrays cut in mid-number',
      text: changed(({ arrays }) => (arrays['threshold'] = arrays['threshold']?.slice(4) ?? '')),
      says: 'multiple of 8',
    },
    {
      name: 'arrays that are not base64',
      text: changed(({ arrays }) => (arrays['threshold'] = '<script>')),
      says: threshold,
    },
    { name: 'far too long', text: ' '.repeat(MOST_BYTES + 1), says: 'more than' },
  ])('$name', ({ text, says }) => {
    expect(readModel(text)).toEqual({
      kind: 'invalid',
      problems: expect.arrayContaining([expect.stringContaining(says)]),
    });
  });
});
