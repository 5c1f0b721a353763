import type { RemedyName, Refusal } from '../domain/remedy.ts';
import type { CauseName } from '../domain/diagnosis.ts';
import type { AccessRule, Remedy, RemedyContext } from './remedy.ts';
import { restartPod } from './restart-pod.ts';
import { rollback } from './rollback.ts';
import { rolloutRestart } from './rollout-restart.ts';
import { scaleDown } from './scale-down.ts';
import { scaleUp } from './scale-up.ts';

/** Every remedy that AutoHeal has. `none` is not here: nothing is written for it. */
export const CATALOGUE: readonly Remedy[] = [restartPod, rolloutRestart, scaleUp, scaleDown, rollback];

/** One remedy held against an incident. */
export type Considered = { readonly remedy: Exclude<RemedyName, 'none'> } & (
  | { readonly kind: 'applies'; readonly cures: CauseName; readonly because: readonly string[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
);

/** Every remedy of a catalogue held against an incident, in the catalogue's order. */
export function considerAll(context: RemedyContext, catalogue: readonly Remedy[] = CATALOGUE): readonly Considered[] {
  return catalogue.map((remedy) => ({ remedy: remedy.name, ...remedy.consider(context) }));
}

/** The access rules of the remedies that a policy allows, for the chart's Role and for `doctor`. */
export function accessFor(
  allowed: readonly RemedyName[],
  catalogue: readonly Remedy[] = CATALOGUE,
): readonly AccessRule[] {
  return catalogue.filter((remedy) => allowed.includes(remedy.name)).flatMap((remedy) => remedy.rbac);
}
