import { existsSync } from 'node:fs';
import { REMEDY_TRAITS } from '../act/catalogue.ts';
import { loadModel, SHIPPED_MODEL } from '../adapters/model-file.ts';
import { openSqliteStore } from '../adapters/store/sqlite-store.ts';
import { AutoHealError } from '../domain/errors.ts';
import { calibrationOf, foretoldOutcomes } from '../learn/calibration.ts';
import { driftOf } from '../learn/drift.ts';
import { readDecisions, type ReadJournal } from '../learn/journal-reader.ts';
import { rowsOf } from '../learn/journal-rows.ts';
import { heldOutFor, judgePromotion } from '../learn/promotion.ts';
import { openRegistry, type RegisteredModel, type Registry, type RegistryChange } from '../learn/registry.ts';
import { replayShadow } from '../learn/shadow.ts';
import { FEATURE_VERSION, FEATURES } from '../score/features/features.ts';
import { driftText, listText, modelAsText, promotionText } from './model-text.ts';
import { readConfig, readText } from './read-config.ts';

export interface ModelOptions {
  readonly dir: string;
  readonly json?: boolean;
}

export interface JournalOptions extends ModelOptions {
  readonly config?: string;
  readonly store?: string;
}

export interface AddOptions extends ModelOptions {
  readonly by: string;
  readonly why: string;
  readonly learnedUntil?: string;
}

export interface PromoteOptions extends JournalOptions {
  readonly by: string;
  readonly force?: boolean;
}

/** Prints the models of the folder and the history of changes. */
export function listModels(options: ModelOptions): void {
  const list = registryOf(options).list();
  print(options, list, () => listText(list, options.dir));
  if (list.problem !== undefined) process.exitCode = 1;
}

/** Prints what is in a model's file, without the trees. */
export function showModel(id: string | undefined, options: ModelOptions): void {
  const registry = registryOf(options);
  const { model } = loadedOrThrow(id === undefined ? championOf(registry) : registry.get(id));
  const { forest: _, ranges: _ranges, baseline, ...facts } = model.predictor.model;
  const shown = { id: model.id, ...facts, knowsBaseline: baseline !== undefined };
  print(options, shown, () => modelAsText(shown));
}

/** Keeps a model file as the challenger. */
export function addModel(file: string, options: AddOptions): void {
  const until = options.learnedUntil === undefined ? undefined : Date.parse(options.learnedUntil);
  if (Number.isNaN(until)) throw new AutoHealError('CONFIG_INVALID', '--learned-until must be a time (RFC 3339)');
  const { by, why } = options;
  const about = { by, why, ...(until !== undefined && { learnedUntil: until }) };
  tell(options, registryOf(options).add(readText(file), about));
}

/** Makes a model the champion, or says with figures why not; then the exit code is 1. */
export async function promoteModel(id: string, options: PromoteOptions): Promise<void> {
  const registry = registryOf(options);
  if (options.force === true) return tell(options, registry.promote(id, options.by, 'forced'));
  const challenger = loadedOrThrow(registry.get(id));
  const champion = loadedOrThrow(championOf(registry));
  const { decisions, unreadable } = await journalOf(options);
  const rows = rowsOf(decisions, REMEDY_TRAITS);
  const heldOut = heldOutFor(rows, champion.learnedUntil, challenger.learnedUntil);
  const models = { champion: champion.model, challenger: challenger.model };
  const judged = judgePromotion({ rows: heldOut, ...models });
  const shadow = replayShadow(decisions, models, REMEDY_TRAITS);
  const change: RegistryChange =
    judged.kind === 'promote'
      ? registry.promote(id, options.by, judged.because.join('; '))
      : { kind: 'refused', why: judged.because.join('; ') };
  const champions = { champion: champion.model.id, challenger: id };
  print(options, { ...champions, change, judged, shadow, unreadable }, () =>
    promotionText(champions, { change, judged, shadow }),
  );
  if (change.kind === 'refused') process.exitCode = 1;
}

/** Goes back to the champion before this one. */
export function rollbackModel(options: ModelOptions & { readonly by: string }): void {
  tell(options, registryOf(options).rollback(options.by));
}

/** Prints drift and calibration of the model that is asked. */
export async function showDrift(options: JournalOptions): Promise<void> {
  const { model } = loadedOrThrow(championOf(registryOf(options)));
  const { decisions, unreadable } = await journalOf(options);
  const drift = driftOf(model.predictor.model, decisions, REMEDY_TRAITS);
  const calibration = calibrationOf(foretoldOutcomes(decisions, model.id));
  print(options, { model: model.id, drift, calibration, unreadable }, () => driftText(model.id, drift, calibration));
}

function registryOf({ dir }: ModelOptions): Registry {
  const features = FEATURES.map(({ name }) => name);
  return openRegistry(dir, { features, featureVersion: FEATURE_VERSION, now: () => Date.now() });
}

/** The champion of the registry; where it has none, the model that is shipped, since that is the one that is asked. */
function championOf(registry: Registry): RegisteredModel {
  const champion = registry.champion();
  return champion.kind === 'missing' ? loadModel(SHIPPED_MODEL) : champion;
}

type Loaded = Extract<RegisteredModel, { kind: 'loaded' }>;

function loadedOrThrow(found: RegisteredModel): Loaded {
  if (found.kind !== 'loaded') throw new AutoHealError('CONFIG_INVALID', found.why);
  return found;
}

async function journalOf({ config, store: file }: JournalOptions): Promise<ReadJournal> {
  const path = file ?? readConfig(config).store.path;
  if (!existsSync(path)) {
    throw new AutoHealError('CONFIG_INVALID', `there is no journal at ${path}: name it with --store or --config`);
  }
  const store = await openSqliteStore({ path, readOnly: true });
  try {
    return await readDecisions(store);
  } finally {
    await store.close();
  }
}

function tell(options: ModelOptions, change: RegistryChange): void {
  print(options, change, () => (change.kind === 'done' ? change.what : `no: ${change.why}`));
  if (change.kind === 'refused') process.exitCode = 1;
}

function print({ json }: ModelOptions, facts: unknown, text: () => string): void {
  process.stdout.write(`${json === true ? JSON.stringify(facts, null, 2) : text()}\n`);
}
