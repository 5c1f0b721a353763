import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { chainOnto, makeChainVerifier, type ChainHead, type NewEvent } from '../../src/adapters/store/chain.ts';
import type { EventsTable } from '../../src/adapters/store/tables.ts';
import type { IncidentId } from '../../src/domain/incident.ts';
import type { ChainReport } from '../../src/ports/store.ts';

const event = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom('delivery', 'step', 'grouped'),
  incident: fc.option(fc.string().map((id) => id as IncidentId)), // Ids are branded strings; here any text is one.
  body: fc.string({ unit: 'binary' }),
}) satisfies fc.Arbitrary<NewEvent>;

const EMPTY: ChainHead = { seq: 0, hash: '' };

function verify(rows: readonly EventsTable[], head: ChainHead): ChainReport {
  const verifier = makeChainVerifier();
  const sorted = rows.toSorted((one, other) => one.seq - other.seq);
  for (const row of sorted) verifier.take(row);
  return verifier.report({ head, lastSeq: sorted.at(-1)?.seq ?? 0 });
}

/** A chain of at least two events, its head, and the place of one event in it. */
const chains = fc
  .array(event, { minLength: 2, maxLength: 12 })
  .map((events) => chainOnto(EMPTY, events))
  .chain((rows) => fc.record({ rows: fc.constant(rows), index: fc.nat(rows.length - 1) }));

function headOf(rows: readonly EventsTable[]): ChainHead {
  return rows.at(-1) ?? EMPTY;
}

describe('the hash chain', () => {
  test('is whole as it was made, in however many pieces', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), fc.nat(12), (events, cut) => {
        const first = chainOnto(EMPTY, events.slice(0, cut));
        const rows = [...first, ...chainOnto(headOf(first), events.slice(cut))];

        expect(rows).toEqual(chainOnto(EMPTY, events));
        expect(verify(rows, headOf(rows))).toEqual({ events: events.length, head: headOf(rows).hash, problems: [] });
      }),
    );
  });

  test('no event can be removed unseen, and it is named', () => {
    fc.assert(
      fc.property(chains, ({ rows, index }) => {
        const report = verify(rows.toSpliced(index, 1), headOf(rows));

        expect(report.problems[0]?.seq).toBe(index + 1);
      }),
    );
  });

  test('no event can be changed unseen, and it is named', () => {
    fc.assert(
      fc.property(chains, event, ({ rows, index }, other) => {
        const row = rows[index];
        if (row === undefined) throw new Error('the index lies within the chain');
        const changed = { ...row, ...other };
        fc.pre(JSON.stringify(changed) !== JSON.stringify(row));

        const report = verify(rows.with(index, changed), headOf(rows));

        expect(report.problems[0]?.seq).toBe(index + 1);
      }),
    );
  });

  test('no two events can change places unseen', () => {
    fc.assert(
      fc.property(chains, fc.nat(11), ({ rows, index }, place) => {
        const other = place % rows.length;
        fc.pre(other !== index);
        const moved = rows.map((row, at) => {
          if (at === index) return { ...row, seq: other + 1 };
          return at === other ? { ...row, seq: index + 1 } : row;
        });

        const report = verify(moved, headOf(rows));

        expect(report.problems[0]?.seq).toBe(Math.min(index, other) + 1);
      }),
    );
  });

  test('no event can be put in unseen', () => {
    fc.assert(
      fc.property(chains, event, ({ rows, index }, other) => {
        const before = rows.slice(0, index);
        const forged = chainOnto(headOf(before), [other]);
        const later = rows.slice(index).map((row) => ({ ...row, seq: row.seq + 1 }));

        const report = verify([...before, ...forged, ...later], { ...headOf(rows), seq: rows.length + 1 });

        expect(report.problems[0]?.seq).toBe(index + 2);
      }),
    );
  });
});
