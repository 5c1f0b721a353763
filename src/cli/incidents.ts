import { request } from 'undici';
import { systemClock } from '../adapters/system-clock.ts';
import { cleanLine } from '../domain/clean-text.ts';
import { AutoHealError, errorText } from '../domain/errors.ts';
import type { Incident, Restore } from '../domain/incident.ts';
import { isOpen } from '../domain/undo-journal.ts';
import { describeWorkload } from '../domain/workload.ts';
import type { IncidentSummary, JournalEvent } from '../ports/store.ts';
import { describeForTerminal } from './incident-text.ts';

/** How the commands that talk to a running service reach it. */
export interface IncidentsOptions {
  readonly url: string;
  readonly token?: string;
  readonly open?: boolean;
  readonly limit: number;
  readonly json?: boolean;
}

/** Prints the newest incidents of a running service, one line each. */
export async function listIncidents(options: IncidentsOptions): Promise<void> {
  const query = new URLSearchParams({
    limit: String(options.limit),
    ...(options.open === true ? { open: 'true' } : {}),
  });
  const { incidents } = (await call(options, 'GET', `/incidents?${query.toString()}`)) as {
    incidents: readonly IncidentSummary[]; // The service's own answer; its route builds it from this type.
  };
  if (options.json === true) return print(JSON.stringify(incidents, null, 2));
  for (const each of incidents) {
    const state = each.outcome ?? each.phase;
    print(`${each.id}  ${new Date(each.openedAt).toISOString()}  ${state.padEnd(17)} ${each.workload ?? ''}`);
  }
  if (incidents.length === 0) print('no incidents');
}

/** Prints one incident: how it stands, and every event of its history. */
export async function showIncident(id: string, options: IncidentsOptions): Promise<void> {
  const found = await readIncident(id, options);
  if (options.json === true) return print(JSON.stringify(found, null, 2));
  print(describeForTerminal(found.incident));
  for (const event of found.history) {
    print(`  ${new Date(event.at).toISOString()}  event ${event.seq}  ${event.kind}`);
  }
}

/**
 * Has the service take back what a closed incident changed, unless somebody changed the objects since, and waits for what
 * comes of it. The journal keeps who asked.
 */
export async function undoIncident(id: string, options: IncidentsOptions & { readonly by: string }): Promise<void> {
  await call(options, 'POST', `/incidents/${encodeURIComponent(id)}/undo`, { by: options.by });
  const restores = await untilSettled(id, options);
  for (const { undo, state, detail } of restores) print(`${describeWorkload(undo.target)}: ${state}: ${detail}`);
  if (restores.some(({ state }) => state !== 'undone')) process.exitCode = 1;
}

const UNDO_WAIT_MS = 60_000;

/** What became of the changes that were asked for; some may still be open when the wait is over. */
async function untilSettled(
  id: string,
  options: IncidentsOptions & { readonly by: string },
): Promise<readonly Restore[]> {
  const until = systemClock.now() + UNDO_WAIT_MS;
  for (;;) {
    const { incident } = await readIncident(id, options);
    const asked = incident.phase === 'closed' ? (incident.restores ?? []).filter(({ by }) => by === options.by) : [];
    const waits = (incident.phase === 'closed' && incident.undoRequest !== undefined) || asked.some(isOpen);
    if (!waits || systemClock.now() >= until) return asked;
    await systemClock.sleep(500);
  }
}

/** Records a person's answer to an incident that waits for one. */
export async function answerApproval(
  id: string,
  decision: 'approve' | 'deny',
  options: IncidentsOptions & { readonly by: string },
): Promise<void> {
  await call(options, 'POST', `/incidents/${encodeURIComponent(id)}/approval`, { decision, by: options.by });
  print(`${decision === 'approve' ? 'approved' : 'denied'}: ${id}`);
}

async function readIncident(
  id: string,
  options: IncidentsOptions,
): Promise<{ readonly incident: Incident; readonly history: readonly JournalEvent[] }> {
  return (await call(options, 'GET', `/incidents/${encodeURIComponent(id)}`)) as {
    incident: Incident; // The service's own answer; its route builds it from these types.
    history: readonly JournalEvent[];
  };
}

async function call(options: IncidentsOptions, method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
  const answer = await request(new URL(path, options.url), {
    method,
    headersTimeout: 10_000,
    bodyTimeout: 10_000,
    headers: {
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((error: unknown) => {
    throw new AutoHealError('PORT_UNREACHABLE', `${options.url} cannot be reached: ${errorText(error)}`, {
      cause: error,
    });
  });
  const text = await answer.body.text();
  if (answer.statusCode < 300) return JSON.parse(text) as unknown;
  const hint = answer.statusCode === 401 ? ' (give the token with --token or AUTOHEAL_TOKEN)' : '';
  const said = `${method} ${path} was answered ${answer.statusCode}: ${messageOf(text)}${hint}`;
  throw new AutoHealError('PORT_CLIENT', said);
}

const LONGEST_MESSAGE = 500;

/** What an answer says in words: the service's own `message`, or the body of whatever else answered there. */
function messageOf(text: string): string {
  let message: unknown;
  try {
    const body: unknown = JSON.parse(text);
    message = typeof body === 'object' && body !== null && 'message' in body ? body.message : undefined;
  } catch {
    // Another server's page.
  }
  return cleanLine(typeof message === 'string' ? message : text, LONGEST_MESSAGE);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
