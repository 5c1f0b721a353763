import { randomBytes } from 'node:crypto';
import { systemClock } from '../adapters/system-clock.ts';
import type { Config } from '../config/config.ts';
import { describeProblems, type LoadedConfig } from '../config/load.ts';
import { AutoHealError, errorText } from '../domain/errors.ts';
import { CHECKS } from '../doctor/checks.ts';
import { examine } from '../doctor/examine.ts';
import { fail, skipped, type Check, type Finding, type FindingState, type Patient } from '../doctor/finding.ts';
import { makeRedactor } from '../doctor/secrets.ts';
import { makeLogger } from '../telemetry/logger.ts';
import { accessTable } from './access.ts';
import { loadConfigFile } from './read-config.ts';

export interface DoctorOptions {
  readonly config?: string;
  readonly json?: boolean;
  /** Names of checks; all when left out. */
  readonly only?: readonly string[];
  /** False with --no-send, true with --send. */
  readonly send?: boolean;
  /** Seconds. */
  readonly timeout: number;
  readonly url?: string;
  readonly token?: string;
  readonly listen?: string;
  readonly namespace?: readonly string[];
  readonly label?: readonly string[];
}

/**
 * Looks at everything that AutoHeal needs and prints one line for each finding as it comes. The exit code is 1 when
 * something has failed.
 *
 * @throws AutoHealError `CONFIG_INVALID` for an option that cannot be understood.
 */
export async function runDoctor(options: DoctorOptions): Promise<void> {
  const checks = chosen(options.only);
  const wishes = wishesOf(options);
  const print = options.json === true ? () => undefined : printFinding;
  const loaded = loadOrFinding(options.config);
  const findings =
    loaded.kind === 'ok'
      ? await examine(patientOf(loaded.config, wishes), {
          checks,
          redact: makeRedactor(loaded.config, options.token === undefined ? [] : [options.token]),
          tell: print,
        })
      : [...loaded.findings, ...withoutConfiguration(checks)];
  if (loaded.kind !== 'ok') for (const finding of findings) print(finding);
  const failed = findings.filter(({ state }) => state === 'fail').length;
  if (options.json === true)
    process.stdout.write(`${JSON.stringify({ ok: failed === 0, checks: findings }, null, 2)}\n`);
  else process.stdout.write(`${summaryOf(findings)}\n`);
  if (failed > 0) process.exitCode = 1;
}

type Loaded =
  Extract<LoadedConfig, { readonly kind: 'ok' }> | { readonly kind: 'invalid'; readonly findings: readonly Finding[] };

/** The configuration, or what is wrong with it: each problem with its place, as `autoheal check` tells it. */
function loadOrFinding(file: string | undefined): Loaded {
  try {
    const loaded = loadConfigFile(file);
    if (loaded.kind === 'ok') return loaded;
    const todo = 'correct it there, or in the environment and the files that it names; `autoheal check` tells the same';
    const texts = loaded.problems.map((problem) => describeProblems(file ?? 'defaults', [problem]));
    return { kind: 'invalid', findings: texts.map((text) => fail('configuration', text, todo)) };
  } catch (error) {
    const todo = 'name another with --config or AUTOHEAL_CONFIG, or let this user read it';
    return { kind: 'invalid', findings: [fail('configuration', errorText(error), todo)] };
  }
}

function withoutConfiguration(checks: readonly Check[]): readonly Finding[] {
  const others = checks.filter(({ name }) => name !== 'configuration');
  return others.map(({ name }) => skipped(name, 'needs a configuration'));
}

function patientOf(config: Config, wishes: Patient['wishes']): Patient {
  return {
    config,
    wishes,
    access: accessTable(),
    clock: systemClock,
    log: makeLogger({ level: 'error' }),
    newNonce: () => randomBytes(12).toString('hex'),
    // Beside the report, not in it: what is piped on is findings only.
    say: (line) => void process.stderr.write(`      ${line}\n`),
  };
}

function chosen(only: readonly string[] | undefined): readonly Check[] {
  if (only === undefined || only.length === 0) return CHECKS;
  const known = CHECKS.map(({ name }) => name);
  const unknown = only.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new AutoHealError('CONFIG_INVALID', `there is no check ${unknown.join(', ')}, only ${known.join(', ')}`);
  }
  return CHECKS.filter(({ name }) => only.includes(name));
}

const MOST_SECONDS = 3_600;

function wishesOf(options: DoctorOptions): Patient['wishes'] {
  const { send, url, token, timeout, namespace = [], label = [] } = options;
  assertSane(timeout, url);
  return {
    send: send === undefined ? 'alert' : send ? 'messages' : 'nothing',
    waitMs: timeout * 1000,
    ...(url !== undefined && { url }),
    ...(token !== undefined && { token }),
    ...(options.listen !== undefined && { listen: listenOf(options.listen) }),
    namespaces: namespace,
    labels: Object.fromEntries(label.map(labelOf)),
  };
}

function assertSane(timeout: number, url: string | undefined): void {
  if (!(timeout > 0 && timeout <= MOST_SECONDS)) {
    throw new AutoHealError('CONFIG_INVALID', `--timeout takes seconds, up to ${MOST_SECONDS}`);
  }
  if (url !== undefined && !/^https?:\/\//.test(url)) {
    throw new AutoHealError('CONFIG_INVALID', '--url takes an http(s) address');
  }
}

function listenOf(text: string): { readonly host: string; readonly port: number } {
  const [, host = '', port = ''] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
  if (host === '' || Number(port) < 1 || Number(port) > 65_535) {
    throw new AutoHealError('CONFIG_INVALID', '--listen takes HOST:PORT');
  }
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
}

function labelOf(text: string): readonly [string, string] {
  const [, name = '', value = ''] = /^([a-zA-Z_]\w*)=(.*)$/.exec(text) ?? [];
  if (name === '') throw new AutoHealError('CONFIG_INVALID', `--label takes NAME=VALUE, not ${text}`);
  return [name, value];
}

const WORDS: Readonly<Record<FindingState, string>> = { ok: 'ok', warn: 'WARN', fail: 'FAIL', skipped: 'skipped' };

/** One line: `FAIL rights/rollback: lacks ...: what to do`. */
export function lineOf({ name, state, message, remedy }: Finding): string {
  const todo = remedy === undefined ? '' : `: ${remedy}`;
  return `${WORDS[state].padEnd(7)} ${name}: ${message}${todo}`;
}

function printFinding(finding: Finding): void {
  process.stdout.write(`${lineOf(finding)}\n`);
}

function summaryOf(findings: readonly Finding[]): string {
  const count = (state: FindingState): number => findings.filter((each) => each.state === state).length;
  return `${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} failed, ${count('skipped')} skipped`;
}
