import type { AlertSource } from '../ports/alerts.ts';
import type { Guard } from './guard.ts';
import { evidenceIsComplete, evidenceIsFresh, signalsAreThere } from './guards/evidence.ts';
import { isLocated, mayBeActedOn, stillFires } from './guards/location.ts';
import { allowedByPolicy, notOptedOut } from './guards/permission.ts';
import { protection, type ProtectionDeps } from './guards/protection.ts';
import { cooledDown, recurrence } from './guards/repetition.ts';
import { silence } from './guards/silence.ts';

/** The guards of a decision, by when they are asked. */
export interface Guards {
  /** About the workload as a whole: any refusal means that nothing is done. */
  readonly workload: readonly Guard[];
  /** About the chosen remedy: any refusal means that nothing is done, not even something else. */
  readonly chosen: readonly Guard[];
  /** Asked again right before the write. */
  readonly rightBefore: readonly Guard[];
}

/** Healed so often by the same remedy within a day, and ill again: people look for the root cause. */
const RECURRENCES = 3;

export function defaultGuards(deps: ProtectionDeps & { readonly alerts?: AlertSource }): Guards {
  const protectedPlaces = protection(deps);
  const alertsAreNotMuted = silence(deps.alerts);
  const always = [
    isLocated,
    mayBeActedOn,
    stillFires,
    protectedPlaces,
    notOptedOut,
    evidenceIsComplete,
    evidenceIsFresh,
  ];
  return {
    workload: [...always, alertsAreNotMuted, cooledDown],
    chosen: [signalsAreThere, recurrence(RECURRENCES)],
    rightBefore: [...always, allowedByPolicy, signalsAreThere, alertsAreNotMuted],
  };
}
