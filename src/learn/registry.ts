import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { errorText } from '../domain/errors.ts';
import type { ModelInUse } from '../score/by-model.ts';
import { MOST_BYTES, readModel, type LoadedModel } from '../score/forest/model-file.ts';
import { makePredictor } from '../score/forest/predictor.ts';
import { writeDurably } from './durable-file.ts';
import {
  EMPTY_INDEX,
  readIndex,
  rolledBack,
  withChampion,
  withModel,
  type IndexedModel,
  type ModelId,
  type RegistryEvent,
  type RegistryIndex,
} from './registry-index.ts';

export interface RegistryOptions {
  /** The names of the features that the product computes, in order, and their version: no other model is taken. */
  readonly features: readonly string[];
  readonly featureVersion: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** A model of the registry, or why there is none. */
export type RegisteredModel =
  | { readonly kind: 'loaded'; readonly model: ModelInUse; readonly learnedUntil?: number }
  /** There is no such model, or no registry. */
  | { readonly kind: 'missing'; readonly why: string }
  /** A file that is broken, or a model made for other features. */
  | { readonly kind: 'invalid'; readonly why: string };

export type RegistryChange =
  /** `id`: of the model that was added, or that is the champion now; empty where there is none now. */
  | { readonly kind: 'done'; readonly id: ModelId; readonly what: string }
  | { readonly kind: 'refused'; readonly why: string };

export interface ListedModel extends IndexedModel {
  readonly role: 'champion' | 'challenger' | 'former' | 'spare';
  /** What is wrong with its file; absent where nothing is. */
  readonly problem?: string;
}

export interface RegistryList {
  /** Newest first. */
  readonly models: readonly ListedModel[];
  /** Newest first. */
  readonly history: readonly RegistryEvent[];
  /** What is wrong with the index; then the lists are empty. */
  readonly problem?: string;
}

/** What a model that is added is about. */
export interface Added {
  readonly why: string;
  readonly by: string;
  /** See `IndexedModel`. */
  readonly learnedUntil?: number;
}

/** The models of a folder. Nothing here throws: what cannot be read or written is a value that says why. */
export interface Registry {
  /** The index is read anew each time, the model only when it is another: a promotion from outside is seen at once. */
  champion(): RegisteredModel;
  challenger(): RegisteredModel;
  get(id: ModelId): RegisteredModel;
  /** Keeps the text of a model file and makes it the challenger. The same text again changes nothing but the challenger. */
  add(text: string, about: Added): RegistryChange;
  promote(id: ModelId, by: string, why: string): RegistryChange;
  /** Back to the champion before this one; to none, and so to the model that is shipped, where there was none. */
  rollback(by: string): RegistryChange;
  list(): RegistryList;
}

/** Every remedy of the catalogue, and `none`. */
const MOST_CANDIDATES = 64;
const ID = /^[0-9a-f]{8}$/;
/** A champion and a challenger are asked again and again. */
const REMEMBERED = 2;

/**
 * The registry in a folder, which need not be there yet. One process writes at a time, others may read meanwhile: every file
 * is moved to its place whole, and a model lies there before the index names it.
 */
export function openRegistry(dir: string, options: RegistryOptions): Registry {
  const indexFile = join(dir, 'index.json');
  const remembered = new Map<ModelId, ModelInUse>();

  function index(): RegistryIndex | string {
    if (!existsSync(indexFile)) return EMPTY_INDEX;
    const text = readText(indexFile);
    const read = text.kind === 'text' ? readIndex(text.text) : text.why;
    return typeof read === 'string' ? `the index of the models, ${indexFile}, cannot be used: ${read}` : read;
  }

  function role(name: 'champion' | 'challenger'): RegisteredModel {
    const found = index();
    if (typeof found === 'string') return { kind: 'invalid', why: found };
    const id = found[name];
    return id === undefined ? { kind: 'missing', why: `there is no ${name} in ${dir}` } : load(id, found);
  }

  function load(id: ModelId, { models }: RegistryIndex): RegisteredModel {
    const known = models.find((each) => each.id === id);
    if (!ID.test(id) || known === undefined) return { kind: 'missing', why: `there is no model ${id} in ${dir}` };
    const until = known.learnedUntil === undefined ? {} : { learnedUntil: known.learnedUntil };
    const model = remembered.get(id);
    if (model !== undefined) return { kind: 'loaded', model, ...until };
    const read = readFrom(fileOf(id));
    if (read.kind !== 'loaded') return read;
    if (read.model.id !== id) return { kind: 'invalid', why: `${fileOf(id)} holds another model, ${read.model.id}` };
    remembered.set(id, read.model);
    for (const [oldest] of [...remembered].slice(0, -REMEMBERED)) remembered.delete(oldest);
    return { ...read, ...until };
  }

  function readFrom(file: string): RegisteredModel {
    if (!existsSync(file)) return { kind: 'missing', why: `${file} is not there` };
    const text = readText(file);
    return text.kind === 'text' ? modelOf(text.text, options, file) : text;
  }

  function fileOf(id: ModelId): string {
    return join(dir, `${id}.model.json`);
  }

  /** Changes the index; a change that is refused is a sentence. */
  function change(make: (now: RegistryIndex) => RegistryIndex | string, done: RegistryDone): RegistryChange {
    const before = index();
    if (typeof before === 'string') return { kind: 'refused', why: before };
    const after = make(before);
    if (typeof after === 'string') return { kind: 'refused', why: after };
    try {
      mkdirSync(dir, { recursive: true });
      writeDurably(indexFile, `${JSON.stringify(after, null, 2)}\n`);
      removeUnlisted(before, after);
    } catch (error) {
      return { kind: 'refused', why: `${indexFile} cannot be written: ${errorText(error)}` };
    }
    return { kind: 'done', ...done(after) };
  }

  function removeUnlisted(before: RegistryIndex, after: RegistryIndex): void {
    const kept = new Set(after.models.map(({ id }) => id));
    for (const { id } of before.models) if (!kept.has(id)) rmSync(fileOf(id), { force: true });
  }

  return {
    champion: () => role('champion'),
    challenger: () => role('challenger'),
    get(id) {
      const found = index();
      return typeof found === 'string' ? { kind: 'invalid', why: found } : load(id, found);
    },
    add(text, { why, by, learnedUntil }) {
      const read = modelOf(text, options, 'the text');
      if (read.kind !== 'loaded') return { kind: 'refused', why: read.why };
      const { id } = read.model;
      const present = readFrom(fileOf(id));
      // Eight digits are few: another model with the same ones must not be written over.
      if (present.kind === 'loaded' && readText(fileOf(id)).text !== text) {
        return { kind: 'refused', why: `another model is called ${id} already` };
      }
      try {
        mkdirSync(dir, { recursive: true });
        writeDurably(fileOf(id), text);
      } catch (error) {
        return { kind: 'refused', why: `${fileOf(id)} cannot be written: ${errorText(error)}` };
      }
      const model = { id, addedAt: options.now(), why, ...(learnedUntil !== undefined && { learnedUntil }) };
      return change(
        (now) => withModel(now, model, by),
        () => ({ id, what: `model ${id} is kept` }),
      );
    },
    promote(id, by, why) {
      return change(
        (now) => {
          if (now.champion === id) return `model ${id} is the champion already`;
          const found = load(id, now);
          if (found.kind !== 'loaded') return found.why;
          return withChampion(now, { at: options.now(), what: 'promoted', id, by, why });
        },
        () => ({ id, what: `model ${id} is the champion` }),
      );
    },
    rollback(by) {
      return change(
        (now) => {
          if (now.champion === undefined) return `there is no champion in ${dir} to go back from`;
          // A former champion whose file is broken by now is none to go back to.
          const former = now.former.filter((id) => load(id, now).kind === 'loaded');
          const why = `model ${now.champion} was taken back`;
          return rolledBack({ ...now, former }, { at: options.now(), by, why });
        },
        ({ champion }) =>
          champion === undefined
            ? { id: '', what: 'there is no champion any more: the model that is shipped is asked' }
            : { id: champion, what: `model ${champion} is the champion again` },
      );
    },
    list() {
      const found = index();
      if (typeof found === 'string') return { models: [], history: [], problem: found };
      const models = found.models.map((model): ListedModel => {
        const loaded = load(model.id, found);
        return {
          ...model,
          role: roleOf(model.id, found),
          ...(loaded.kind !== 'loaded' && { problem: loaded.why }),
        };
      });
      return { models: models.toReversed(), history: found.history.toReversed() };
    },
  };
}

type RegistryDone = (after: RegistryIndex) => { readonly id: ModelId; readonly what: string };

function roleOf(id: ModelId, { champion, challenger, former }: RegistryIndex): ListedModel['role'] {
  if (id === champion) return 'champion';
  if (id === challenger) return 'challenger';
  return former.includes(id) ? 'former' : 'spare';
}

/** The model of a file's text, where it was made for the features that the product computes. */
function modelOf(text: string, { features, featureVersion }: RegistryOptions, from: string): RegisteredModel {
  const read: LoadedModel = readModel(text);
  if (read.kind === 'invalid') return { kind: 'invalid', why: `${from} is no model: ${read.problems.join('; ')}` };
  const { model, checksum } = read;
  if (model.featureVersion !== featureVersion || !isSame(model.features, features)) {
    const its = `version ${model.featureVersion}, ${model.features.length} of them`;
    const ours = `version ${featureVersion}, ${features.length} of them`;
    return { kind: 'invalid', why: `${from} was trained on other features (${its}; AutoHeal computes ${ours})` };
  }
  return { kind: 'loaded', model: { id: checksum.slice(0, 8), predictor: makePredictor(model, MOST_CANDIDATES) } };
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, place) => name === other[place]);
}

type ReadText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'invalid'; readonly why: string; readonly text?: never };

function readText(file: string): ReadText {
  try {
    const { size } = statSync(file);
    if (size > MOST_BYTES) return { kind: 'invalid', why: `${file} has ${size} bytes, more than ${MOST_BYTES}` };
    return { kind: 'text', text: readFileSync(file, 'utf8') };
  } catch (error) {
    return { kind: 'invalid', why: `${file} cannot be read: ${errorText(error)}` };
  }
}
