import type { ActionResult, Intent, Refusal } from '../domain/remedy.ts';
import { AutoHealError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster, ClusterReader, WriteAnswer } from '../ports/cluster.ts';
import { neededAccess } from './objects.ts';
import type { Effect, Remedy } from './remedy.ts';

export interface ExecuteDeps {
  readonly cluster: Cluster;
  readonly clock: Pick<Clock, 'now'>;
  readonly catalogue: readonly Remedy[];
}

export type Execute = (intent: Intent) => Promise<ActionResult>;

/**
 * Sends the one write of an intent, at most once. The object is asked first: where it shows the write, or has changed since
 * the intent was made, nothing is sent.
 *
 * A write whose answer was lost and that does not show stays `unknown`: it may still be on its way, so sending it again
 * could do it twice, and calling it undone could be wrong. Verification tells what became of the workload.
 *
 * @throws AutoHealError `PORT_UNREACHABLE` when the object cannot be read beforehand. Nothing was sent by this call.
 */
export function makeExecute(deps: ExecuteDeps): Execute {
  return async (intent) => {
    const remedy = remedyOf(intent, deps.catalogue);
    const before = await remedy.tookEffect(intent, deps.cluster);
    const at = deps.clock.now();
    if (before.kind === 'yes') return { kind: 'already-done', at, detail: before.why };
    if (before.kind === 'unknown') throw new AutoHealError('PORT_UNREACHABLE', before.why);
    const changed = changedSince(intent, before);
    if (changed !== undefined) return { kind: 'refused', at, refusal: changed };
    const answer = await deps.cluster.send(intent.write, { dryRun: false });
    if (answer.kind === 'ok') return { kind: 'done', at: deps.clock.now(), detail: intent.summary };
    if (answer.kind === 'maybe') return afterLostAnswer(intent, answer.message, remedy, deps);
    const refusal = await refusalOf(intent, answer, remedy, deps.cluster);
    return { kind: 'refused', at: deps.clock.now(), refusal };
  };
}

/**
 * What became of an intent that must not be sent any more, asked of the object alone: `already-done` when it shows the
 * write, `unknown` when it cannot be read, otherwise refused with the given reason. Sends nothing and never throws.
 */
export function makeReadBack(deps: {
  readonly cluster: ClusterReader;
  readonly clock: Pick<Clock, 'now'>;
  readonly catalogue: readonly Remedy[];
}): (intent: Intent, refusal: Refusal) => Promise<ActionResult> {
  return async (intent, refusal) => {
    const effect = await remedyOf(intent, deps.catalogue).tookEffect(intent, deps.cluster);
    const at = deps.clock.now();
    switch (effect.kind) {
      case 'yes':
        return { kind: 'already-done', at, detail: effect.why };
      case 'unknown':
        return { kind: 'unknown', at, detail: effect.why };
      case 'no':
        return { kind: 'refused', at, refusal };
    }
  };
}

export function remedyOf(intent: Pick<Intent, 'remedy'>, catalogue: readonly Remedy[]): Remedy {
  const remedy = catalogue.find((each) => each.name === intent.remedy);
  if (remedy === undefined) throw new AutoHealError('BUG', `no remedy is called ${intent.remedy}`);
  return remedy;
}

/** A write to an object that is not as the intent found it would be refused; an eviction would even cost budget. */
function changedSince(intent: Intent, effect: Extract<Effect, { kind: 'no' }>): Refusal | undefined {
  const { current } = effect;
  if (current === undefined || current.uid !== intent.uid) return { code: 'changed-since', why: effect.why };
  if (current.resourceVersion === intent.resourceVersion) return undefined;
  const versions = `${intent.resourceVersion} -> ${current.resourceVersion}`;
  return { code: 'changed-since', why: `the object changed after it was looked at (resourceVersion ${versions})` };
}

async function afterLostAnswer(
  intent: Intent,
  message: string,
  remedy: Remedy,
  deps: ExecuteDeps,
): Promise<ActionResult> {
  const after = await remedy.tookEffect(intent, deps.cluster);
  const at = deps.clock.now();
  if (after.kind === 'yes')
    return { kind: 'done', at, detail: `${intent.summary}; the answer was lost, but ${after.why}` };
  const detail = `the answer was lost (${message}) and ${after.why}; the write may still be on its way and is not sent again`;
  return { kind: 'unknown', at, detail };
}

/** What the API server's no means. Also for dry runs. */
export async function refusalOf(
  intent: Intent,
  answer: Extract<WriteAnswer, { kind: 'refused' }>,
  remedy: Remedy,
  cluster: ClusterReader,
): Promise<Refusal> {
  switch (answer.code) {
    case 'CONFLICT':
    case 'NOT_FOUND':
      return { code: 'changed-since', why: answer.message };
    case 'BUDGET':
      return { code: 'no-disruption-allowed', why: answer.message };
    case 'FORBIDDEN':
      return { code: 'forbidden', why: `AutoHeal may not ${neededAccess(intent.write)}: ${answer.message}` };
    case 'INVALID': {
      // A wrong uid and a failed JSON patch test are "invalid" too. The object tells which of the two it was.
      const effect = await remedy.tookEffect(intent, cluster);
      const changed = effect.kind === 'no' ? changedSince(intent, effect) : undefined;
      return changed ?? { code: 'dry-run-refused', why: `the API server finds the write invalid: ${answer.message}` };
    }
    case 'RATE_LIMITED':
    case 'OTHER':
      return { code: 'api-unavailable', why: `the API server answered ${answer.status}: ${answer.message}` };
  }
}
