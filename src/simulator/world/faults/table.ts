import type { FaultKindName } from '../spec.ts';
import { LOAD_FAULTS } from './load.ts';
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
};
