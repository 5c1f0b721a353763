import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openRegistry, type Registry, type RegistryChange } from '../../../src/learn/registry.ts';
import { FEATURE_VERSION } from '../../../src/score/features/features.ts';
import { fileOf, NAMES, smallForest } from './models.ts';

const TEXTS = Array.from({ length: 14 }, (_, seed) => fileOf(smallForest(seed + 1)));
const WHY = { why: 'trained by a test', by: 'test' };

let dir = '';
let now = 0;
let registry: Registry;

beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'autoheal-models-')), 'models');
  now = 1_000;
  registry = open();
});
afterEach(() => rmSync(join(dir, '..'), { recursive: true, force: true }));

function open(): Registry {
  return openRegistry(dir, { features: NAMES, featureVersion: FEATURE_VERSION, now: () => (now += 1) });
}

function added(place: number): string {
  return idOf(registry.add(TEXTS[place] ?? '', WHY));
}

function idOf(change: RegistryChange): string {
  if (change.kind === 'refused') throw new Error(change.why);
  return change.id;
}

function championId(from: Registry = registry): string | undefined {
  const champion = from.champion();
  return champion.kind === 'loaded' ? champion.model.id : undefined;
}

describe('a registry', () => {
  test('has nothing to say before there is a folder, and makes none by being asked', () => {
    expect(registry.champion()).toEqual({ kind: 'missing', why: `there is no champion in ${dir}` });
    expect(registry.list()).toEqual({ models: [], history: [] });
    expect(readdirSync(join(dir, '..'))).toEqual([]);
  });

  test('keeps a model under the first digits of its checksum, as the challenger', () => {
    const id = idOf(registry.add(TEXTS[0] ?? '', { ...WHY, learnedUntil: 77 }));

    const checksum = (JSON.parse(TEXTS[0] ?? '') as { checksum: string }).checksum; // The text was made here.
    expect(id).toBe(checksum.slice(0, 8));
    expect(readFileSync(join(dir, `${id}.model.json`), 'utf8')).toBe(TEXTS[0]);
    expect(readdirSync(dir).sort()).toEqual([`${id}.model.json`, 'index.json'].sort());
    expect(registry.champion().kind).toBe('missing');
    expect(registry.challenger()).toMatchObject({ kind: 'loaded', learnedUntil: 77, model: { id } });
  });

  test('promotes, and goes back one champion at a time to none at all', () => {
    const [one, two, three] = [added(0), added(1), added(2)];

    const promoted = [one, two, three].map((id) => registry.promote(id, 'ann', 'better').kind);
    const back: (string | undefined)[] = [];
    for (let turn = 0; turn < 3; turn += 1) back.push(idOf(registry.rollback('bob')));

    expect(promoted).toEqual(['done', 'done', 'done']);
    expect(back).toEqual([two, one, '']);
    expect(registry.champion().kind).toBe('missing');
    expect(registry.rollback('bob')).toMatchObject({ kind: 'refused', why: expect.stringContaining('no champion') });
    expect(
      registry
        .list()
        .history.slice(0, 4)
        .map(({ what, id, by }) => [what, id, by]),
    ).toEqual([
      ['rolled-back', '', 'bob'],
      ['rolled-back', one, 'bob'],
      ['rolled-back', two, 'bob'],
      ['promoted', three, 'ann'],
    ]);
  });

  test('says of each model what it is', () => {
    const [one, two, three, four] = [added(0), added(1), added(2), added(3)];
    registry.promote(one, 'ann', 'better');
    registry.promote(two, 'ann', 'better');

    const roles = registry.list().models.map(({ id, role }) => [id, role]);

    expect(roles).toEqual([
      [four, 'challenger'],
      [three, 'spare'],
      [two, 'champion'],
      [one, 'former'],
    ]);
  });

  test('that is open sees what another one changes', () => {
    const [one, two] = [added(0), added(1)];
    registry.promote(one, 'ann', 'better');
    const before = championId();

    open().promote(two, 'bob', 'better still');

    expect([before, championId()]).toEqual([one, two]);
  });

  test('keeps ten models: the champion, the one before it and the newest', () => {
    const [first, second] = [added(0), added(1)];
    registry.promote(first, 'ann', 'better');
    registry.promote(second, 'ann', 'better');

    const later = TEXTS.slice(2).map((_, place) => added(place + 2));

    const files = readdirSync(dir).filter((file) => file.endsWith('.model.json'));
    const kept = [first, second, ...later.slice(-8)];
    expect(files.sort()).toEqual(kept.map((id) => `${id}.model.json`).sort());
    expect(idOf(registry.rollback('bob'))).toBe(first);
  });

  test('remembers a hundred changes', () => {
    const [one, two] = [added(0), added(1)];
    for (let turn = 0; turn < 120; turn += 1) registry.promote(turn % 2 === 0 ? one : two, 'ann', `turn ${turn}`);

    const { history } = open().list();

    expect(history).toHaveLength(100);
    expect(history[0]?.why).toBe('turn 119');
    expect(idOf(registry.rollback('bob'))).toBe(one);
  });

  test('the same model again is the same model', () => {
    const [one, again] = [added(0), added(0)];

    expect(again).toBe(one);
    expect(registry.list().models).toHaveLength(1);
  });

  test('a champion that is added again is not its own challenger', () => {
    const one = added(0);
    registry.promote(one, 'ann', 'better');

    added(0);

    expect(registry.challenger().kind).toBe('missing');
    expect(championId()).toBe(one);
  });

  test.each([
    { name: 'a path', id: '../../etc/passwd' },
    { name: 'a model that was never added', id: '00000000' },
  ])('does not promote $name', ({ id }) => {
    added(0);

    expect(registry.promote(id, 'ann', 'why not')).toMatchObject({ kind: 'refused' });
    expect(registry.champion().kind).toBe('missing');
  });

  test.each([
    { name: 'other features', text: fileOf(smallForest(1, NAMES.with(0, 'another'))), why: 'other features' },
    { name: 'fewer features', text: fileOf(smallForest(1, NAMES.slice(1))), why: 'other features' },
    { name: 'another version', text: fileOf(smallForest(1, NAMES, FEATURE_VERSION + 1)), why: 'other features' },
    { name: 'half a file', text: (TEXTS[0] ?? '').slice(0, 1_000), why: 'not JSON' },
    { name: 'a changed file', text: (TEXTS[0] ?? '').replace('"rows":12', '"rows":13'), why: 'checksum' },
  ])('refuses $name', ({ text, why }) => {
    expect(registry.add(text, WHY)).toMatchObject({ kind: 'refused', why: expect.stringContaining(why) });
    expect(registry.list()).toEqual({ models: [], history: [] });
  });
});

describe('a registry that is broken', () => {
  test.each([
    { name: 'cut', content: '{"format":1,"models":[' },
    { name: 'of another format', content: '{"format":2,"former":[],"models":[],"history":[]}' },
    { name: 'empty', content: '' },
    { name: 'somebody else', content: '[]' },
  ])('in its index ($name) says so, and changes nothing', ({ content }) => {
    const one = added(0);
    writeFileSync(join(dir, 'index.json'), content);

    expect(registry.champion()).toMatchObject({ kind: 'invalid', why: expect.stringContaining('index.json') });
    expect(registry.promote(one, 'ann', 'why').kind).toBe('refused');
    expect(registry.add(TEXTS[1] ?? '', WHY).kind).toBe('refused');
    expect(registry.rollback('ann').kind).toBe('refused');
    expect(registry.list().problem).toContain('index.json');
    expect(readFileSync(join(dir, 'index.json'), 'utf8')).toBe(content);
  });

  test('in the file of its champion says so, and can be rolled back', () => {
    const [one, two] = [added(0), added(1)];
    registry.promote(one, 'ann', 'better');
    registry.promote(two, 'ann', 'better');
    writeFileSync(join(dir, `${two}.model.json`), 'scrambled');

    const fresh = open();

    expect(fresh.champion()).toMatchObject({ kind: 'invalid', why: expect.stringContaining('not JSON') });
    expect(fresh.list().models[0]?.problem).toContain('not JSON');
    expect(idOf(fresh.rollback('bob'))).toBe(one);
  });

  test('in the file of the champion before goes back past it', () => {
    const [one, two, three] = [added(0), added(1), added(2)];
    for (const id of [one, two, three]) registry.promote(id, 'ann', 'better');
    rmSync(join(dir, `${two}.model.json`));

    expect(idOf(open().rollback('bob'))).toBe(one);
  });

  test('where one model lies under the name of another says so', () => {
    const [one, two] = [added(0), added(1)];
    registry.promote(one, 'ann', 'better');
    writeFileSync(join(dir, `${one}.model.json`), TEXTS[1] ?? '');

    expect(open().champion()).toEqual({ kind: 'invalid', why: expect.stringContaining(`another model, ${two}`) });
  });

  test('mends a broken model file when the model is added again', () => {
    const one = added(0);
    writeFileSync(join(dir, `${one}.model.json`), 'scrambled');

    added(0);

    expect(open().get(one).kind).toBe('loaded');
  });

  test('where the folder is a file, refuses in words', () => {
    writeFileSync(dir, 'no folder');

    expect(registry.add(TEXTS[0] ?? '', WHY)).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('written'),
    });
    expect(registry.champion().kind).toBe('missing');
  });

  test('where a file cannot be put in its place, refuses in words and leaves nothing behind', () => {
    const { checksum } = JSON.parse(TEXTS[1] ?? '') as { checksum: string }; // The text was made here.
    added(0);
    mkdirSync(join(dir, `${checksum.slice(0, 8)}.model.json`));
    const before = readdirSync(dir);

    expect(registry.add(TEXTS[1] ?? '', WHY)).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('written'),
    });
    expect(readdirSync(dir)).toEqual(before);
    expect(registry.list().models).toHaveLength(1);
  });
});
