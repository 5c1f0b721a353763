import {
  writesOf,
  type ActionResult,
  type DoneResult,
  type Intent,
  type Refusal,
  type WaitingResult,
} from '../domain/remedy.ts';
import { AutoHealError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster, ClusterReader, WriteAnswer } from '../ports/cluster.ts';
import type { EndpointAnswer, Endpoints } from '../ports/endpoints.ts';
import { neededAccess } from './objects.ts';
import type { Effect, Remedy } from './remedy.ts';

export interface ExecuteDeps {
  readonly cluster: Cluster;
  readonly endpoints: Endpoints;
  readonly clock: Pick<Clock, 'now'>;
  readonly catalogue: readonly Remedy[];
}

export type Execute = (intent: Intent) => Promise<ActionResult | WaitingResult>;

/** How long a budget that says no is left alone before it is asked again. */
const BUDGET_WAIT_MS = 10_000;

/**
 * Sends the writes of an intent in order, each at most once. The object is asked first: where it shows the write, nothing is
 * sent; where it has changed since the intent was made, the write is left out.
 *
 * The first write decides, unless they are independent: when it is refused, nothing else is sent. A later one that is refused
 * is left, and the result says so. A budget that says no before the intent's deadline is waited for, and the writes done so far stay done.
 *
 * A write whose answer was lost and that does not show stays `unknown`: it may still be on its way, so sending it again
 * could do it twice, and calling it undone could be wrong. Verification tells what became of the workload.
 *
 * @throws AutoHealError `PORT_UNREACHABLE` when an object cannot be read before its write. That write was not sent.
 */
export function makeExecute(deps: ExecuteDeps): Execute {
  return async (intent) => {
    const remedy = remedyOf(intent, deps.catalogue);
    const left: { step: number; why: string }[] = [];
    let fresh = false;
    let waiting: WaitingResult | undefined;
    for (const [step, write] of writesOf(intent).entries()) {
      const sent = await sendOnce(write, remedy, deps);
      if (sent.kind === 'unknown') return sent;
      if (sent.kind !== 'refused') {
        fresh ||= sent.kind === 'done';
        continue;
      }
      const wait = waitFor(intent, sent.refusal, deps.clock.now());
      if (wait !== undefined) {
        waiting ??= wait; // The budget of one pod does not hold up the others.
        continue;
      }
      if (step === 0 && intent.independent !== true) return sent;
      left.push({ step, why: `${sent.refusal.code}: ${sent.refusal.why}` });
    }
    return waiting ?? finish(intent, { fresh, left }, deps);
  };
}

function waitFor(intent: Intent, { code, why }: Refusal, now: number): WaitingResult | undefined {
  if (code !== 'no-disruption-allowed' || intent.deadline === undefined || now >= intent.deadline) return undefined;
  return { kind: 'waiting', until: Math.min(now + BUDGET_WAIT_MS, intent.deadline), detail: why };
}

/** What the writes came to. An intent of which nothing was done is refused. */
async function finish(
  intent: Intent,
  { fresh, left }: { readonly fresh: boolean; readonly left: readonly { step: number; why: string }[] },
  deps: ExecuteDeps,
): Promise<ActionResult> {
  const at = deps.clock.now();
  const all = writesOf(intent).length;
  const [first] = left;
  if (first !== undefined && left.length === all) {
    return {
      kind: 'refused',
      at,
      refusal: { code: 'changed-since', why: `none of ${all} writes was possible: ${first.why}` },
    };
  }
  const partly = first === undefined ? '' : `; ${left.length} of ${all} writes were left out (${first.why})`;
  const done = { at, detail: `${intent.summary}${partly}`, ...(first === undefined ? {} : { left }) };
  if (intent.call === undefined) return { kind: fresh ? 'done' : 'already-done', ...done };
  if (!fresh) {
    const detail =
      'the mark was there already: whether the endpoint was called is not known, and it is not called again';
    return { kind: 'unknown', at, detail };
  }
  return afterCall(await deps.endpoints.call(intent.call, intent.actionId), done, deps);
}

function afterCall(
  answer: EndpointAnswer,
  done: Omit<DoneResult, 'kind'>,
  { clock }: Pick<ExecuteDeps, 'clock'>,
): ActionResult {
  const at = clock.now();
  switch (answer.kind) {
    case 'ok':
      return { ...done, kind: 'done', at, detail: `${done.detail}; it answered ${answer.status}` };
    case 'refused':
      return { kind: 'refused', at, refusal: { code: 'endpoint-failed', why: answer.message } };
    case 'maybe':
      return {
        kind: 'unknown',
        at,
        detail: `the heal endpoint was called, but its answer was lost: ${answer.message}`,
      };
  }
}

async function sendOnce(write: Intent, remedy: Remedy, deps: ExecuteDeps): Promise<ActionResult> {
  const before = await remedy.tookEffect(write, deps.cluster);
  const at = deps.clock.now();
  if (before.kind === 'yes') return { kind: 'already-done', at, detail: before.why };
  if (before.kind === 'unknown') throw new AutoHealError('PORT_UNREACHABLE', before.why);
  const changed = changedSince(write, before);
  if (changed !== undefined) return { kind: 'refused', at, refusal: changed };
  const answer = await deps.cluster.send(write.write, { dryRun: false });
  if (answer.kind === 'ok') return { kind: 'done', at: deps.clock.now(), detail: write.summary };
  if (answer.kind === 'maybe') return afterLostAnswer(write, answer.message, remedy, deps);
  const refusal = await refusalOf(write, answer, remedy, deps.cluster);
  return { kind: 'refused', at: deps.clock.now(), refusal };
}

/**
 * What became of an intent that must not be sent any more, asked of the objects alone: `already-done` when any of them shows
 * its write, `unknown` when one cannot be read or nobody knows whether an endpoint was called, otherwise refused with the
 * given reason. Sends nothing and never throws.
 */
export function makeReadBack(deps: {
  readonly cluster: ClusterReader;
  readonly clock: Pick<Clock, 'now'>;
  readonly catalogue: readonly Remedy[];
}): (intent: Intent, refusal: Refusal) => Promise<ActionResult> {
  return async (intent, refusal) => {
    const remedy = remedyOf(intent, deps.catalogue);
    const left: { step: number; why: string }[] = [];
    const shown: string[] = [];
    for (const [step, write] of writesOf(intent).entries()) {
      const effect = await remedy.tookEffect(write, deps.cluster);
      if (effect.kind === 'unknown') return { kind: 'unknown', at: deps.clock.now(), detail: effect.why };
      if (effect.kind === 'no') left.push({ step, why: effect.why });
      else shown.push(effect.why);
    }
    const at = deps.clock.now();
    if (shown.length === 0) return { kind: 'refused', at, refusal };
    if (intent.call !== undefined) return { kind: 'unknown', at, detail: UNKNOWN_CALL };
    return { kind: 'already-done', at, detail: shown.join('; '), ...(left.length === 0 ? {} : { left }) };
  };
}

const UNKNOWN_CALL =
  'the mark was there already: whether the endpoint was called is not known, and it is not called again';

export function remedyOf(intent: Pick<Intent, 'remedy'>, catalogue: readonly Remedy[]): Remedy {
  const remedy = catalogue.find((each) => each.name === intent.remedy);
  if (remedy === undefined) throw new AutoHealError('BUG', `no remedy is called ${intent.remedy}`);
  return remedy;
}

/** A write to an object that is not as the intent found it would be refused; an eviction would even cost budget. */
function changedSince(intent: Intent, effect: Extract<Effect, { kind: 'no' }>): Refusal | undefined {
  const { current } = effect;
  const creates = intent.uid === '';
  if (creates && current === undefined) return undefined;
  if (current === undefined || current.uid !== intent.uid) return { code: 'changed-since', why: effect.why };
  if (intent.resourceVersion === '' || current.resourceVersion === intent.resourceVersion) return undefined;
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
  { tookEffect }: Pick<Remedy, 'tookEffect'>,
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
      const effect = await tookEffect(intent, cluster);
      const changed = effect.kind === 'no' ? changedSince(intent, effect) : undefined;
      if (changed !== undefined) return changed;
      // A node that is too small, or a pod that would change its class: no try of the same resize can succeed.
      const code = intent.write.path.endsWith('/resize') ? 'infeasible' : 'dry-run-refused';
      return { code, why: `the API server finds the write invalid: ${answer.message}` };
    }
    case 'RATE_LIMITED':
    case 'OTHER':
      return { code: 'api-unavailable', why: `the API server answered ${answer.status}: ${answer.message}` };
  }
}
