import { readFileSync } from 'node:fs';
import { errorText } from '../domain/errors.ts';
import type { ModelInUse } from '../score/by-model.ts';
import { FEATURE_VERSION, FEATURES } from '../score/features/features.ts';
import { readModel } from '../score/forest/model-file.ts';
import { makePredictor } from '../score/forest/predictor.ts';

export type ModelOnDisk =
  | { readonly kind: 'loaded'; readonly model: ModelInUse }
  /** No such file. */
  | { readonly kind: 'missing'; readonly why: string }
  /** A file that is broken, or made for other features. */
  | { readonly kind: 'invalid'; readonly why: string };

/** Every remedy of the catalogue, and `none`. */
const MOST_CANDIDATES = 64;

/** The model that is shipped: trained on simulated incidents by `npm run train`. */
export const SHIPPED_MODEL = new URL('../score/default.model.json', import.meta.url).pathname;

/** Reads a model file. Never throws: without a model the rules decide, and `why` says what is wrong with it. */
export function loadModel(file: string): ModelOnDisk {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return { kind: 'missing', why: `the model ${file} cannot be read: ${errorText(error)}` };
  }
  const loaded = readModel(text);
  if (loaded.kind === 'invalid') {
    return { kind: 'invalid', why: `the model ${file} is not valid: ${loaded.problems.join('; ')}` };
  }
  const { model, checksum } = loaded;
  const names = FEATURES.map(({ name }) => name);
  if (model.featureVersion !== FEATURE_VERSION || model.features.join() !== names.join()) {
    const why = `the model ${file} was trained on other features (version ${model.featureVersion}, ${model.features.length} of them)`;
    return { kind: 'invalid', why: `${why}: train it again with \`autoheal train\`` };
  }
  return { kind: 'loaded', model: { id: checksum.slice(0, 8), predictor: makePredictor(model, MOST_CANDIDATES) } };
}
