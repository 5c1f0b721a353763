import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { REMEDY_TRAITS } from '../../src/act/catalogue.ts';
import { openSqliteStore } from '../../src/adapters/store/sqlite-store.ts';
import { readDecisions } from '../../src/learn/journal-reader.ts';
import { learningSet, rowsOf } from '../../src/learn/journal-rows.ts';
import type { Store } from '../../src/ports/store.ts';
import { FEATURE_VERSION } from '../../src/score/features/features.ts';
import { DEFAULT_GROWTH, fitForest } from '../../src/training/fit.ts';
import { anAlert, NIGHT } from '../builders/journey.ts';
import { decisionsIn, stepsOf, type Story } from '../unit/learn/lived.ts';
import { fileOf, NAMES } from '../unit/learn/models.ts';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
const INCIDENTS = 110;
const MINUTE = 60_000;
const GENEROUS = { perHour: 10_000, perWorkloadPerDay: 10_000, cooldownMs: 0 };

let folder = '';
let models = '';
let journal = '';
let good = '';
let bad = '';

/** An incident in which a rollback helps exactly where few requests fail. */
function story(n: number, id = `inc-${n}`): Story {
  const errors = ((n * 37) % 100) / 100;
  return {
    id,
    at: NIGHT + n * MINUTE,
    name: `cart-${n % 20}`,
    turns: [{ remedy: 'rollback', ended: errors < 0.5 ? 'recovered' : 'not-recovered' }, { remedy: 'observed' }],
    found: () => ({ signals: { error_ratio: errors } }),
  };
}

/** Lives a story through in a real store, step by step. */
async function journalled(store: Store, told: Story): Promise<void> {
  const at = told.at ?? NIGHT;
  const [claimed] = await opened(store, told.id ?? '', at);
  if (claimed === undefined) throw new Error(`${told.id} is not due`);
  let { incident, version } = claimed;
  for await (const { after, dueAt, workload, intent } of stepsOf(told, incident)) {
    const answer = await store.commitStep({
      claimed: { incident, version },
      after,
      dueAt,
      notify: [],
      ...(workload !== undefined && { workload }),
      ...(intent !== undefined && { intent: { ...intent, limits: GENEROUS } }),
    });
    if (answer.kind !== 'committed') throw new Error(`${told.id}: ${answer.kind}`);
    ({ version } = answer);
    incident = after;
  }
}

async function opened(store: Store, id: string, at: number): ReturnType<Store['claimDue']> {
  const alert = anAlert({ fingerprint: `f-${id}`, startsAt: at - MINUTE });
  await store.appendDeliveries([{ id: `d-${id}`, receivedAt: at, body: '{}' }]);
  const incident = id as Awaited<ReturnType<Store['claimDue']>>[number]['incident']['id']; // Tests choose their ids.
  const grouped = [{ kind: 'open', incident, alert }] as const;
  await store.commitGrouping({ delivery: `d-${id}`, at, grouped, rejected: [] });
  return (await store.claimDue({ now: at, limit: 1_000, leaseMs: MINUTE })).filter((each) => each.incident.id === id);
}

/** A model of other incidents of the same kind; with `wrong`, of their opposite. */
async function modelFile(seed: number, wrong: boolean): Promise<string> {
  const stories = Array.from({ length: 100 }, (_, n) => story(n, `other-${n}`));
  const decisions = (await Promise.all(stories.map((each) => decisionsIn(each)))).flat();
  const list = { features: NAMES, featureVersion: FEATURE_VERSION };
  const set = learningSet([], rowsOf(decisions, REMEDY_TRAITS), { list, now: NIGHT });
  const labels = set.labels.map((label) => (wrong ? 3 - label : label));
  const growth = { ...DEFAULT_GROWTH, trees: 20, seed };
  return fileOf(fitForest({ ...set, labels }, { growth, thresholds: { act: 0.7 } }));
}

function run(...args: string[]): { readonly status: number | null; readonly out: string; readonly err: string } {
  const all = ['--no-warnings', MAIN, 'model', ...args, '--dir', models];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8', timeout: 30_000 });
  return { status, out: stdout, err: stderr };
}

function addedId(file: string): string {
  const { out } = run('add', file, '--by', 'ann', '--why', 'a test', '--json');
  return (JSON.parse(out) as { id: string }).id; // What the command prints.
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'autoheal-model-'));
  models = join(folder, 'models');
  journal = join(folder, 'journal.db');
  const store = await openSqliteStore({ path: journal });
  for (let n = 0; n < INCIDENTS; n += 1) await journalled(store, story(n));
  await store.close();
  good = join(folder, 'good.json');
  bad = join(folder, 'bad.json');
  writeFileSync(good, await modelFile(1, false));
  writeFileSync(bad, await modelFile(2, true));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the journal of a store', () => {
  test('gives back the decisions of its closed incidents, the oldest first', async () => {
    const store = await openSqliteStore({ path: journal, readOnly: true });

    const all = await readDecisions(store);
    const few = await readDecisions(store, 3);
    await store.close();

    expect(all).toMatchObject({ incidents: INCIDENTS, unreadable: [] });
    expect(rowsOf(all.decisions, REMEDY_TRAITS)).toHaveLength(INCIDENTS);
    expect([...new Set(few.decisions.map(({ incident }) => incident))]).toEqual(['inc-107', 'inc-108', 'inc-109']);
  });

  test('gives the same rows as the incidents themselves', async () => {
    const store = await openSqliteStore({ path: journal, readOnly: true });
    const [read] = rowsOf((await readDecisions(store)).decisions, REMEDY_TRAITS);
    await store.close();

    const [lived] = rowsOf(await decisionsIn(story(0)), REMEDY_TRAITS);

    expect(read).toEqual(lived);
  });
});

describe('autoheal model', () => {
  test('tells of a folder that is not there', () => {
    const { status, out } = run('list');

    expect({ status, out }).toEqual({ status: 0, out: `no models in ${models}: the model that is shipped is asked\n` });
  });

  test('keeps, promotes by what the journal says, and rolls back', () => {
    const [badId, goodId] = [addedId(bad), addedId(good)];
    const forced = run('promote', badId, '--by', 'ann', '--force');
    const won = run('promote', goodId, '--by', 'ann', '--store', journal);
    const lost = run('promote', badId, '--by', 'bob', '--store', journal);
    const back = run('rollback', '--by', 'bob');
    const list = run('list', '--json');

    expect(forced).toMatchObject({ status: 0, out: `model ${badId} is the champion\n` });
    expect(won.status).toBe(0);
    expect(won.out).toContain(`model ${goodId} is the champion`);
    expect(won.out).toContain(`judged by ${INCIDENTS} outcomes of ${INCIDENTS} incidents`);
    expect(lost.status).toBe(1);
    expect(lost.out).toMatch(new RegExp(`^model ${badId} is not promoted:\\n  its log-loss is \\d`));
    expect(lost.out).toMatch(/gain in log-loss -\d/);
    expect(back.out).toBe(`model ${badId} is the champion again\n`);
    expect(JSON.parse(list.out)).toMatchObject({
      models: [
        { id: goodId, role: 'spare' },
        { id: badId, role: 'champion' },
      ],
      history: [
        { what: 'rolled-back', by: 'bob', id: badId },
        { what: 'promoted', by: 'ann', id: goodId },
        { what: 'promoted', by: 'ann', id: badId, why: 'forced' },
        { what: 'added', id: goodId },
        { what: 'added', id: badId },
      ],
    });
  });

  test('shows a model without its trees, and the drift of what happened since', () => {
    const id = addedId(good);
    run('promote', id, '--by', 'ann', '--force');

    const shown = run('show');
    const drift = run('drift', '--store', journal);
    const asJson = JSON.parse(run('drift', '--store', journal, '--json').out) as unknown; // What the command prints.

    expect(shown.out).toContain(`model ${id}: 20 trees`);
    expect(drift.status).toBe(0);
    expect(drift.out).toContain(`drift over ${INCIDENTS} incidents`);
    expect(drift.out).toContain("calibration: unknown: 0 outcomes of this model's forecasts");
    expect(asJson).toMatchObject({ model: id, drift: { kind: 'known', incidents: INCIDENTS } });
  });

  test.each([
    { name: 'a model that is not there', args: ['show', '00000000'], err: 'there is no model 00000000' },
    { name: 'a file that is no model', args: ['add', MAIN, '--by', 'a', '--why', 'b'], out: 'not JSON', status: 1 },
    { name: 'a journal that is not there', args: ['drift', '--store', 'nowhere.db'], err: 'no journal at nowhere.db' },
    { name: 'a promotion by nobody', args: ['promote', '00000000'], err: "required option '--by <name>'", status: 1 },
    {
      name: 'a time that is none',
      args: ['add', MAIN, '--by', 'a', '--why', 'b', '--learned-until', 'x'],
      err: 'RFC 3339',
    },
  ])('refuses $name in words', ({ args, status = 78, out = '', err = '' }) => {
    const done = run(...args);

    expect(done.status).toBe(status);
    expect(done.out).toContain(out);
    expect(done.err).toContain(err);
  });
});
