import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openSqliteStore, type SqliteStoreOptions } from '../../src/adapters/store/sqlite-store.ts';
import type { IncidentId } from '../../src/domain/incident.ts';
import type { Store } from '../../src/ports/store.ts';
import { anAlert, NIGHT } from '../builders/journey.ts';
import { describeStore } from './store.contract.ts';

let folder: string;
let opened: Store[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'autoheal-store-'));
  opened = [];
});
afterEach(async () => {
  await Promise.all(opened.map((store) => store.close()));
  rmSync(folder, { recursive: true, force: true });
});

function path(): string {
  return join(folder, 'store.db');
}

async function open(options: Partial<SqliteStoreOptions> = {}): ReturnType<typeof openSqliteStore> {
  const store = await openSqliteStore({ path: path(), ...options });
  opened.push(store);
  return store;
}

describeStore('the SQLite store in a file', () => open());
describeStore('the SQLite store in memory', () => openSqliteStore({ path: ':memory:' }));

/** Journals deliveries d1, d2, ... and groups none. */
async function journalled(store: Store, count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, n) => n + 1);
  await store.appendDeliveries(numbers.map((n) => ({ id: `d${n}`, receivedAt: NIGHT + n, body: `{"n":${n}}` })));
}

describe('tampering with the journal', () => {
  const tricks = [
    { name: 'a changed body', sql: [`update events set body = '{}' where seq = 3`], seq: 3 },
    { name: 'a changed time', sql: ['update events set at = at + 1 where seq = 3'], seq: 3 },
    { name: 'a changed kind', sql: [`update events set kind = 'step' where seq = 3`], seq: 3 },
    { name: 'a changed incident', sql: [`update events set incident = 'inc-1' where seq = 3`], seq: 3 },
    { name: 'a changed hash', sql: [`update events set hash = 'f' || substr(hash, 2) where seq = 3`], seq: 3 },
    { name: 'a removed first event', sql: ['delete from events where seq = 1'], seq: 1 },
    { name: 'a removed event in the middle', sql: ['delete from events where seq = 3'], seq: 3 },
    { name: 'a removed last event', sql: ['delete from events where seq = 5'], seq: 5 },
    { name: 'all events removed', sql: ['delete from events'], seq: 1 },
    {
      name: 'an event put in at the end',
      sql: [`insert into events select 6, at, kind, incident, body, hash, hash from events where seq = 5`],
      seq: 6,
    },
    {
      name: 'an event put in before the first',
      sql: [`insert into events select 0, at, kind, incident, body, '', hash from events where seq = 1`],
      seq: 0,
    },
    {
      name: 'an event put in between, the later ones moved up',
      sql: [
        'update events set seq = seq + 100 where seq > 2',
        'update events set seq = seq - 99 where seq > 100',
        `insert into events select 3, at, kind, incident, body, prev_hash, hash from events where seq = 2`,
        'update chain_head set seq = 6',
      ],
      seq: 3,
    },
    {
      name: 'two events in each other’s place',
      sql: [
        'update events set seq = 99 where seq = 2',
        'update events set seq = 2 where seq = 3',
        'update events set seq = 3 where seq = 99',
      ],
      seq: 2,
    },
    { name: 'a head that was set back', sql: ['update chain_head set seq = 4'], seq: 5 },
    { name: 'a head with another hash', sql: [`update chain_head set hash = 'no'`], seq: 5 },
    { name: 'a head that was removed', sql: ['delete from chain_head'], seq: 5 },
  ];

  test.each(tricks)('$name is found at event $seq', async ({ sql, seq }) => {
    const store = await open();
    await journalled(store, 5);
    await store.close();
    const file = new DatabaseSync(path(), { enableForeignKeyConstraints: false });
    file.exec('drop trigger events_no_update; drop trigger events_no_delete; drop trigger events_no_replace');
    for (const statement of sql) file.exec(statement);
    file.close();

    const report = await (await open({ readOnly: true })).verifyChain();

    expect(report.problems.map((problem) => problem.seq)).toContain(seq);
    expect(Math.min(...report.problems.map((problem) => problem.seq))).toBe(seq);
  });

  test('a cut-off end that took the head row along is found by a head that was noted', async () => {
    const store = await open();
    await journalled(store, 5);
    const { head: noted } = await store.verifyChain();
    await store.close();
    const file = new DatabaseSync(path(), { enableForeignKeyConstraints: false });
    file.exec('drop trigger events_no_delete');
    file.exec('delete from events where seq = 5');
    file.exec('update chain_head set seq = 4, hash = (select hash from events where seq = 4)');
    file.close();

    const reader = await open({ readOnly: true });

    expect((await reader.verifyChain()).problems).toEqual([]);
    expect((await reader.verifyChain(noted)).problems).toHaveLength(1);
  });

  test('a noted head is still found after more was journalled', async () => {
    const store = await open();
    await journalled(store, 3);
    const { head: noted } = await store.verifyChain();
    await store.appendDeliveries([{ id: 'later', receivedAt: NIGHT, body: '' }]);

    expect((await store.verifyChain(noted)).problems).toEqual([]);
  });

  test.each(['update events set at = 0', 'delete from events', 'insert or replace into events select * from events'])(
    'the database itself refuses: %s',
    async (statement) => {
      await journalled(await open(), 2);
      const file = new DatabaseSync(path(), { enableForeignKeyConstraints: false });

      expect(() => {
        file.exec(statement);
      }).toThrow('append-only');
      file.close();
    },
  );

  test('without its head row the journal takes nothing more', async () => {
    const store = await open();
    await journalled(store, 2);
    const file = new DatabaseSync(path());
    file.exec('delete from chain_head');
    file.close();

    const append = store.appendDeliveries([{ id: 'x', receivedAt: NIGHT, body: '' }]);

    await expect(append).rejects.toMatchObject({ code: 'NOT_READY' });
    expect((await store.verifyChain()).events).toBe(2);
  });
});

describe('the file', () => {
  test('keeps everything over a close and an open', async () => {
    const first = await open();
    await journalled(first, 3);
    const grouped = [{ kind: 'open', incident: 'inc-1' as IncidentId, alert: anAlert() } as const];
    await first.commitGrouping({ delivery: 'd1', at: NIGHT, grouped, rejected: [] });
    const before = [await first.verifyChain(), await first.incident('inc-1' as IncidentId), await first.queues(NIGHT)];
    await first.close();

    const second = await open();

    expect(before).toEqual([
      await second.verifyChain(),
      await second.incident('inc-1' as IncidentId),
      await second.queues(NIGHT),
    ]);
    expect((await second.claimDelivery({ now: NIGHT, leaseMs: 1 }))?.id).toBe('d2');
  });

  test('is written so that a commit survives a loss of power', async () => {
    await open();
    const file = new DatabaseSync(path());

    expect(file.prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'wal' });
    file.close();
  });

  test.each([
    { name: 'in a folder that does not exist', at: () => join(folder, 'none', 'store.db'), code: 'CONFIG_INVALID' },
    { name: 'that is a folder', at: () => folder, code: 'CONFIG_INVALID' },
    { name: 'that is no database', at: garbage, code: 'NOT_READY' },
  ])('$name is refused with its path and what to do', async ({ at, code }) => {
    const where = at();

    const error = await openSqliteStore({ path: where }).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code, message: expect.stringContaining(where) });
    expect(error).toMatchObject({ message: expect.stringMatching(/folder must exist|is a database of AutoHeal/) });
  });

  function garbage(): string {
    writeFileSync(path(), 'this is no database, however long one looks at it '.repeat(200));
    return path();
  }

  test('of a newer AutoHeal is not touched', async () => {
    await (await open()).close();
    const file = new DatabaseSync(path());
    file.exec(`insert into kysely_migration values ('9999-future', '2030-01-01T00:00:00.000Z')`);
    file.close();

    await expect(openSqliteStore({ path: path() })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test('is not made by a reader', async () => {
    await expect(openSqliteStore({ path: path(), readOnly: true })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test('that holds no store yet is no store to a reader', async () => {
    new DatabaseSync(path()).close();

    await expect(openSqliteStore({ path: path(), readOnly: true })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test('can be verified by a reader while the service writes', async () => {
    const service = await open();
    await journalled(service, 200);
    const reader = await open({ readOnly: true });

    const verifying = reader.verifyChain();
    for (let n = 0; n < 50; n += 1) await service.appendDeliveries([{ id: `w${n}`, receivedAt: NIGHT, body: 'x' }]);
    const report = await verifying;

    expect(report.problems).toEqual([]);
    expect(report.events).toBeGreaterThanOrEqual(200);
    await expect(reader.appendDeliveries([{ id: 'no', receivedAt: NIGHT, body: '' }])).rejects.toMatchObject({
      code: 'NOT_READY',
    });
  });

  test('that another process keeps locked makes the store not ready, after the busy time and without a trace', async () => {
    const store = await open({ busyMs: 30 });
    const other = new DatabaseSync(path());
    other.exec('begin immediate');

    const append = store.appendDeliveries([{ id: 'd', receivedAt: NIGHT, body: '' }]);

    await expect(append).rejects.toMatchObject({ code: 'NOT_READY', retryable: true });
    other.exec('rollback');
    other.close();
    await store.appendDeliveries([{ id: 'd', receivedAt: NIGHT, body: '' }]);
    expect((await store.verifyChain()).events).toBe(1);
  });

  test('tells how long each commit took', async () => {
    const operations: string[] = [];
    const store = await open({ telemetry: { storeCommit: ({ operation }) => void operations.push(operation) } });

    await store.appendDeliveries([{ id: 'd', receivedAt: NIGHT, body: '' }]);
    await store.claimDelivery({ now: NIGHT, leaseMs: 1 });

    expect(operations).toEqual(['append-deliveries', 'claim-delivery']);
  });
});

describe('two stores on one file', () => {
  test('never claim the same incident or delivery twice', async () => {
    const [one, two] = [await open(), await open()];
    const count = 60;
    const grouped = Array.from({ length: count }, (_, n) => ({
      kind: 'open' as const,
      incident: `inc-${n}` as IncidentId,
      alert: anAlert({ fingerprint: `f-${n}` }),
    }));
    await journalled(one, 1);
    await one.commitGrouping({ delivery: 'd1', at: NIGHT, grouped, rejected: [] });
    const numbers = Array.from({ length: count }, (_, n) => ({ id: `more-${n}`, receivedAt: NIGHT, body: '' }));
    await one.appendDeliveries(numbers);

    const request = { now: NIGHT, leaseMs: 1000 };
    async function take(store: Store): Promise<string[]> {
      const incidents = await store.claimDue({ ...request, limit: 3 });
      const delivery = await store.claimDelivery(request);
      return [...incidents.map(({ incident }) => incident.id), ...(delivery ? [delivery.id] : [])];
    }
    const taken = { one: [] as string[], two: [] as string[] };
    for (;;) {
      const [byOne, byTwo] = await Promise.all([take(one), take(two)]);
      if (byOne.length + byTwo.length === 0) break;
      taken.one.push(...byOne);
      taken.two.push(...byTwo);
    }

    expect(new Set([...taken.one, ...taken.two]).size).toBe(2 * count);
    expect(taken.one.length + taken.two.length).toBe(2 * count);
    expect(Math.min(taken.one.length, taken.two.length)).toBeGreaterThan(0);
  });

  test('append to one chain', async () => {
    const [one, two] = [await open(), await open()];

    async function append(store: Store, name: string): Promise<void> {
      for (let n = 0; n < 40; n += 1) {
        await store.appendDeliveries([{ id: `${name}-${n}`, receivedAt: NIGHT, body: name }]);
      }
    }
    await Promise.all([append(one, 'one'), append(two, 'two')]);

    expect(await one.verifyChain()).toMatchObject({ events: 80, problems: [] });
  });
});

describe('queries that run all the time', () => {
  test.each([
    {
      name: 'what is due',
      sql: `select id from incidents where pending = 1 and due_at <= ? and lease_until <= ? order by due_at, id limit 9`,
      index: 'incidents_due',
    },
    {
      name: 'the next delivery',
      sql: `select id from deliveries where waiting = 1 and lease_until <= ? order by seq limit 1`,
      index: 'deliveries_waiting',
    },
    {
      name: 'the open incident of a workload',
      sql: `select id from incidents where workload = ? and open = 1`,
      index: 'incidents_one_open_per_workload',
    },
    {
      name: 'the open incident of a fingerprint',
      sql: `select incident from incident_alerts where open = 1 and fingerprint in (?, ?)`,
      index: 'incident_alerts_one_open_per_fingerprint',
    },
  ])('$name is answered by an index', async ({ sql, index }) => {
    await open();
    const file = new DatabaseSync(path());

    const plan = JSON.stringify(file.prepare(`explain query plan ${sql}`).all());
    file.close();

    expect(plan).toContain(index);
  });
});

describe('a kill in the middle', () => {
  test('loses no delivery that was acknowledged', async () => {
    const writer = resolve(import.meta.dirname, '../support/appending-writer.ts');
    const child = spawn(process.execPath, ['--no-warnings', writer, path()], { stdio: ['ignore', 'pipe', 'inherit'] });
    const acknowledged: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged.push(line);
      if (acknowledged.length === 300) child.kill('SIGKILL'); // What was printed before it fell is still read.
    }
    if (child.signalCode === null && child.exitCode === null) await once(child, 'exit');

    const store = await open();
    const kept = new Set<string>();
    for (;;) {
      const delivery = await store.claimDelivery({ now: NIGHT + 1e9, leaseMs: 1000 });
      if (delivery === undefined) break;
      kept.add(delivery.id);
    }

    expect(child.signalCode).toBe('SIGKILL');
    expect(acknowledged.length).toBeGreaterThanOrEqual(300);
    expect(acknowledged.filter((delivery) => !kept.has(delivery))).toEqual([]);
    expect((await store.verifyChain()).problems).toEqual([]);
  });
});
