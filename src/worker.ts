import { AutoHealError, errorText } from './domain/errors.ts';
import type { Closed, Incident, Phase } from './domain/incident.ts';
import { advance, type HealDeps } from './heal.ts';
import type { Clock } from './ports/clock.ts';
import type { Log } from './ports/log.ts';
import type { ClaimedIncident, GroupingCommit, NewDelivery, Store } from './ports/store.ts';
import type { Telemetry } from './ports/telemetry.ts';
import { giveUpRestore } from './restores.ts';
import { close, mergeInto, type Step } from './steps.ts';

export interface WorkerDeps {
  readonly store: Store;
  readonly heal: HealDeps;
  readonly group: (delivery: NewDelivery) => Promise<GroupingCommit>;
  /** The channels that are to be told about an incident in its new phase. */
  readonly channelsFor: (after: Incident, before: Incident) => readonly string[];
  /** Delivers at most one notification; false when none is due. */
  readonly deliverOne: () => Promise<boolean>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly log: Log;
  readonly settings: WorkerSettings;
  /** Called after each committed step, for those who watch. Must not throw. */
  readonly onStep?: (before: Incident, after: Incident) => void;
}

export interface WorkerSettings {
  /** Incidents that are advanced at the same time. */
  readonly concurrency: number;
  /** How long a claim holds. A step that takes longer may be taken again by another replica: its commit is then stale. */
  readonly leaseMs: number;
  /** The longest time between two looks at the store when nothing wakes the worker. */
  readonly idleMs: number;
  /** Steps of one incident that may fail in a row before people are called. */
  readonly maxFailures: number;
}

export interface Worker {
  /** Looks at the store at once instead of when the next step is due. */
  wake(): void;
  /** Takes no new work; resolves when the steps under way are committed or `graceMs` is over. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts the one mechanism by which anything makes progress: claim what is due, take one step, commit the step. Crash
 * recovery, timers and retries are nothing but steps that are due. A slow step holds up no other incident: each finished
 * one makes room for the next. Never throws: a failure is logged and tried again.
 */
export function startWorker(deps: WorkerDeps): Worker {
  const { clock, log } = deps;
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  const healing = makeBell();
  const notifying = makeBell();

  const loops = Promise.all([
    loop('healing', healing, claimIntoFreeSlots),
    loop('notifying', notifying, deps.deliverOne),
  ]);

  /** Repeats `once` until it finds nothing to do, then sleeps until something is due or the bell rings. */
  async function loop(name: string, bell: Bell, once: () => Promise<boolean>): Promise<void> {
    while (!stopping.signal.aborted) {
      const rung = bell.next(); // Taken before looking, so that a ring in between is not missed.
      const found = await once().catch((error: unknown) => {
        log.error({ loop: name, err: errorText(error) }, 'worker loop failed');
        return false;
      });
      if (!found) await clock.sleep(isFull() ? deps.settings.idleMs : await untilDue(deps), rung);
    }
  }

  function isFull(): boolean {
    return running.size >= deps.settings.concurrency;
  }

  async function claimIntoFreeSlots(): Promise<boolean> {
    const grouped = await groupOne(deps);
    const due = isFull() ? [] : await claimDue(deps, deps.settings.concurrency - running.size);
    for (const claimed of due) {
      const step = stepOne(claimed, deps).finally(() => {
        running.delete(step);
        healing.ring();
        notifying.ring();
      });
      running.add(step);
    }
    return grouped || due.length > 0;
  }

  return {
    wake: () => healing.ring(),
    async stop(graceMs) {
      stopping.abort();
      healing.ring();
      notifying.ring();
      const grace = new AbortController();
      const done = loops.then(() => Promise.all(running));
      await Promise.race([done, clock.sleep(graceMs, grace.signal)]);
      grace.abort();
    },
  };
}

interface Bell {
  /** Aborted by the next ring. */
  next(): AbortSignal;
  ring(): void;
}

function makeBell(): Bell {
  let current = new AbortController();
  return {
    next: () => current.signal,
    ring() {
      const rung = current;
      current = new AbortController();
      rung.abort();
    },
  };
}

/** Works until nothing is due any more: deliveries, steps and notifications. For `replay`, tests and benches. */
export async function drain(deps: WorkerDeps): Promise<void> {
  while ((await healOnce(deps)) || (await deps.deliverOne()));
}

/** Groups the deliveries that wait, then takes one step of each incident that is due. False when there was nothing. */
export async function healOnce(deps: WorkerDeps): Promise<boolean> {
  const grouped = await groupOne(deps);
  const due = await claimDue(deps, deps.settings.concurrency);
  await Promise.all(due.map((claimed) => stepOne(claimed, deps)));
  return grouped || due.length > 0;
}

function claimDue({ store, clock, settings }: WorkerDeps, limit: number): Promise<readonly ClaimedIncident[]> {
  return store.claimDue({ now: clock.now(), limit, leaseMs: settings.leaseMs });
}

async function groupOne(deps: WorkerDeps): Promise<boolean> {
  const { store, clock, settings, log } = deps;
  const delivery = await store.claimDelivery({ now: clock.now(), leaseMs: settings.leaseMs });
  if (delivery === undefined) return false;
  const grouping = await deps.group(delivery);
  await store.commitGrouping(grouping);
  log.debug({ delivery: delivery.id, alerts: grouping.grouped.length }, 'delivery grouped');
  return true;
}

async function stepOne(claimed: ClaimedIncident, deps: WorkerDeps): Promise<void> {
  const { clock, telemetry } = deps;
  const from = claimed.incident.phase;
  const startedAt = clock.now();
  const to = await takeStep(claimed, deps).catch(async (error: unknown) => {
    await fail(claimed, error, deps).catch((cause: unknown) => {
      // The lease runs out and the incident is claimed again: nothing is lost.
      deps.log.error({ incident: claimed.incident.id, err: errorText(cause) }, 'failed step could not be released');
    });
    return 'failed' as const;
  });
  telemetry.step({ from, to, seconds: (clock.now() - startedAt) / 1000 });
}

async function takeStep(claimed: ClaimedIncident, deps: WorkerDeps): Promise<Phase | 'stale'> {
  const { incident } = claimed;
  const step = await advance(incident, deps.heal);
  const answer = await commit(claimed, step, deps);
  switch (answer.kind) {
    case 'committed':
      report(incident, step.after, deps);
      return step.after.phase;
    case 'stale':
      return 'stale';
    case 'workload-taken':
      return commitInstead(claimed, mergeInto(incident, answer.by, deps.clock.now()), deps);
    case 'resolved': {
      const end = { outcome: 'cancelled', because: 'the alerts resolved before the action' } as const;
      return commitInstead(claimed, close(incident, deps.heal, end), deps);
    }
    case 'budget-spent': {
      const end = { outcome: 'refused', because: `${answer.code}: ${answer.why}` } as const;
      deps.telemetry.refusal(answer.code);
      return commitInstead(claimed, close(incident, deps.heal, end), deps);
    }
  }
}

/** Commits the step that the store's answer calls for. A second refusal means somebody else moved on: drop it. */
async function commitInstead(claimed: ClaimedIncident, step: Step, deps: WorkerDeps): Promise<Phase | 'stale'> {
  const answer = await commit(claimed, step, deps);
  if (answer.kind !== 'committed') return 'stale';
  report(claimed.incident, step.after, deps);
  return step.after.phase;
}

function commit(claimed: ClaimedIncident, step: Step, deps: WorkerDeps): ReturnType<Store['commitStep']> {
  return deps.store.commitStep({ claimed, ...step, notify: deps.channelsFor(step.after, claimed.incident) });
}

async function fail(claimed: ClaimedIncident, error: unknown, deps: WorkerDeps): Promise<void> {
  const { incident } = claimed;
  const code = error instanceof AutoHealError ? error.code : 'BUG';
  const failures = incident.failures + 1;
  const fields = { incident: incident.id, stage: incident.phase, code, failures, err: errorText(error) };
  if (failures >= deps.settings.maxFailures || code === 'BUG') {
    deps.log.error(fields, 'step failed for good');
    const because = `the step from ${incident.phase} failed ${failures} times (${code}): ${errorText(error)}`;
    const last =
      incident.phase === 'closed'
        ? giveUpRestore(incident, because, deps.clock.now())
        : close(incident, deps.heal, { outcome: 'escalated', because });
    await commitInstead(claimed, last, deps);
    return;
  }
  deps.log.warn(fields, 'step failed');
  const dueAt = deps.clock.now() + Math.min(1000 * 2 ** failures, MAX_BACKOFF_MS);
  await deps.store.release({ claimed, dueAt, because: `${code}: ${errorText(error)}` });
}

const MAX_BACKOFF_MS = 60_000;

function report(before: Incident, after: Incident, deps: WorkerDeps): void {
  const { log, telemetry } = deps;
  deps.onStep?.(before, after);
  if (after.phase === 'closed' && before.phase === 'closed') reportRestores(before, after, deps);
  if (after.phase === before.phase) return;
  const fields = { incident: after.id, from: before.phase, to: after.phase, rung: after.rung };
  if (after.phase === 'acted') telemetry.action({ remedy: after.intent.remedy, result: after.result.kind });
  if (after.phase === 'decided' && after.verdict.kind === 'refuse') {
    for (const refusal of after.verdict.refusals) telemetry.refusal(refusal.code);
  }
  if (after.phase === 'closed') {
    telemetry.closed({ outcome: after.outcome, seconds: (after.closedAt - after.openedAt) / 1000 });
    log.info({ ...fields, outcome: after.outcome, because: after.because }, 'incident closed');
    return;
  }
  log.info(fields, 'incident moved on');
}

function reportRestores(before: Closed, after: Closed, { log, telemetry }: WorkerDeps): void {
  for (const [at, { state, detail, undo, by }] of (after.restores ?? []).entries()) {
    if (state === 'pending' || state === 'sending' || before.restores?.[at]?.state === state) continue;
    telemetry.restored(state);
    log.info({ incident: after.id, target: undo.target, by, state, detail }, 'change taken back');
  }
}

/** Milliseconds until the next step is due, at most `idleMs`. */
async function untilDue(deps: WorkerDeps): Promise<number> {
  const now = deps.clock.now();
  try {
    const { nextDueAt } = await deps.store.queues(now);
    return Math.max(0, Math.min((nextDueAt ?? Infinity) - now, deps.settings.idleMs));
  } catch (error) {
    deps.log.error({ err: errorText(error) }, 'store could not be asked what is due');
    return deps.settings.idleMs;
  }
}
