import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { championOf } from '../../src/champion.ts';
import { openRegistry } from '../../src/learn/registry.ts';
import { FEATURE_LIST } from '../../src/score/features/features.ts';
import { makeLogSink } from '../fakes/log-sink.ts';
import { fileOf, smallForest } from './learn/models.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'autoheal-champion-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('the model that is asked', () => {
  test('is the shipped one while the promoted one is broken, which is said once and taken back once it is mended', () => {
    const registry = openRegistry(directory, { ...FEATURE_LIST, now: () => 0 });
    const added = registry.add(fileOf(smallForest(1)), { why: 'newer', by: 'ann' });
    const id = added.kind === 'done' ? added.id : '';
    const { log, lines } = makeLogSink('info');
    const states: string[] = [];
    const champion = championOf({ model: { enabled: true, directory } }, log, {
      modelState: (state) => states.push(state),
    });
    const shipped = champion()?.id;
    registry.promote(id, 'ann', 'better');
    const file = join(directory, readdirSync(directory).find((name) => name.endsWith('.model.json')) ?? '');
    const text = readFileSync(file, 'utf8');

    writeFileSync(file, '{}');
    const broken = [champion()?.id, champion()?.id];
    writeFileSync(file, text);
    const mended = champion()?.id;

    expect(broken).toEqual([shipped, shipped]);
    expect(mended).toBe(id);
    expect(states).toEqual(['champion', 'champion', 'invalid', 'invalid', 'champion']);
    expect(lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    expect(lines.map(({ msg }) => msg)).toContain('the model that was promoted can be used again');
  });
});
