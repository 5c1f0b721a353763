import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { chainOnto, eventHash, makeChainVerifier, MAX_PROBLEMS } from '../../../../src/adapters/store/chain.ts';

const EMPTY = { seq: 0, hash: '' };
const event = { at: 5, kind: 'delivery', incident: null, body: '{"a": 1}' } as const;

describe('the hash of an event', () => {
  test('is the SHA-256 of the hash before it, its fields and its body', () => {
    const text = '["",1,5,"delivery",null]\n{"a": 1}';

    const expected = createHash('sha256').update(text).digest('hex');

    expect(eventHash('', { seq: 1, ...event })).toBe(expected);
  });

  test.each([
    { name: 'the hash before it', other: eventHash('0', { seq: 1, ...event }) },
    { name: 'its number', other: eventHash('', { seq: 2, ...event }) },
    { name: 'its time', other: eventHash('', { seq: 1, ...event, at: 6 }) },
    { name: 'its kind', other: eventHash('', { seq: 1, ...event, kind: 'step' }) },
    {
      name: 'the place where its fields end',
      other: eventHash('', { seq: 1, ...event, incident: null, body: `\n${event.body}` }),
    },
    { name: 'white space of its body', other: eventHash('', { seq: 1, ...event, body: '{"a":1}' }) },
  ])('changes with $name', ({ other }) => {
    expect(other).not.toBe(eventHash('', { seq: 1, ...event }));
  });
});

describe('a chain', () => {
  test('goes on where its head ended', () => {
    const [first, second] = chainOnto({ seq: 7, hash: 'abc' }, [event, event]);

    expect(first).toMatchObject({ seq: 8, prev_hash: 'abc' });
    expect(second).toMatchObject({ seq: 9, prev_hash: first?.hash });
  });

  test('names a gap by its first event and its length', () => {
    const rows = chainOnto(EMPTY, [event, event, event, event, event]);
    const verifier = makeChainVerifier();
    for (const row of rows) if (row.seq !== 2 && row.seq !== 3) verifier.take(row);

    const { problems } = verifier.report({ head: { seq: 5, hash: rows[4]?.hash ?? '' }, lastSeq: 5 });

    expect(problems).toEqual([{ seq: 2, what: 'is missing, and so are all up to event 3' }]);
  });

  test('whose event was rewritten with a fitting hash breaks at the next one', () => {
    const rows = chainOnto(EMPTY, [event, event, event]);
    const forged = { ...event, body: 'forged', seq: 2, prev_hash: rows[0]?.hash ?? '' };
    const verifier = makeChainVerifier();
    for (const row of rows) {
      verifier.take(row.seq === 2 ? { ...forged, hash: eventHash(forged.prev_hash, forged) } : row);
    }

    const { problems } = verifier.report({ head: { seq: 3, hash: rows[2]?.hash ?? '' }, lastSeq: 3 });

    expect(problems).toEqual([{ seq: 3, what: 'does not continue event 2' }]);
  });

  test('that is wrong everywhere lists a bounded number of problems', () => {
    const verifier = makeChainVerifier();
    const rows = chainOnto(
      EMPTY,
      Array.from({ length: MAX_PROBLEMS + 5 }, () => event),
    );
    for (const row of rows) verifier.take({ ...row, body: 'forged' });

    const report = verifier.report({ head: undefined, lastSeq: rows.length });

    expect(report.problems).toHaveLength(MAX_PROBLEMS);
    expect(report.events).toBe(MAX_PROBLEMS + 5);
  });
});
