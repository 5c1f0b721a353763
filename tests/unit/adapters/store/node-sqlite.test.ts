import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openNodeSqlite, type NodeSqliteDatabase } from '../../../../src/adapters/store/node-sqlite.ts';

let db: NodeSqliteDatabase;

beforeEach(() => {
  db = openNodeSqlite(':memory:');
  db.exec('create table t (n integer, s text)');
});
afterEach(() => {
  db.close();
});

describe('node:sqlite as Kysely expects a database', () => {
  test.each([
    { name: 'a select', sql: 'select * from t', reader: true },
    { name: 'an insert', sql: 'insert into t values (1, 2)', reader: false },
    { name: 'an insert with returning', sql: 'insert into t values (1, 2) returning n', reader: true },
    { name: 'a begin', sql: 'begin', reader: false },
    { name: 'a pragma that answers', sql: 'pragma foreign_keys', reader: true },
  ])('$name: reader $reader', ({ sql, reader }) => {
    expect(db.prepare(sql).reader).toBe(reader);
  });

  test('runs and reads, and counts changes', () => {
    const insert = db.prepare('insert into t values (?, ?)');

    const { changes } = insert.run([1, 'a\0b']);
    insert.run([2, null]);

    expect(changes).toBe(1);
    expect(db.prepare('select * from t where n > ?').all([0])).toEqual([
      { n: 1, s: 'a\0b' },
      { n: 2, s: null },
    ]);
  });

  test('an iterator left half-way does not disturb the next use of the statement', () => {
    db.exec(`insert into t values (1, 'a'), (2, 'b')`);
    const select = db.prepare('select n from t order by n');

    const half = select.iterate([]).next().value;

    expect(half).toEqual({ n: 1 });
    expect(select.all([])).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test('a statement is prepared once, a very long one each time', () => {
    const long = `select n from t where n in (${'1,'.repeat(3000)}1)`;

    expect(db.prepare('select 1')).toBe(db.prepare('select 1'));
    expect(db.prepare(long)).not.toBe(db.prepare(long));
  });

  test('more different statements than are kept still run', () => {
    const answers = Array.from({ length: 600 }, (_, n) => db.prepare(`select ${n} as n`).all([]));

    expect(answers.at(-1)).toEqual([{ n: 599 }]);
    expect(answers[0]).toEqual([{ n: 0 }]);
  });

  test.each([
    { name: 'undefined', value: undefined },
    { name: 'a boolean', value: true },
    { name: 'an object', value: {} },
  ])('$name is refused instead of stored as something else', ({ value }) => {
    expect(() => db.prepare('insert into t values (?, ?)').run([1, value])).toThrow(TypeError);
  });

  test('foreign keys are held', () => {
    db.exec('create table p (id integer primary key); create table c (p integer references p (id))');

    expect(() => db.prepare('insert into c values (?)').run([1])).toThrow('FOREIGN KEY');
  });
});
