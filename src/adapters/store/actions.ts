import type { Incident, PastAction } from '../../domain/incident.ts';
import type { ActionResult } from '../../domain/remedy.ts';
import type { WorkloadKey } from '../../domain/workload.ts';
import type { CommitAnswer, StepCommit } from '../../ports/store.ts';
import type { Database, Tx } from './tables.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

type Refusal = Extract<CommitAnswer, { kind: 'resolved' | 'budget-spent' }>;
type IntentCommit = Required<StepCommit>['intent'];

/** Actions since a time (epoch milliseconds), newest first. A write that was refused was no action. */
export async function actionsSince(
  db: Database,
  query: { readonly since: number; readonly workload?: WorkloadKey },
): Promise<readonly PastAction[]> {
  let rows = counted(db).where('at', '>=', query.since).orderBy('at', 'desc').orderBy('action_id', 'desc');
  if (query.workload !== undefined) rows = rows.where('workload', '=', query.workload);
  const found = await rows.execute();
  return found.map(({ action_id: actionId, outcome, workload, remedy, at }) => ({
    actionId,
    workload,
    remedy,
    at,
    ...(outcome === null ? {} : { outcome }),
  }));
}

function counted(db: Database) {
  return db
    .selectFrom('actions')
    .select(['action_id', 'workload', 'remedy', 'at', 'outcome'])
    .where((eb) => eb.or([eb('result', 'is', null), eb('result', '!=', 'refused')]));
}

/**
 * Why an intent must not be recorded at `at`, or undefined. Asked in the transaction that records it, so that two replicas
 * cannot both spend the last unit of a budget.
 */
export async function intentRefusal(
  trx: Tx,
  step: { readonly incident: Incident; readonly intent: IntentCommit; readonly at: number },
): Promise<Refusal | undefined> {
  const { intent, at } = step;
  const firing = await trx
    .selectFrom('incident_alerts')
    .select('fingerprint')
    .where('incident', '=', step.incident.id)
    .where('status', '=', 'firing')
    .limit(1)
    .executeTakeFirst();
  if (firing === undefined) return { kind: 'resolved' };

  const { perHour, perWorkloadPerDay, cooldownMs } = intent.limits;
  const lately = await actionsSince(trx, { since: at - DAY_MS + 1, workload: intent.workload });
  const last = await lastActionOn(trx, intent.workload);
  if (last !== undefined && cooldownMs > 0 && at - last < cooldownMs) {
    const why = `the last action on ${intent.workload} was ${seconds(at - last)} s ago, the cooldown is ${seconds(cooldownMs)} s`;
    return { kind: 'budget-spent', code: 'cooldown', why };
  }
  if (lately.length >= perWorkloadPerDay) {
    const why = `${lately.length} actions on ${intent.workload} within a day, ${perWorkloadPerDay} are allowed`;
    return { kind: 'budget-spent', code: 'budget-spent', why };
  }
  const everywhere = await countSince(trx, at - HOUR_MS + 1);
  if (everywhere >= perHour) {
    const why = `${everywhere} actions within an hour, ${perHour} are allowed`;
    return { kind: 'budget-spent', code: 'budget-spent', why };
  }
  return undefined;
}

async function lastActionOn(trx: Tx, workload: WorkloadKey): Promise<number | undefined> {
  const query = counted(trx).where('workload', '=', workload).orderBy('at', 'desc').limit(1);
  return (await query.executeTakeFirst())?.at;
}

async function countSince(trx: Tx, since: number): Promise<number> {
  const rows = await counted(trx).where('at', '>=', since).execute();
  return rows.length;
}

function seconds(ms: number): number {
  return Math.round(ms / 1000);
}

/**
 * Records an intent as an action that counts.
 *
 * @throws the database's constraint error when the action id is not new: acting twice on one rung is a bug, not a refusal.
 */
export async function recordAction(
  trx: Tx,
  step: { readonly incident: Incident; readonly intent: IntentCommit; readonly at: number },
): Promise<void> {
  const { intent, workload } = step.intent;
  await trx
    .insertInto('actions')
    .values({
      action_id: intent.actionId,
      workload,
      remedy: intent.remedy,
      at: step.at,
      incident: step.incident.id,
      result: null,
      outcome: null,
    })
    .execute();
}

/** Writes down what became of the actions that a step learned about, and how the incident ended where it did. */
export async function settleActions(trx: Tx, before: Incident, after: Incident): Promise<void> {
  if (before.phase === 'intended') {
    for (const [actionId, result] of resultsOf(after)) {
      await trx.updateTable('actions').set({ result }).where('action_id', '=', actionId).execute();
    }
  }
  if (after.phase === 'closed') {
    await trx.updateTable('actions').set({ outcome: after.outcome }).where('incident', '=', after.id).execute();
  }
}

/** Of each action that `after` tells about, what became of its write. */
function resultsOf(after: Incident): ReadonlyMap<string, ActionResult['kind']> {
  const results = new Map<string, ActionResult['kind']>(
    after.attempts.map(({ intent, result }) => [intent.actionId, result.kind]),
  );
  if (after.phase === 'acted') results.set(after.intent.actionId, after.result.kind);
  return results;
}
