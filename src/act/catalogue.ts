import type { Disruption, Refusal, RemedyName } from '../domain/remedy.ts';
import type { CauseName } from '../domain/diagnosis.ts';
import { refused, type AccessRule, type Remedy, type RemedyContext } from './remedy.ts';
import { cleanup } from './remedies/cleanup.ts';
import { cordon } from './remedies/cordon.ts';
import { drain } from './remedies/drain.ts';
import { pauseRollout } from './remedies/pause-rollout.ts';
import { rebalance } from './remedies/rebalance.ts';
import { reroute } from './remedies/reroute.ts';
import { resize } from './remedies/resize.ts';
import { restartPod } from './remedies/restart-pod.ts';
import { resumeRollout } from './remedies/resume-rollout.ts';
import { rollback } from './remedies/rollback.ts';
import { rolloutRestart } from './remedies/rollout-restart.ts';
import { runJob } from './remedies/run-job.ts';
import { ensureHpa } from './remedies/ensure-hpa.ts';
import { scaleNodes } from './remedies/scale-nodes.ts';
import { scaleDown } from './remedies/scale-down.ts';
import { scaleUp } from './remedies/scale-up.ts';
import { softReset } from './remedies/soft-reset.ts';
import { uncordon } from './remedies/uncordon.ts';

/** Every remedy that AutoHeal has. `none` is not here: nothing is written for it. */
export const CATALOGUE: readonly Remedy[] = [
  softReset,
  restartPod,
  rolloutRestart,
  scaleUp,
  scaleDown,
  rollback,
  pauseRollout,
  resumeRollout,
  reroute,
  resize,
  cleanup,
  ensureHpa,
  cordon,
  drain,
  uncordon,
  rebalance,
  scaleNodes,
  runJob,
];

/** The names that a policy may use, and which of them are on without a word. */
export const REMEDY_OPTIONS: readonly Pick<Remedy, 'name' | 'onByDefault'>[] = CATALOGUE;

/** What a model may know of the remedies. */
export const REMEDY_TRAITS: readonly Pick<Remedy, 'name' | 'cures' | 'changes'>[] = CATALOGUE;

/** One remedy held against an incident. */
export type Considered = { readonly remedy: RemedyName } & (
  | {
      readonly kind: 'applies';
      readonly cures: CauseName;
      readonly because: readonly string[];
      /** How likely the remedy cures the cause, before anything else is known. */
      readonly likelihood: number;
      readonly disruption: Disruption;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
);

/** Every remedy of a catalogue held against an incident, in the catalogue's order. */
export function considerAll(context: RemedyContext, catalogue: readonly Remedy[] = CATALOGUE): readonly Considered[] {
  return catalogue.map((remedy) => ({ remedy: remedy.name, ...considerWithCost(remedy, context) }));
}

function considerWithCost(
  remedy: Remedy,
  context: RemedyContext,
): Omit<Extract<Considered, { kind: 'applies' }>, 'remedy'> | Omit<Extract<Considered, { kind: 'refused' }>, 'remedy'> {
  const considered = remedy.consider(context);
  if (considered.kind === 'refused') return considered;
  const disruption = remedy.disruption(context);
  const { maxDisruption } = context.limits;
  if (disruption.readyReplicaMinutes <= maxDisruption)
    return { ...considered, likelihood: remedy.cures[considered.cures] ?? 0, disruption };
  const cost = `${disruption.readyReplicaMinutes} ready-replica-minutes (${disruption.because})`;
  const why = `it would cost ${cost}, and the policy allows ${maxDisruption}`;
  return refused('too-disruptive', why);
}

/** The access rules of the remedies that a policy allows, for the chart's Role and for `doctor`. */
export function accessFor(
  allowed: readonly RemedyName[],
  catalogue: readonly Remedy[] = CATALOGUE,
): readonly AccessRule[] {
  return catalogue.filter((remedy) => allowed.includes(remedy.name)).flatMap((remedy) => remedy.rbac);
}
