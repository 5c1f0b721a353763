import type { App } from '../../src/app.ts';
import type { Closed, Incident, Restore } from '../../src/domain/incident.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { undoIdOf } from '../../src/domain/undo-journal.ts';
import { milestone } from '../../src/notify/milestone.ts';
import { workloadKey } from '../../src/domain/workload.ts';
import type { SeenWrite, Told } from './stage.ts';

/** What a story left behind. */
interface Record {
  readonly app: App;
  readonly policy: Policy;
  readonly written: readonly SeenWrite[];
  readonly writes: () => readonly SeenWrite[];
  readonly told: readonly Told[];
}

/** Everything of what must hold in every story, whatever happens in it, that did not. */
export async function breachesOf(record: Record): Promise<readonly string[]> {
  const { store } = record.app;
  const summaries = await store.incidents({ limit: 1000 });
  const found = await Promise.all(summaries.map(({ id }) => store.incident(id)));
  const incidents = found.filter((each) => each !== undefined);
  const chain = await store.verifyChain();
  return [
    ...record.writes().flatMap((write) => breachesOfWrite(write, record)),
    ...(await intentBreaches(record)),
    ...limitBreaches(record, incidents),
    ...incidents.filter((each): each is Closed => each.phase === 'closed').flatMap((end) => endBreaches(end, record)),
    ...chain.problems.map(({ seq, what }) => `journal event ${seq}: ${what}`),
  ];
}

const UNTOUCHABLE = /\/namespaces\/(kube-system|kube-public|kube-node-lease|monitoring)\//;

function breachesOfWrite(write: SeenWrite, { written, writes }: Record): readonly string[] {
  const what = `${write.method} ${write.path}`;
  const rehearsed = written
    .slice(0, written.indexOf(write))
    .some((each) => each.dryRun && each.status < 300 && sameWrite(each, write));
  // An action may write to several objects, but to each of them once.
  const twins = writes().filter((each) => each.actionId === write.actionId && each.path === write.path);
  return [
    ...(write.actionId === undefined ? [`${what} carries no action id`] : []),
    ...(twins.length > 1 ? [`${write.actionId} was written ${twins.length} times to ${write.path}`] : []),
    ...(rehearsed ? [] : [`${what} was not rehearsed with the same body`]),
    ...(UNTOUCHABLE.test(write.path) ? [`${what} is in a protected namespace`] : []),
  ];
}

/** A rehearsed eviction says so in its body. */
function sameWrite(one: SeenWrite, other: SeenWrite): boolean {
  const body = (write: SeenWrite): string =>
    JSON.stringify(write.body, (key, value: unknown) => (key === 'dryRun' ? undefined : value));
  return one.method === other.method && one.path === other.path && body(one) === body(other);
}

/** What is written was journalled as an intent before. */
async function intentBreaches({ app, writes }: Record): Promise<readonly string[]> {
  const breaches: string[] = [];
  for (const { actionId = '', at } of writes()) {
    const [incident] = actionId.split('/');
    const summary = (await app.store.incidents({ limit: 1000 })).find(({ id }) => id === incident);
    const events = summary === undefined ? [] : await app.store.history(summary.id);
    const intended = events.some(
      (event) => event.kind === 'step' && event.at <= at && intendedIn(event.body) === actionId,
    );
    if (!intended) breaches.push(`the intent of ${actionId} was not journalled before its write`);
  }
  return breaches;
}

function intendedIn(body: unknown): unknown {
  const step = body as JournalledStep; // As commitStep journals it.
  if (step.phase === 'intended') return step.intent?.actionId;
  const sending = (step.restores ?? []).find(({ state }) => state === 'sending');
  return sending === undefined ? undefined : undoIdOf(sending);
}

interface JournalledStep {
  readonly phase?: unknown;
  readonly intent?: { readonly actionId?: unknown } | null;
  readonly restores?: readonly Restore[] | null;
}

/** An undo takes back what counted already. */
function isUndo({ actionId = '' }: SeenWrite): boolean {
  return /\/undo(-\d+)?$/.test(actionId);
}

const HOUR_MS = 3_600_000;

function limitBreaches({ policy, writes }: Record, incidents: readonly Incident[]): readonly string[] {
  const workloads = new Map(incidents.map((each) => [String(each.id), workloadOf(each)]));
  const actions = writes().filter((write, index, every) => {
    const first = every.findIndex(({ actionId }) => actionId === write.actionId) === index;
    return first && !isUndo(write);
  });
  const all = actions.map(({ at, actionId = '' }) => {
    const incident = actionId.split('/')[0] ?? '';
    return { at, incident, workload: workloads.get(incident) };
  });
  return all.flatMap(({ at, incident, workload }) => {
    const before = all.filter((each) => each.at <= at);
    const lately = before.filter((each) => each.at > at - HOUR_MS).length;
    const onIt = before.filter((each) => each.workload === workload && each.at > at - 24 * HOUR_MS).length;
    const tooSoon = before.some(
      (each) =>
        each.workload === workload && each.incident !== incident && at - each.at < policy.cooldownSeconds * 1000,
    );
    return [
      ...(lately > policy.maxActionsPerHour ? [`${lately} writes within an hour`] : []),
      ...(onIt > policy.maxActionsPerWorkloadPerDay ? [`${onIt} writes to ${workload} within a day`] : []),
      ...(tooSoon ? [`${incident} wrote to ${workload} within the cooldown of another incident`] : []),
    ];
  });
}

function workloadOf(incident: Incident): string | undefined {
  const location = 'location' in incident ? incident.location : undefined;
  return location?.kind === 'located' ? workloadKey(location.workload) : undefined;
}

/** Ends that say that nothing was done. */
const WITHOUT_ACTION: ReadonlySet<string> = new Set(['self-recovered', 'observed', 'denied', 'expired', 'cancelled']);

function endBreaches(end: Closed, { told }: Record): readonly string[] {
  const what = `${end.id} (${end.outcome}: ${end.because})`;
  const acted = end.attempts.some(({ result }) => result.kind !== 'refused');
  const ends = told.filter((each) => each.id === end.id && each.phase === 'closed');
  const tellings = end.outcome === 'merged' ? 0 : milestone(end) === 'taken-back' ? 2 : 1;
  return [
    ...(end.because === '' ? [`${what} does not say why`] : []),
    ...(end.outcome === 'healed' && (!acted || end.verification?.verdict !== 'recovered')
      ? [`${what} claims a recovery that was not seen`]
      : []),
    ...(acted && WITHOUT_ACTION.has(end.outcome) ? [`${what} hides that something was done`] : []),
    ...(ends.length === tellings ? [] : [`${what} was told ${ends.length} times`]),
  ];
}
