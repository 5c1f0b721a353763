import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../../k8s/tools/chart-files.ts';

/**
 * The types of the Kubernetes API as the installed client was generated from its OpenAPI document (the release is named in
 * each file): which fields an object has, of which type, and which of them must be there. It does not hold what OpenAPI does
 * not say either: enumerations, patterns, bounds and rules between fields.
 */
const MODELS = join(ROOT, 'node_modules/@kubernetes/client-node/dist/gen/models');

interface Field {
  readonly type: string;
  readonly required: boolean;
}

type Model = ReadonlyMap<string, Field>;

const known = new Map<string, Model | undefined>();

function modelOf(name: string): Model | undefined {
  if (!known.has(name)) known.set(name, readModel(name));
  return known.get(name);
}

function readModel(name: string): Model | undefined {
  const path = join(MODELS, `${name}.js`);
  if (!existsSync(path)) return undefined;
  const types = readFileSync(path, 'utf8').matchAll(/"name": "(.*)",\s+"baseName": "(.*)",\s+"type": "(.*)",/g);
  const declared = readFileSync(join(MODELS, `${name}.d.ts`), 'utf8').matchAll(/^ {4}'([^']+)'(\??):/gm);
  const required = new Set([...declared].filter(([, , mark]) => mark === '').map(([, field]) => field));
  return new Map(
    [...types].map(([, field = '', baseName = '', type = '']) => [baseName, { type, required: required.has(field) }]),
  );
}

/** The model of a kind: `apps/v1` Deployment is `V1Deployment`, the core group has no name of its own. */
function modelName(apiVersion: string, kind: string): string {
  const version = apiVersion.split('/').at(-1) ?? '';
  return `${version.charAt(0).toUpperCase()}${version.slice(1)}${kind}`;
}

/** Whether the client has a model of the kind. */
export function isBuiltIn({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): boolean {
  return modelOf(modelName(apiVersion, kind)) !== undefined;
}

/** What is wrong with an object, one sentence each, with its place: unknown fields, wrong types, missing fields. */
export function problemsOf(object: { readonly apiVersion: string; readonly kind: string }): readonly string[] {
  return ofModel(modelName(object.apiVersion, object.kind), object, object.kind);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function ofModel(name: string, value: unknown, place: string): readonly string[] {
  const model = modelOf(name);
  if (model === undefined) return [`${place}: there is no model ${name}`];
  if (!isRecord(value)) return [`${place}: must be an object`];
  const missing = [...model]
    .filter(([field, { required }]) => required && value[field] === undefined)
    .map(([field]) => `${place}.${field}: is missing`);
  const wrong = Object.entries(value).flatMap(([field, content]) => {
    const declared = model.get(field);
    return declared === undefined
      ? [`${place}.${field}: is no field of ${name}`]
      : ofType(declared.type, content, `${place}.${field}`);
  });
  return [...missing, ...wrong];
}

const SCALARS: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  Date: (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
  IntOrString: (value) => typeof value === 'string' || Number.isInteger(value),
  any: () => true,
  object: isRecord,
};

function ofType(type: string, value: unknown, place: string): readonly string[] {
  const items = /^Array<(.+)>$/.exec(type)?.[1];
  if (items !== undefined) {
    if (!Array.isArray(value)) return [`${place}: must be a list`];
    return value.flatMap((item: unknown, index) => ofType(items, item, `${place}[${index}]`));
  }
  const values = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (values !== undefined) {
    if (!isRecord(value)) return [`${place}: must be a map`];
    return Object.entries(value).flatMap(([key, content]) => ofType(values, content, `${place}.${key}`));
  }
  const holds = SCALARS[type];
  if (holds === undefined) return ofModel(type, value, place);
  return holds(value) ? [] : [`${place}: ${JSON.stringify(value)} is no ${type}`];
}
