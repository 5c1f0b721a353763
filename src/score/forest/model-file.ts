import { createHash } from 'node:crypto';
import { Ajv, type ErrorObject } from 'ajv';

import { errorText } from '../../domain/errors.ts';
import { baselineProblem } from './baseline.ts';
import { forestProblem, type FlatForest } from './flat.ts';
import { MODEL_SCHEMA } from './model-schema.ts';
import type { ForestModel } from './model.ts';

/** A model file as read: a model, or every problem that was found, each a sentence that names the field. */
export type LoadedModel =
  | {
      readonly kind: 'ok';
      readonly model: ForestModel;
      /** `autoheal 0.1.0`: what wrote the file. */
      readonly createdBy: string;
      /** Names this very model: equal for equal content. */
      readonly checksum: string;
    }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

interface ModelFile extends Omit<ForestModel, 'forest'> {
  readonly format: 1;
  readonly createdBy: string;
  readonly arrays: Readonly<Record<'roots' | 'feature' | 'threshold' | 'right' | 'share', string>>;
  readonly checksum: string;
}

/** Larger files are refused before they are parsed: 100 trees of 5,000 rows come to about 2 MB. */
export const MOST_BYTES = 64 * 1024 * 1024;
const SHOWN_PROBLEMS = 10;

const isModelFile = new Ajv({ allErrors: true, strict: true, strictTypes: false }).compile<ModelFile>(MODEL_SCHEMA);

/**
 * The text of a model file: JSON with the arrays of the forest in base64 (little-endian) and a checksum over all the rest.
 * The same model and `createdBy` make the same text; no time of day is in it.
 */
export function modelText(model: ForestModel, createdBy: string): string {
  const { forest, ...header } = model;
  const content = { format: 1, createdBy, ...header, arrays: encoded(forest) };
  return `${JSON.stringify({ ...content, checksum: checksumOf(content) })}\n`;
}

/** Reads a model file. Never throws: a file that is cut off, changed or of another format is a list of problems. */
export function readModel(text: string): LoadedModel {
  if (text.length > MOST_BYTES) return invalid(`the file has ${text.length} characters, more than ${MOST_BYTES}`);
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (error) {
    return invalid(`the file is not JSON: ${errorText(error)}`);
  }
  const format = formatOf(file);
  if (format !== 1)
    return invalid(`the format is ${JSON.stringify(format) ?? 'not stated'}; this version reads format 1`);
  if (!isModelFile(file)) return invalid(...(isModelFile.errors ?? []).slice(0, SHOWN_PROBLEMS).map(schemaProblem));
  const { checksum, ...content } = file;
  if (checksumOf(content) !== checksum)
    return invalid('the checksum does not fit the content: the file was changed or cut');
  return assemble(file);
}

function assemble(file: ModelFile): LoadedModel {
  const { format: _format, createdBy, arrays, checksum, ...header } = file;
  const forest = decoded(arrays, file.features.length, file.classes.length);
  if (typeof forest === 'string') return invalid(forest);
  const wrongBaseline = file.baseline && baselineProblem(file.baseline, file.features.length);
  const problems = [
    ...(wrongBaseline === undefined ? [] : [`baseline: ${wrongBaseline}`]),
    ...(file.ranges.length === file.features.length
      ? []
      : [`ranges: ${file.ranges.length} of them for ${file.features.length} features`]),
    ...(forest.roots.length === file.growth.trees
      ? []
      : [`arrays: ${forest.roots.length} trees, where growth says ${file.growth.trees}`]),
    ...[forestProblem(forest)].filter((problem) => problem !== undefined).map((problem) => `arrays: ${problem}`),
  ];
  return problems.length > 0 ? invalid(...problems) : { kind: 'ok', model: { ...header, forest }, createdBy, checksum };
}

function encoded({ roots, feature, threshold, right, share }: FlatForest): ModelFile['arrays'] {
  const text = ({ buffer, byteOffset, byteLength }: ArrayBufferView): string =>
    Buffer.from(buffer, byteOffset, byteLength).toString('base64');
  return {
    roots: text(roots),
    feature: text(feature),
    threshold: text(threshold),
    right: text(right),
    share: text(share),
  };
}

/** The forest, or what is wrong with the arrays. */
function decoded(arrays: ModelFile['arrays'], features: number, classes: number): FlatForest | string {
  const buffers = Object.fromEntries(
    Object.entries(arrays).map(([name, text]) => {
      const bytes = Buffer.from(text, 'base64');
      // A small Buffer is a piece of a shared pool; typed arrays want a whole one that begins at 0.
      return [name, Uint8Array.from(bytes).buffer];
    }),
  );
  const buffer = (name: keyof ModelFile['arrays']): ArrayBuffer => buffers[name] ?? new ArrayBuffer(0);
  try {
    return {
      features,
      classes,
      roots: new Int32Array(buffer('roots')),
      feature: new Int16Array(buffer('feature')),
      threshold: new Float64Array(buffer('threshold')),
      right: new Int32Array(buffer('right')),
      share: new Float32Array(buffer('share')),
    };
  } catch (error) {
    return `arrays: ${errorText(error)}`;
  }
}

function checksumOf(content: object): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

function formatOf(file: unknown): unknown {
  return typeof file === 'object' && file !== null && 'format' in file ? file.format : undefined;
}

function schemaProblem({ instancePath, message = 'is wrong', params }: ErrorObject): string {
  const field = instancePath.slice(1).replaceAll('/', '.') || 'the file';
  const extra: unknown = params['additionalProperty'];
  return `${field} ${message}${typeof extra === 'string' ? ` (${extra})` : ''}`;
}

function invalid(...problems: readonly string[]): LoadedModel {
  return { kind: 'invalid', problems };
}
