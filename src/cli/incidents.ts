import { request } from 'undici';
import { undo } from '../act/undo.ts';
import { makeKubernetesCluster } from '../adapters/kubernetes/cluster.ts';
import { AutoHealError, errorText } from '../domain/errors.ts';
import type { Incident } from '../domain/incident.ts';
import type { IncidentSummary, JournalEvent } from '../ports/store.ts';
import { describeForTerminal } from './incident-text.ts';
import { readConfig } from './read-config.ts';

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
 * Takes back the last action of an incident that can be taken back, unless somebody changed the object since. The write is
 * marked with the id of the undo; the journal of the service does not know of it.
 */
export async function undoIncident(
  id: string,
  options: IncidentsOptions & { readonly config?: string },
): Promise<void> {
  const { incident } = await readIncident(id, options);
  if (incident.phase !== 'closed') {
    throw new AutoHealError('PORT_CLIENT', `${id} is not over yet: AutoHeal may still act on it`);
  }
  const last = incident.attempts.findLast(
    (attempt) => attempt.result.kind !== 'refused' && attempt.intent.undo !== undefined,
  );
  const what = last?.intent.undo;
  if (what === undefined) throw new AutoHealError('PORT_CLIENT', `${id} did nothing that can be taken back`);
  const { cluster: connection } = readConfig(options.config);
  const cluster = makeKubernetesCluster({ connection, timeoutMs: connection.timeoutMs });
  const answer = await undo(what, cluster, `${last?.intent.actionId}/undo`);
  if (answer.kind === 'refused') {
    throw new AutoHealError('PORT_CLIENT', `not undone (${answer.refusal.code}): ${answer.refusal.why}`);
  }
  print(`${answer.kind}: ${answer.detail}`);
  if (answer.kind === 'unknown') process.exitCode = 1;
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
  throw new AutoHealError('PORT_CLIENT', `${method} ${path} was answered ${answer.statusCode}: ${text}${hint}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
