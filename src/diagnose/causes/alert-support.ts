import { alertName } from '../../domain/alert.ts';
import type { Alert } from '../../domain/alert.ts';
import type { Cause, CauseName } from '../../domain/diagnosis.ts';
import { quoted } from './quote.ts';

interface Support {
  readonly name?: RegExp;
  readonly reason?: RegExp;
  readonly causes: readonly CauseName[];
}

/**
 * Which alerts speak for which causes, by their name or by their label `reason`. Names of kubernetes-mixin and of the rules
 * that are common beside it.
 */
const SUPPORT: readonly Support[] = [
  { name: /CrashLoop/i, causes: ['crash-loop', 'crash-loop-after-rollout'] },
  { reason: /^CrashLoopBackOff$/, causes: ['crash-loop', 'crash-loop-after-rollout'] },
  { name: /OOM|OutOfMemory|Memory(?:High|Near|Leak)/i, causes: ['memory-leak', 'memory-limit-too-low'] },
  { reason: /^OOMKilled$/, causes: ['memory-leak', 'memory-limit-too-low'] },
  { name: /Throttling/i, causes: ['cpu-throttling', 'cpu-saturation'] },
  { name: /Cpu(?:High|Saturat)|HighCpu/i, causes: ['cpu-saturation'] },
  {
    name: /Error(?:Ratio|Rate)|5xx|ErrorBudget/i,
    causes: ['errors-after-rollout', 'dependency-failure', 'one-bad-pod'],
  },
  { name: /Latency|Slow/i, causes: ['latency-after-rollout', 'cpu-saturation'] },
  { name: /RolloutStuck/i, causes: ['crash-loop-after-rollout', 'never-ready', 'image-pull-failure'] },
  { name: /RolloutRegress/i, causes: ['errors-after-rollout', 'latency-after-rollout'] },
  { name: /ConfigError/i, causes: ['configuration-error'] },
  { name: /ImagePull/i, causes: ['image-pull-failure'] },
  { reason: /^(?:ImagePullBackOff|ErrImagePull)$/, causes: ['image-pull-failure'] },
  { reason: /^Create(?:Container)?(?:Config)?Error$/, causes: ['configuration-error'] },
  { name: /Unschedulable|Pending/i, causes: ['unschedulable'] },
  { name: /PodNotReady/i, causes: ['never-ready', 'one-bad-pod'] },
  { name: /NodeNotReady|NodeUnreachable|KubeletDown/i, causes: ['node-not-ready'] },
  { name: /NodePressure|NodeEviction|NodeCPU/i, causes: ['node-pressure'] },
  { name: /VolumeFillingUp|DiskFull/i, causes: ['volume-filling'] },
  { name: /HpaMaxedOut|AutoscalerAtMax/i, causes: ['autoscaler-at-maximum'] },
  { name: /Evict/i, causes: ['evicted-pods', 'node-pressure'] },
  { name: /JobFailed/i, causes: ['failed-job'] },
];

const BONUS = 0.04;

/** The cause, a little surer where a firing alert says the same. An alert alone never makes a cause: its text is not evidence. */
export function withAlertSupport(cause: Cause, alerts: readonly Alert[]): Cause {
  const speaking = alerts.find((alert) => alert.status === 'firing' && speaksFor(alert, cause.name));
  if (speaking === undefined) return cause;
  return {
    ...cause,
    confidence: Math.min(0.99, cause.confidence + BONUS),
    because: [...cause.because, `Alert ${quoted(alertName(speaking), 80)} says so too.`],
  };
}

function speaksFor(alert: Alert, cause: CauseName): boolean {
  const name = alertName(alert);
  const reason = alert.labels['reason'] ?? '';
  return SUPPORT.some(
    (support) =>
      support.causes.includes(cause) && (support.name?.test(name) === true || support.reason?.test(reason) === true),
  );
}
