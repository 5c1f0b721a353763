import type { Signals } from '../domain/diagnosis.ts';
import type { WorkloadRef } from '../domain/workload.ts';

/** Where signals come from (Prometheus). */
export interface MetricSource {
  /**
   * The signals of one workload now, from one request. A signal without data is left out.
   *
   * @throws AutoHealError `PORT_*` when the source cannot be asked or answers an error.
   */
  signals(target: { readonly workload: WorkloadRef; readonly pods: readonly string[] }): Promise<Signals>;
}
