import type { FaultKindName, HarmlessKindName } from '../spec.ts';
import { HARMLESS } from './harmless.ts';
import { LOAD_FAULTS } from './load.ts';
import { MONITORING_FAULTS } from './monitoring.ts';
import { NODE_FAULTS } from './nodes.ts';
import { PROCESS_FAULTS } from './processes.ts';
import { ROLLOUT_FAULTS } from './rollouts.ts';
import type { FaultKind } from './targets.ts';

export type { FaultContext, FaultKind } from './targets.ts';

/** Every kind of illness: what it does, what its strength means, what cures it and what it does besides. */
export const FAULT_TABLE: Readonly<Record<FaultKindName, FaultKind>> = {
  ...ROLLOUT_FAULTS,
  ...PROCESS_FAULTS,
  ...LOAD_FAULTS,
  ...NODE_FAULTS,
  ...MONITORING_FAULTS,
};

/** What is no illness, in the same words. */
export const HARMLESS_TABLE: Readonly<Record<HarmlessKindName, FaultKind>> = HARMLESS;

export function isHarmless(kind: FaultKindName | HarmlessKindName): kind is HarmlessKindName {
  return kind in HARMLESS;
}

export function faultKind(kind: FaultKindName | HarmlessKindName): FaultKind {
  return isHarmless(kind) ? HARMLESS_TABLE[kind] : FAULT_TABLE[kind];
}
