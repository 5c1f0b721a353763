import type { Config } from '../config/config.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { AccessNeeds } from './needs.ts';
import type { DoctorNotes } from '../domain/doctor.ts';

export type FindingState = 'ok' | 'warn' | 'fail' | 'skipped';

/** One line of the report. */
export interface Finding {
  /** The name of the check, and behind a slash what of it: `rights/rollback`. */
  readonly name: string;
  readonly state: FindingState;
  /** One line: what was found. May quote what others wrote: untrusted text. */
  readonly message: string;
  /** One line: what to do about it. Absent where there is nothing to do. */
  readonly remedy?: string;
}

/** What the doctor looks at, and what it works with. */
export interface Patient {
  readonly config: Config;
  readonly access: AccessNeeds;
  readonly clock: Clock;
  readonly log: Log;
  /** 16 random hex digits or more. */
  readonly newNonce: () => string;
  /** Tells what is being waited for. */
  readonly say: (line: string) => void;
  readonly wishes: Wishes;
}

/** What the person who runs it asked for. */
export interface Wishes {
  /** `nothing`: no alert is sent; `messages`: a message in Slack and a mail as well. */
  readonly send: 'nothing' | 'alert' | 'messages';
  /** How long the alert may take to arrive. */
  readonly waitMs: number;
  /** The running service; the address of the configuration when left out. */
  readonly url?: string;
  /** Its bearer token; that of the configuration when left out. */
  readonly token?: string;
  /** Where to listen when no service answers. */
  readonly listen?: { readonly host: string; readonly port: number };
  /** Namespaces that AutoHeal has a Role in; those that the policy names when empty. */
  readonly namespaces: readonly string[];
  /** Labels of the alert besides its own. */
  readonly labels: Readonly<Record<string, string>>;
}

/** One thing that the doctor looks at. */
export interface Check {
  readonly name: string;
  /** Where this check has failed, there is nothing to be seen. */
  readonly needs?: string;
  /** After so long it has failed, whatever it waits for. */
  readonly timeoutMs: (patient: Patient) => number;
  /** May throw: that is a failed check. Stops what it still does when the signal aborts. */
  readonly run: (patient: Patient, signal: AbortSignal) => Promise<readonly Finding[]>;
}

export function ok(name: string, message: string): Finding {
  return { name, state: 'ok', message };
}

export function warn(name: string, message: string, remedy: string): Finding {
  return { name, state: 'warn', message, remedy };
}

export function fail(name: string, message: string, remedy: string): Finding {
  return { name, state: 'fail', message, remedy };
}

export function skipped(name: string, message: string): Finding {
  return { name, state: 'skipped', message };
}

export function notConfigured(name: string, key: string): readonly Finding[] {
  return [skipped(name, `not configured (${key})`)];
}

/** Where the arrival of the doctor's alert is to be seen. */
export interface Desk {
  /** For people. */
  readonly where: string;
  read(): Promise<DoctorNotes>;
  close(): Promise<void>;
}
