import { REMEDY_OPTIONS } from '../../src/act/catalogue.ts';
import { systemClock } from '../../src/adapters/system-clock.ts';
import { accessTable } from '../../src/cli/access.ts';
import type { Config } from '../../src/config/config.ts';
import { configOrThrow, loadConfig } from '../../src/config/load.ts';
import { CHECKS } from '../../src/doctor/checks.ts';
import { examine } from '../../src/doctor/examine.ts';
import type { Finding, Patient, Wishes } from '../../src/doctor/finding.ts';
import { makeRedactor } from '../../src/doctor/secrets.ts';
import { makeLogSink } from '../fakes/log-sink.ts';

/** A checked configuration with defaults filled in. */
export function aConfig(value: object = {}): Config {
  const text = JSON.stringify(value);
  return configOrThrow('test', loadConfig(text, { env: {}, readFile: () => '', remedies: REMEDY_OPTIONS }));
}

let runs = 0;

/** What the doctor looks at; sends nothing unless told to. */
export function aPatient(config: Config, wishes: Partial<Wishes> = {}, overrides: Partial<Patient> = {}): Patient {
  return {
    config,
    access: accessTable(),
    clock: systemClock,
    log: makeLogSink().log,
    newNonce: () => {
      runs += 1;
      return runs.toString(16).padStart(16, '0');
    },
    say: () => undefined,
    wishes: { send: 'nothing', waitMs: 10_000, namespaces: [], labels: {}, ...wishes },
    ...overrides,
  };
}

/** The findings of some checks, as the command would show them. */
export function findingsOf(patient: Patient, ...names: readonly string[]): Promise<readonly Finding[]> {
  const checks = CHECKS.filter(({ name }) => names.length === 0 || names.includes(name));
  return examine(patient, { checks, redact: makeRedactor(patient.config), tell: () => undefined });
}
