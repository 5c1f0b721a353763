import { statSync } from 'node:fs';
import { loadModel, SHIPPED_MODEL } from '../../adapters/model-file.ts';
import { openRegistry } from '../../learn/registry.ts';
import { FEATURE_LIST, FEATURE_VERSION } from '../../score/features/features.ts';
import type { Config } from '../../config/config.ts';
import { fail, ok, skipped, type Check, type Finding, type Patient } from '../finding.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Whether the model that would be asked can be used. */
export const model: Check = {
  name: 'model',
  timeoutMs: () => 15_000,
  async run(patient) {
    const settings = patient.config.model;
    if (!settings.enabled) return [skipped('model', 'switched off (model.enabled): the rules decide alone')];
    return [...registryFindings(settings.directory, patient), fileFinding(settings, patient)];
  },
};

function fileFinding({ file, directory }: Config['model'], { clock }: Patient): Finding {
  const path = file ?? SHIPPED_MODEL;
  const loaded = loadModel(path);
  const what = file === undefined ? 'the shipped model' : `the model ${file}`;
  if (loaded.kind !== 'loaded') {
    const todo = `${file === undefined ? 'install AutoHeal again' : 'set model.file to a model of `autoheal train`'}; until then the rules decide alone`;
    return fail('model', loaded.why, todo);
  }
  // Of what is shipped only the version tells the age: its file is as old as its installation.
  const age = file === undefined ? '' : `, ${daysSince(statSync(path).mtimeMs, clock.now())}`;
  const use = directory === undefined ? '' : ', asked where the directory has no champion';
  return ok('model', `${what} ${loaded.model.id} loads; features of version ${FEATURE_VERSION}${age}${use}`);
}

function registryFindings(directory: string | undefined, { clock }: Patient): readonly Finding[] {
  if (directory === undefined) return [];
  const registry = openRegistry(directory, { ...FEATURE_LIST, now: () => clock.now() });
  const champion = registry.champion();
  if (champion.kind === 'missing') return [skipped('model/champion', champion.why)];
  if (champion.kind === 'invalid') {
    const todo =
      'take it back with `autoheal model rollback`, or train it again; until then the shipped model is asked';
    return [fail('model/champion', champion.why, todo)];
  }
  const { id } = champion.model;
  const added = registry.list().models.find((each) => each.id === id)?.addedAt;
  const age = added === undefined ? '' : `, added ${daysSince(added, clock.now())}`;
  return [ok('model/champion', `${id} of ${directory} decides${age}`)];
}

function daysSince(at: number, now: number): string {
  const days = Math.floor(Math.max(0, now - at) / DAY_MS);
  return days === 0 ? 'less than a day old' : `${days} days old`;
}
