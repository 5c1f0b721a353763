import { Ajv } from 'ajv';

import { errorText } from '../domain/errors.ts';

/** Names a model: the first eight digits of its checksum. */
export type ModelId = string;

/** A model that was added. */
export interface IndexedModel {
  readonly id: ModelId;
  /** Epoch milliseconds. */
  readonly addedAt: number;
  readonly why: string;
  /** Epoch milliseconds: it learned from real incidents that were closed until then. Absent where it learned from none. */
  readonly learnedUntil?: number;
}

/** One change of the registry. */
export interface RegistryEvent {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly what: 'added' | 'promoted' | 'rolled-back';
  /** The model that was added, or that is the champion since; empty where there is none since. */
  readonly id: ModelId;
  readonly by: string;
  readonly why: string;
}

/** The content of `index.json`. */
export interface RegistryIndex {
  readonly format: 1;
  readonly champion?: ModelId;
  readonly challenger?: ModelId;
  /** Champions before this one, the latest last. */
  readonly former: readonly ModelId[];
  /** Oldest first. */
  readonly models: readonly IndexedModel[];
  /** Oldest first. */
  readonly history: readonly RegistryEvent[];
}

export const EMPTY_INDEX: RegistryIndex = { format: 1, former: [], models: [], history: [] };
export const MOST_MODELS = 10;
export const MOST_HISTORY = 100;
const MOST_TEXT = 1_000;

const id = { type: 'string', pattern: '^[0-9a-f]{8}$' } as const;
const time = { type: 'integer', minimum: 0 } as const;
const text = { type: 'string', maxLength: MOST_TEXT } as const;
const isIndex = new Ajv({ strict: true }).compile<RegistryIndex>({
  type: 'object',
  required: ['format', 'former', 'models', 'history'],
  additionalProperties: false,
  properties: {
    format: { const: 1 },
    champion: id,
    challenger: id,
    former: { type: 'array', items: id, maxItems: MOST_MODELS },
    models: {
      type: 'array',
      maxItems: MOST_MODELS,
      items: {
        type: 'object',
        required: ['id', 'addedAt', 'why'],
        additionalProperties: false,
        properties: { id, addedAt: time, why: text, learnedUntil: time },
      },
    },
    history: {
      type: 'array',
      maxItems: MOST_HISTORY,
      items: {
        type: 'object',
        required: ['at', 'what', 'id', 'by', 'why'],
        additionalProperties: false,
        properties: {
          at: time,
          what: { enum: ['added', 'promoted', 'rolled-back'] },
          id: { type: 'string', pattern: '^([0-9a-f]{8})?$' },
          by: text,
          why: text,
        },
      },
    },
  },
});

/** The index of a file's text, or what is wrong with it. */
export function readIndex(content: string): RegistryIndex | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch (error) {
    return `it is not JSON: ${errorText(error)}`;
  }
  if (isIndex(parsed)) return parsed;
  const [first] = isIndex.errors ?? [];
  return `${first?.instancePath ?? ''} ${first?.message ?? 'is wrong'}`.trim();
}

/** With a model more: it is the challenger from now on. What is too old for the registry is left out. */
export function withModel(index: RegistryIndex, model: IndexedModel, by: string): RegistryIndex {
  const kept = { ...model, why: model.why.slice(0, MOST_TEXT) };
  const models = [...index.models.filter((each) => each.id !== model.id), kept];
  const challenger = model.id === index.champion ? {} : { challenger: model.id };
  const event: RegistryEvent = { at: model.addedAt, what: 'added', id: model.id, by, why: model.why };
  return pruned(noted({ ...index, ...challenger, models }, event));
}

/** With another champion. The one before can be gone back to. */
export function withChampion(index: RegistryIndex, event: RegistryEvent): RegistryIndex {
  const { champion, challenger, ...rest } = index;
  const former = [...index.former, ...(champion === undefined ? [] : [champion])].filter((each) => each !== event.id);
  return noted(
    {
      ...rest,
      champion: event.id,
      ...(challenger !== undefined && challenger !== event.id && { challenger }),
      former: former.slice(-MOST_MODELS),
    },
    event,
  );
}

/** With the champion before this one, or with none where there was none. */
export function rolledBack(index: RegistryIndex, event: Omit<RegistryEvent, 'id' | 'what'>): RegistryIndex {
  const { champion: _, former, ...rest } = index;
  const champion = former.at(-1);
  const back = champion === undefined ? rest : { ...rest, champion };
  return noted({ ...back, former: former.slice(0, -1) }, { ...event, what: 'rolled-back', id: champion ?? '' });
}

function noted(index: RegistryIndex, event: RegistryEvent): RegistryIndex {
  const short = { ...event, by: event.by.slice(0, MOST_TEXT), why: event.why.slice(0, MOST_TEXT) };
  return { ...index, history: [...index.history, short].slice(-MOST_HISTORY) };
}

/** The newest models and those that are needed: the champion, the challenger, and the champion before. */
function pruned(index: RegistryIndex): RegistryIndex {
  const needed = new Set([index.champion, index.challenger, index.former.at(-1)]);
  const spare = index.models.filter((model) => !needed.has(model.id));
  const gone = new Set(spare.slice(0, Math.max(0, index.models.length - MOST_MODELS)));
  const models = index.models.filter((model) => !gone.has(model));
  const former = index.former.filter((each) => models.some((model) => model.id === each));
  return { ...index, models, former };
}
