import type { Incident, IncidentId } from '../../domain/incident.ts';
import type { CommitAnswer, StepCommit } from '../../ports/store.ts';
import { nextRestoreAt } from '../../domain/undo-journal.ts';
import { intentRefusal, recordAction, settleActions } from './actions.ts';
import { chunksOf } from './chunks.ts';
import { giveBack } from './claims.ts';
import type { NewEvent } from './chain.ts';
import { incidentBody } from './incident-rows.ts';
import { appendEvents, lockHead } from './journal.ts';
import { enqueueNotifications } from './outbox.ts';
import { stepRecord } from './step-record.ts';
import type { Flag, IncidentsTable, Tx } from './tables.ts';
import { YES } from './expressions.ts';
import type { Transactor } from './transactor.ts';
import { wake } from './wake.ts';

/** `overtaken` is a `stale` whose incident can be claimed again at once. */
type Answer = CommitAnswer | { readonly kind: 'overtaken' };

/** Commits a step with everything that hangs on it, or nothing at all; see the port. */
export async function commitStep(store: Transactor, step: StepCommit): Promise<CommitAnswer> {
  const answer = await store.write('commit-step', (trx) => commit(trx, store, step));
  if (answer.kind !== 'overtaken') return answer;
  await giveBack(store, step.claimed.incident.id);
  return { kind: 'stale' };
}

async function commit(trx: Tx, store: Transactor, step: StepCommit): Promise<Answer> {
  const { dialect } = store;
  const head = await lockHead(trx, store);
  const row = await trx
    .selectFrom('incidents')
    .select(['version', 'pending', 'woken'])
    .where('id', '=', step.claimed.incident.id)
    .executeTakeFirst();
  if (row === undefined || row.version !== step.claimed.version || row.pending === 0) return { kind: 'stale' };
  const refusal = await refusalOf(trx, step, row.woken);
  if (refusal !== undefined) return refusal;

  const { after, intent, mergeInto } = step;
  const at = after.updatedAt;
  const version = row.version + 1;
  if (intent !== undefined) await recordAction(trx, { incident: after, intent, at });
  await trx.updateTable('incidents').set(columnsOf(step, row.woken)).where('id', '=', after.id).execute();
  if (mergeInto !== undefined) await moveAlerts(trx, after.id, mergeInto);
  if (mergeInto !== undefined) await wake(trx, dialect, { incidents: [mergeInto], at });
  // Once only: the alerts of a closed incident may belong to another one by now.
  if (after.phase === 'closed' && step.claimed.incident.phase !== 'closed') await releaseAlerts(trx, store, after);
  await settleActions(trx, step.claimed.incident, after);
  await forgetOldAnswer(trx, step);
  await enqueueNotifications(trx, { incident: after, channels: step.notify, at });
  await appendEvents(trx, store, { head, events: eventsOf(step) });
  return { kind: 'committed', version };
}

/** Why the step cannot be committed as things stand. */
async function refusalOf(trx: Tx, step: StepCommit, woken: Flag): Promise<Answer | undefined> {
  const { after, workload, mergeInto, intent } = step;
  if (workload !== undefined) {
    const by = await openIncidentOn(trx, workload, after.id);
    if (by !== undefined) return { kind: 'workload-taken', by };
  }
  if (mergeInto !== undefined) {
    // The other one may have closed since it was looked up; then this incident has to find its workload anew.
    const target = trx.selectFrom('incidents').select('id').where('id', '=', mergeInto).where('open', '=', YES);
    if (mergeInto === after.id || (await target.executeTakeFirst()) === undefined) return { kind: 'overtaken' };
  } else if (after.phase === 'closed' && woken === 1) {
    // An alert joined, or a person answered, while the step that closes the incident was taken without knowing it.
    return { kind: 'overtaken' };
  }
  return intent === undefined ? undefined : intentRefusal(trx, { incident: after, intent, at: after.updatedAt });
}

async function openIncidentOn(
  trx: Tx,
  workload: NonNullable<StepCommit['workload']>,
  except: IncidentId,
): Promise<IncidentId | undefined> {
  const query = trx
    .selectFrom('incidents')
    .select('id')
    .where('workload', '=', workload)
    .where('open', '=', YES)
    .where('id', '!=', except);
  return (await query.executeTakeFirst())?.id;
}

function columnsOf(step: StepCommit, woken: Flag): Partial<IncidentsTable> {
  const { after, claimed, workload } = step;
  const closed = after.phase === 'closed';
  return {
    phase: after.phase,
    body: incidentBody(after),
    version: claimed.version + 1,
    failures: after.failures,
    updated_at: after.updatedAt,
    due_at: woken === 1 ? Math.min(step.dueAt, after.updatedAt) : step.dueAt,
    lease_until: 0,
    woken: 0,
    open: closed ? 0 : 1,
    pending: closed && nextRestoreAt(after) === undefined ? 0 : 1,
    closed_at: closed ? after.closedAt : null,
    outcome: closed ? after.outcome : null,
    ...(workload === undefined ? {} : { workload }),
  };
}

/** The alerts of a merged incident belong to the other one from now on. */
async function moveAlerts(trx: Tx, from: IncidentId, to: IncidentId): Promise<void> {
  await trx.updateTable('incident_alerts').set({ incident: to }).where('incident', '=', from).execute();
}

const LAST_CLOSED_COLUMNS = 5;

/** Lets go of a closed incident's alerts, and remembers for each of them how the incident ended. */
async function releaseAlerts(trx: Tx, store: Transactor, after: Extract<Incident, { phase: 'closed' }>): Promise<void> {
  const alerts = await trx
    .selectFrom('incident_alerts')
    .select(['fingerprint', 'status'])
    .where('incident', '=', after.id)
    .execute();
  if (alerts.length === 0) return;
  await trx.updateTable('incident_alerts').set({ open: 0 }).where('incident', '=', after.id).execute();
  const { id: incident, outcome, closedAt } = after;
  for (const chunk of chunksOf(alerts, store.dialect.maxParameters / LAST_CLOSED_COLUMNS)) {
    await trx
      .insertInto('last_closed')
      .values(
        chunk.map(({ fingerprint, status }) => {
          const resolved: Flag = status === 'resolved' ? 1 : 0;
          return { fingerprint, incident, outcome, closed_at: closedAt, resolved };
        }),
      )
      .onConflict((conflict) =>
        conflict.column('fingerprint').doUpdateSet((eb) => ({
          incident: eb.ref('excluded.incident'),
          outcome: eb.ref('excluded.outcome'),
          closed_at: eb.ref('excluded.closed_at'),
          resolved: eb.ref('excluded.resolved'),
        })),
      )
      .execute();
  }
}

/**
 * An answer belongs to the question that was open when it was given. A rung may ask a second time, about another remedy:
 * the first answer must not count for it. The journal keeps both.
 */
async function forgetOldAnswer(trx: Tx, { after, claimed }: StepCommit): Promise<void> {
  if (after.phase !== 'awaiting-approval' || claimed.incident.phase === 'awaiting-approval') return;
  await trx.deleteFrom('approvals').where('incident', '=', after.id).where('rung', '=', after.rung).execute();
}

function eventsOf({ claimed, after, mergeInto }: StepCommit): NewEvent[] {
  const at = after.updatedAt;
  const record = JSON.stringify(stepRecord(claimed.incident, after));
  const step: NewEvent = { at, kind: 'step', incident: after.id, body: record };
  if (mergeInto === undefined) return [step];
  const fingerprints = claimed.incident.alerts.map(({ fingerprint }) => fingerprint);
  const absorbed = JSON.stringify({ incident: after.id, alerts: fingerprints });
  return [step, { at, kind: 'absorbed', incident: mergeInto, body: absorbed }];
}
