import type { Alert } from '../domain/alert.ts';
import type { Diagnosis } from '../domain/diagnosis.ts';
import type { Located } from '../domain/location.ts';
import type { Clock } from '../ports/clock.ts';
import { rankCauses } from './causes/rank.ts';
import type { Thresholds } from './causes/thresholds.ts';
import { THRESHOLDS } from './causes/thresholds.ts';
import type { GatherEvidence } from './evidence/gather.ts';

export interface DiagnoseDeps {
  readonly gather: GatherEvidence;
  readonly clock: Clock;
  readonly thresholds?: Partial<Thresholds>;
}

/** What is wrong with a located workload, with the evidence. Takes no longer than the gathering may. Never throws. */
export type Diagnose = (located: Located, alerts: readonly Alert[]) => Promise<Diagnosis>;

export function makeDiagnose({ gather, clock, thresholds }: DiagnoseDeps): Diagnose {
  const all = { ...THRESHOLDS, ...thresholds };
  return async (located, alerts) => {
    const evidence = await gather(located, alerts);
    return { evidence, causes: rankCauses(evidence, alerts, clock.now(), all) };
  };
}
