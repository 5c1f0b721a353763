import { AutoHealError } from '../domain/errors.ts';
import type { Decided } from '../domain/incident.ts';
import {
  actionId,
  writesOf,
  type Candidate,
  type Intent,
  type PlannedWrite,
  type Refusal,
  type Undo,
} from '../domain/remedy.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import { effectOf } from './effect.ts';
import { refusalOf } from './execute.ts';
import { valueAt } from './objects.ts';
import { contextOf, type Plan, type PolicyOfRemedies, type Remedy } from './remedy.ts';

export interface MakePlanDeps {
  readonly cluster: Cluster;
  readonly clock: Pick<Clock, 'now'>;
  readonly catalogue: readonly Remedy[];
  readonly policy: PolicyOfRemedies;
}

/** Status updates change an object's version all the time: so often it is read and planned anew. */
const TRIES = 3;

/**
 * Plans the write of a candidate and lets the API server say in a dry run what it would do. Writes nothing.
 *
 * @throws AutoHealError `PORT_*` when the cluster cannot be read or does not answer the dry run; the same call may succeed
 * later.
 */
export function makePlan(deps: MakePlanDeps): (incident: Decided, candidate: Candidate) => Promise<Plan> {
  return async (incident, candidate) => {
    const remedy = deps.catalogue.find((each) => each.name === candidate.remedy);
    if (remedy === undefined) throw new AutoHealError('BUG', `nothing can be planned for ${candidate.remedy}`);
    const context = contextOf(incident, deps.policy);
    const considered = remedy.consider(context);
    if (considered.kind === 'refused') return considered;
    const action = { actionId: actionId(incident.id, incident.rung), rung: incident.rung, cures: candidate.cures };
    for (let tries = 1; ; tries += 1) {
      const plan = await remedy.plan(context, { ...action, cluster: deps.cluster, now: deps.clock.now() });
      if (plan.kind === 'refused') return plan;
      const tried = await dryRun(plan.intent, remedy, deps.cluster);
      if (tried.kind === 'planned' || tried.refusal.code !== 'changed-since' || tries >= TRIES) return tried;
    }
  };
}

/** Rehearses every write, and keeps what the server says it will leave. */
async function dryRun(
  intent: Intent,
  remedy: Pick<Remedy, 'afterwards' | 'showsWithinSeconds'>,
  cluster: Cluster,
): Promise<Plan> {
  const rehearsed: PlannedWrite[] = [];
  for (const write of writesOf(intent)) {
    const answer = await rehearse(write, cluster);
    if (answer.kind === 'refused') return answer;
    rehearsed.push(withServersValues(write, answer.object));
  }
  const [first, ...also] = rehearsed;
  const undo = first?.undo === undefined ? {} : { undo: first.undo };
  const later = intent.also === undefined ? {} : { also: also.map(writeAlone) };
  const shows = remedy.showsWithinSeconds === undefined ? {} : { showsWithinSeconds: remedy.showsWithinSeconds };
  return { kind: 'planned', intent: { ...intent, ...undo, ...later, ...shows, afterwards: remedy.afterwards } };
}

type Rehearsed =
  { readonly kind: 'possible'; readonly object: unknown } | { readonly kind: 'refused'; readonly refusal: Refusal };

/** A budget that says no now is no refusal where the intent may wait for it. */
async function rehearse(write: Intent, cluster: Cluster): Promise<Rehearsed> {
  const answer = await cluster.send(write.write, { dryRun: true });
  switch (answer.kind) {
    case 'ok':
      return { kind: 'possible', object: answer.object };
    case 'maybe':
      throw new AutoHealError('PORT_UNREACHABLE', `no answer to the dry run: ${answer.message}`);
    case 'refused': {
      // Nothing was written yet: what a remedy makes of half its writes is no matter here.
      const refusal = await refusalOf(write, answer, { tookEffect: effectOf }, cluster);
      if (refusal.code === 'api-unavailable') throw new AutoHealError('PORT_RATE_LIMITED', refusal.why);
      const waits = refusal.code === 'no-disruption-allowed' && write.deadline !== undefined;
      return waits ? { kind: 'possible', object: undefined } : { kind: 'refused', refusal };
    }
  }
}

function writeAlone({ target, apiVersion, uid, resourceVersion, write, undo }: PlannedWrite): PlannedWrite {
  return {
    target,
    uid,
    resourceVersion,
    write,
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(undo === undefined ? {} : { undo }),
  };
}

/**
 * The write with an undo that expects what the server really will leave: it fills defaults into what it is sent, and an
 * undo that expected the bare template would take those for somebody else's change.
 */
function withServersValues(write: PlannedWrite, object: unknown): PlannedWrite {
  const { undo } = write;
  if (undo === undefined || object === undefined) return write;
  if (undo.uid !== '' && valueAt(object, '/metadata/uid') !== undo.uid) return write;
  const expect: Record<string, unknown> = {};
  for (const [pointer, value] of Object.entries(undo.expect)) expect[pointer] = valueAt(object, pointer) ?? value;
  const exact: Undo = { ...undo, expect };
  return { ...write, undo: exact };
}
