import { describe, expect, test } from '@jest/globals';

import { CATALOGUE, REMEDY_TRAITS } from '../../../../src/act/catalogue.ts';
import { FEATURES, featureHash, featuresOf, makeFeatureRow } from '../../../../src/score/features/features.ts';
import { aQuestion, NONE, read, ROLLBACK, valuesOf, withEvidence } from './questions.ts';

describe('the list', () => {
  test('has each name once, and every range goes upwards', () => {
    const names = FEATURES.map(({ name }) => name);

    expect(new Set(names).size).toBe(names.length);
    expect(FEATURES.filter(({ range: [low, high] }) => !(low < high))).toEqual([]);
  });

  test('has a column of its own only for remedies that exist', () => {
    const known = new Set(CATALOGUE.map(({ name }) => `remedy_${name.replaceAll('-', '_')}`));
    const own = FEATURES.filter(({ meaning }) => /^It is [a-z-]+\.$/.test(meaning)).map(({ name }) => name);

    expect(own.length).toBeGreaterThan(3);
    expect(own.filter((name) => !known.has(name))).toEqual([]);
  });

  test('has a hash that a model file can carry', () => {
    expect(featureHash()).toMatch(/^[0-9a-f]{64}$/);
    expect(featureHash()).toBe(featureHash());
  });
});

test('counts the columns that are missing before it', () => {
  const place = FEATURES.findIndex(({ name }) => name === 'missing_count');
  const row = featuresOf(withEvidence({}, { cpu_per_limit: 0.5 }), ROLLBACK);

  const missing = row.subarray(0, place).filter((value) => Number.isNaN(value)).length;

  expect(missing).toBeGreaterThan(10);
  expect(row[place]).toBe(missing);
});

test('rows of one question do not share memory', () => {
  const rowOf = makeFeatureRow(aQuestion());
  const first = rowOf(ROLLBACK);

  const second = rowOf(NONE);

  expect(read(first, ['remedy_waits'])).toEqual({ remedy_waits: 0 });
  expect(read(second, ['remedy_waits'])).toEqual({ remedy_waits: 1 });
});

test('every remedy of the catalogue declares what it changes, and its row has it', () => {
  const question = aQuestion({ traits: REMEDY_TRAITS });
  const changes = FEATURES.filter(({ name }) => name.startsWith('changes_')).map(({ name }) => name);

  for (const { name } of CATALOGUE) {
    expect(Object.values(valuesOf(question, changes, { ...ROLLBACK, remedy: name }))).not.toContain(null);
  }
});
