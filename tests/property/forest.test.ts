import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import { cool } from '../../src/score/forest/calibrate.ts';
import { codeRows, rangesOf } from '../../src/score/forest/coding.ts';
import { attribute } from '../../src/score/forest/explain.ts';
import { forestProblem } from '../../src/score/forest/flat.ts';
import type { ForestModel } from '../../src/score/forest/model.ts';
import { readModel } from '../../src/score/forest/model-file.ts';
import { largest, softVotes } from '../../src/score/forest/predict.ts';
import { ranked, rankedVotes } from '../../src/score/forest/ranked.ts';
import { fitForest } from '../../src/training/fit.ts';
import { makeRows } from '../builders/training-rows.ts';

function aModel(classes: 2 | 6): ForestModel {
  const growth = { seed: 1, trees: 15, maxFeatures: 0.7, maxDepth: 9, minRows: 3 };
  return fitForest(makeRows({ incidents: 150, seed: 2, classes }), { growth, thresholds: {} });
}

const MODELS = [aModel(2), aModel(6)];

/** A model and rows for it: ordinary values, gaps, and numbers that no measurement gives. */
const asked = fc
  .record({ model: fc.constantFrom(...MODELS), count: fc.integer({ min: 1, max: 9 }) })
  .chain(({ model, count }) => {
    const length = count * model.features.length;
    const value = fc.oneof(
      { weight: 6, arbitrary: fc.double({ min: -1, max: 12, noNaN: true }) },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 12 }) },
      { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Infinity, -Infinity, -0, 1e300, -1e300) },
    );
    const rows = fc.array(value, { minLength: length, maxLength: length });
    return fc.record({ model: fc.constant(model), rows: rows.map((values) => Float64Array.from(values)) });
  });

function codedRow({ ranges, features }: ForestModel, rows: Float64Array): Float64Array {
  const row = rows.slice(0, features.length);
  codeRows(row, ranges, row);
  return row;
}

describe('whatever the row', () => {
  test('the start and the contributions of all features sum up to the vote', () => {
    fc.assert(
      fc.property(asked, ({ model, rows }) => {
        const row = codedRow(model, rows);
        const votes = new Float64Array(model.classes.length);
        const amounts = new Float64Array(model.features.length);
        softVotes(model.forest, row, votes);

        for (const [label, vote] of votes.entries()) {
          const start = attribute(model.forest, row, label, amounts);
          expect(Math.abs(amounts.reduce((sum, amount) => sum + amount, start) - vote)).toBeLessThan(1e-9);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('the fast way to the votes gives the very same numbers', () => {
    fc.assert(
      fc.property(asked, ({ model, rows }) => {
        const { forest, ranges, classes, features } = model;
        const count = rows.length / features.length;
        const slow = new Float64Array(count * classes.length);
        const fast = new Float64Array(count * classes.length);
        const codes = rows.slice();
        codeRows(codes, ranges, codes);

        softVotes(forest, codes, slow);
        rankedVotes(ranked(forest, ranges, 9), rows, fast);

        expect([...fast]).toEqual([...slow]);
      }),
      { numRuns: 200 },
    );
  });

  test('votes and calibrated probabilities lie in [0, 1], sum up to 1 and agree on which class is first', () => {
    fc.assert(
      fc.property(asked, fc.double({ min: 0.05, max: 20, noNaN: true }), ({ model, rows }, temperature) => {
        const votes = new Float64Array(model.classes.length);
        softVotes(model.forest, codedRow(model, rows), votes);
        const probabilities = votes.slice();
        cool(probabilities, model.classes.length, temperature);

        for (const some of [votes, probabilities]) {
          expect(some.every((each) => each >= 0 && each <= 1)).toBe(true);
          expect(Math.abs(some.reduce((sum, each) => sum + each, 0) - 1)).toBeLessThan(1e-6);
        }
        const first = largest(votes);
        expect(probabilities[first]).toBe(Math.max(...probabilities));
      }),
      { numRuns: 200 },
    );
  });
});

test('a code keeps the order of all values that training knew, and sets gaps apart from them', () => {
  const values = fc.array(fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: Number.NaN }), {
    minLength: 2,
    maxLength: 30,
  });
  fc.assert(
    fc.property(values, (raw) => {
      const column = Float64Array.from(raw);
      const codes = column.slice();
      codeRows(codes, rangesOf(column, 1), codes);

      for (const [row, value] of column.entries()) {
        for (const [other, than] of column.entries()) {
          const [code = 0, otherCode = 0] = [codes[row], codes[other]];
          if (Number.isNaN(value) && !Number.isNaN(than)) expect(code).toBeLessThan(otherCode);
          if (value <= than) expect(code).toBeLessThanOrEqual(otherCode);
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('grown forests pass the check that files have to pass', () => {
  expect(MODELS.map(({ forest }) => forestProblem(forest))).toEqual([undefined, undefined]);
});

test('no text makes the reader throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.jsonValue().map((value) => JSON.stringify({ format: 1, arrays: value })),
      ),
      (text) => {
        expect(readModel(text).kind).toBe('invalid');
      },
    ),
    { numRuns: 200 },
  );
});
