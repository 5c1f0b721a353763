import { AutoHealError } from '../domain/errors.ts';
import type { Decided } from '../domain/incident.ts';
import type { Policy } from '../domain/policy.ts';
import { actionId, type Candidate, type Intent, type Undo } from '../domain/remedy.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import { refusalOf } from './execute.ts';
import { valueAt } from './objects.ts';
import { contextOf, refused, type Plan, type Remedy } from './remedy.ts';

export interface MakePlanDeps {
  readonly cluster: Cluster;
  readonly clock: Pick<Clock, 'now'>;
  readonly catalogue: readonly Remedy[];
  readonly policy: Pick<Policy, 'scale'>;
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

async function dryRun(intent: Intent, remedy: Remedy, cluster: Cluster): Promise<Plan> {
  const answer = await cluster.send(intent.write, { dryRun: true });
  switch (answer.kind) {
    case 'ok':
      return { kind: 'planned', intent: withServersValues(intent, answer.object) };
    case 'maybe':
      throw new AutoHealError('PORT_UNREACHABLE', `no answer to the dry run: ${answer.message}`);
    case 'refused': {
      const refusal = await refusalOf(intent, answer, remedy, cluster);
      if (refusal.code === 'api-unavailable') throw new AutoHealError('PORT_RATE_LIMITED', refusal.why);
      return refused(refusal.code, refusal.why);
    }
  }
}

/**
 * The intent with an undo that expects what the server really will leave: it fills defaults into what it is sent, and an
 * undo that expected the bare template would take those for somebody else's change.
 */
function withServersValues(intent: Intent, object: unknown): Intent {
  const { undo } = intent;
  if (undo === undefined || valueAt(object, '/metadata/uid') !== undo.uid) return intent;
  const expect: Record<string, unknown> = {};
  for (const [pointer, value] of Object.entries(undo.expect)) expect[pointer] = valueAt(object, pointer) ?? value;
  const exact: Undo = { ...undo, expect };
  return { ...intent, undo: exact };
}
