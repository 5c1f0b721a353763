import type { Cause } from '../domain/diagnosis.ts';
import type { RefusalCode } from '../domain/remedy.ts';
import { describeWorkload } from '../domain/workload.ts';
import type { RolloutCounts } from './objects.ts';
import { refused, type Cures, type Remedy, type RemedyContext } from './remedy.ts';

export type Fit = { readonly kind: 'fits'; readonly cause: Cause } | ReturnType<typeof refused>;

/**
 * What every remedy asks first: the right kind of workload, a cause that it cures, not tried before. Answers with the most
 * confident cause that it cures.
 */
export function fit(
  remedy: Pick<Remedy, 'name' | 'cures' | 'repeatable'> & { readonly kinds: readonly string[] },
  context: RemedyContext,
): Fit {
  const { workload } = context.location;
  if (workload.kind === 'Pod')
    return refused('bare-pod', `${describeWorkload(workload)} has no controller to bring it back`);
  if (!remedy.kinds.includes(workload.kind)) {
    return refused('wrong-kind', `${remedy.name} works on ${remedy.kinds.join(', ')}, not on a ${workload.kind}`);
  }
  const cause = mostConfident(context.diagnosis.causes, remedy.cures);
  if (cause === undefined) {
    return refused('does-not-cure', `${remedy.name} does not cure ${context.diagnosis.causes[0].name}`);
  }
  const tries = context.tried.filter((tried) => tried === remedy.name).length;
  if (tries > (remedy.repeatable === true ? 1 : 0)) {
    return refused('already-tried', `${remedy.name} was applied on an earlier rung and did not help`);
  }
  return { kind: 'fits', cause };
}

function mostConfident(causes: readonly Cause[], cured: Cures): Cause | undefined {
  let best: Cause | undefined;
  for (const cause of causes) {
    if (Object.hasOwn(cured, cause.name) && (best === undefined || cause.confidence > best.confidence)) best = cause;
  }
  return best;
}

/** Why a rollout keeps a remedy from starting another one, judged on counts; undefined where none is under way. */
export function rolloutHindrance(
  counts: RolloutCounts,
): { readonly code: RefusalCode; readonly why: string } | undefined {
  if (counts.paused) return { code: 'paused', why: 'the rollout is paused; somebody holds it back' };
  // Readiness is left out on purpose: pods that crash-loop long after their rollout are no rollout in progress.
  const unseen = (counts.observedGeneration ?? -1) < (counts.generation ?? 0);
  if (unseen) return { code: 'rollout-in-progress', why: 'the controller has not seen the newest spec yet' };
  if (counts.updated < counts.desired || counts.total > counts.updated) {
    return {
      code: 'rollout-in-progress',
      why: `${counts.updated} of ${counts.desired} replicas are updated, ${counts.total} exist`,
    };
  }
  return undefined;
}
