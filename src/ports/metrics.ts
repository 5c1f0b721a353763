import type { Signals } from '../domain/diagnosis.ts';
import type { WorkloadRef } from '../domain/workload.ts';

export interface SignalTarget {
  readonly workload: WorkloadRef;
  readonly pods: readonly string[];
  /** Rates over the last two minutes instead of five, to see a change sooner, at the price of more noise. */
  readonly recent?: true;
}

/** The window of recent rates, in seconds. */
export const RECENT_SECONDS = 120;

/** Where signals come from (Prometheus). */
export interface MetricSource {
  /**
   * The signals of one workload now, from one request. A signal without data is left out.
   *
   * @throws AutoHealError `PORT_*` when the source cannot be asked or answers an error.
   */
  signals(target: SignalTarget): Promise<Signals>;
}
