import { anIntent } from '../builders/journey.ts';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';

import type { Approval, Incident, IncidentId } from '../../src/domain/incident.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Log } from '../../src/ports/log.ts';
import type { Telemetry } from '../../src/ports/telemetry.ts';
import { makeJournal, type JournalLimits } from '../../src/receive/journal-batch.ts';
import { buildServer, type ServerDeps } from '../../src/receive/server.ts';
import { makeMemoryIntakeStore, type MemoryIntakeStore } from './memory-store-intake.ts';

/** A little after the webhooks of the fixtures were recorded. */
export const AFTER_RECORDING = Date.UTC(2026, 10, 21, 4);

const FIXTURES = join(import.meta.dirname, '../fixtures/webhooks');

/** The text of a recorded webhook. */
export function recorded(name: string): string {
  return readFileSync(join(FIXTURES, `recorded-${name}.json`), 'utf8');
}

/** The texts of all recorded webhooks. */
export function allRecorded(): readonly string[] {
  const files = readdirSync(FIXTURES).filter((file) => file.startsWith('recorded-'));
  return files.sort().map((file) => readFileSync(join(FIXTURES, file), 'utf8'));
}

export interface ManualClock extends Clock {
  /** Moves the time on and wakes who slept until then. */
  advance(ms: number): void;
}

export function makeManualClock(start: number): ManualClock {
  let now = start;
  const sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();
  return {
    now: () => now,
    sleep(ms, signal) {
      return new Promise((resolve) => {
        const sleeper = {
          until: now + ms,
          wake: () => {
            sleepers.delete(sleeper);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', sleeper.wake, { once: true });
      });
    },
    advance(ms) {
      now += ms;
      for (const sleeper of sleepers) if (sleeper.until <= now) sleeper.wake();
    },
  };
}

export interface LogLine {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export function makeLogSink(lines: LogLine[]): Log {
  const log: Log = {
    debug: (fields, message) => void lines.push({ level: 'debug', fields, message }),
    info: (fields, message) => void lines.push({ level: 'info', fields, message }),
    warn: (fields, message) => void lines.push({ level: 'warn', fields, message }),
    error: (fields, message) => void lines.push({ level: 'error', fields, message }),
    child: () => log,
  };
  return log;
}

export const TOKEN = 'sender-token-for-tests';
export const BEARER = { authorization: `Bearer ${TOKEN}` };

export interface Intake {
  readonly app: FastifyInstance;
  readonly store: MemoryIntakeStore;
  readonly clock: ManualClock;
  readonly log: readonly LogLine[];
  readonly samples: readonly Parameters<Telemetry['webhook']>[0][];
  readonly undoRequests: readonly { readonly incident: IncidentId; readonly by: string; readonly at: number }[];
  readonly approvals: readonly { readonly incident: IncidentId; readonly approval: Approval }[];
}

/** The real server on an in-memory store that holds one incident, `waiting`, which waits for an approval. */
export function makeIntake(overrides: Partial<ServerDeps> = {}, journalLimits: Partial<JournalLimits> = {}): Intake {
  const store = makeMemoryIntakeStore();
  const clock = makeManualClock(AFTER_RECORDING);
  const log: LogLine[] = [];
  const samples: Parameters<Telemetry['webhook']>[0][] = [];
  const undoRequests: { incident: IncidentId; by: string; at: number }[] = [];
  const approvals: { incident: IncidentId; approval: Approval }[] = [];
  let ids = 0;

  const waiting = 'waiting' as IncidentId; // Tests name their incidents themselves.
  const incident: Incident = {
    phase: 'received',
    id: waiting,
    openedAt: AFTER_RECORDING,
    updatedAt: AFTER_RECORDING,
    alerts: [],
    rung: 1,
    attempts: [],
    failures: 0,
  };

  const over = 'over' as IncidentId; // As above.
  const restore = { expect: { '/spec/replicas': 4 }, restore: { '/spec/replicas': 2 } } as const;
  const changed: Incident = {
    ...incident,
    id: over,
    phase: 'closed',
    outcome: 'healed',
    because: '',
    closedAt: AFTER_RECORDING,
    attempts: [
      {
        intent: { ...anIntent(), undo: { target: anIntent().target, uid: 'u', path: '/p', ...restore } },
        result: { kind: 'done', at: AFTER_RECORDING, detail: '' },
      },
    ],
  };
  const bare: Incident = { ...changed, id: 'bare' as IncidentId, attempts: [] }; // As above.

  const app = buildServer({
    journal: makeJournal({ store, clock, newDeliveryId: () => `d-${(ids += 1)}`, limits: journalLimits }),
    store: {
      incident: async (id) => [incident, changed, bare].find((each) => each.id === id),
      incidents: async ({ limit, open }) =>
        [{ id: waiting, phase: 'received' as const, openedAt: 1, updatedAt: 2 }].filter(
          () => open !== false && limit > 0,
        ),
      history: async (id) => [{ seq: 1, at: 1, kind: 'opened', incident: id, body: {} }],
      approve: async (answer) => {
        const first = answer.incident === waiting && approvals.length === 0;
        if (first) approvals.push(answer);
        return first;
      },
      requestUndo: async (request) => {
        undoRequests.push(request);
        return true;
      },
    },
    clock,
    log: makeLogSink(log),
    telemetry: { webhook: (sample) => void samples.push(sample) },
    auth: { mode: 'bearer', tokens: [TOKEN] },
    ready: () => ({ ok: true, problems: [] }),
    draining: () => false,
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4; charset=utf-8', body: 'autoheal_up 1\n' }),
    ...overrides,
  });
  return { app, store, clock, log, samples, approvals, undoRequests };
}
