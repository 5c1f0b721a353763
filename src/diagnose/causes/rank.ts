import type { Alert } from '../../domain/alert.ts';
import type { Diagnosis, Evidence } from '../../domain/diagnosis.ts';
import { withAlertSupport } from './alert-support.ts';
import { autoscalerAtMaximum, volumeFilling } from './capacity.ts';
import { configurationError } from './configuration.ts';
import { cpuSaturation, cpuThrottling } from './cpu.ts';
import { crashLoop, crashLoopAfterRollout } from './crash-loop.ts';
import { dependencyFailure } from './dependency.ts';
import { factsOf } from './facts.ts';
import type { CauseFinder } from './facts.ts';
import { evictedPods, failedJob } from './finished-pods.ts';
import { memoryLeak, memoryLimitTooLow } from './memory.ts';
import { nodeNotReady, nodePressure } from './node.ts';
import { oneBadPod } from './one-bad-pod.ts';
import { inPrecedence } from './precedence.ts';
import { errorsAfterRollout, latencyAfterRollout } from './regression.ts';
import { imagePullFailure, neverReady, unschedulable } from './start-failures.ts';
import { THRESHOLDS } from './thresholds.ts';
import type { Thresholds } from './thresholds.ts';
import { unknownCause } from './unknown.ts';

const OF_WORKLOADS: readonly CauseFinder[] = [
  nodeNotReady,
  nodePressure,
  imagePullFailure,
  crashLoopAfterRollout,
  configurationError,
  memoryLeak,
  memoryLimitTooLow,
  unschedulable,
  failedJob,
  errorsAfterRollout,
  latencyAfterRollout,
  dependencyFailure,
  autoscalerAtMaximum,
  cpuSaturation,
  cpuThrottling,
  volumeFilling,
  oneBadPod,
  neverReady,
  crashLoop,
  evictedPods,
];

/** The pods of a node belong to many workloads, so what compares pods with each other says nothing there. */
const OF_NODES: readonly CauseFinder[] = [nodeNotReady, nodePressure, evictedPods];

/**
 * The causes that the evidence supports, best first; `unknown` alone where it supports none. Each says why in sentences
 * with the numbers, and which symptoms have to be gone for a recovery. Pure.
 *
 * Nothing is concluded from what is absent: a signal that is not there is neither high nor low, pods that could not be read
 * are neither well nor ill. Alerts make a cause that the evidence supports a little surer; alone they make none.
 */
export function rankCauses(
  evidence: Evidence,
  alerts: readonly Alert[],
  now: number,
  thresholds: Thresholds = THRESHOLDS,
): Diagnosis['causes'] {
  const facts = factsOf(evidence, { alerts, now, thresholds });
  const finders = evidence.workload.kind === 'Node' ? OF_NODES : OF_WORKLOADS;
  const found = finders
    .map((find) => find(facts))
    .filter((cause) => cause !== undefined)
    .map((cause) => withAlertSupport(cause, alerts));
  const [best, ...rest] = inPrecedence(found);
  return best === undefined ? [unknownCause(facts)] : [best, ...rest];
}
