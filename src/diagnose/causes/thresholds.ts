import { NODE_TAKEN } from '../../domain/nodes.ts';

const MINUTE = 60_000;

/**
 * From where on a number counts as a symptom. Each is a default with the reason for it; `rankCauses` takes others. The
 * ratios are fractions, the lengths of time milliseconds.
 */
export const THRESHOLDS = {
  /** A revision younger than this is suspect. The alerts that ship with Kubernetes wait 15 minutes to 1 hour before firing. */
  youngRevisionMs: 60 * MINUTE,
  /** An alert that began so long before a rollout may still be its doing: clocks differ, and rules look back. */
  rolloutSlackMs: 1 * MINUTE,
  /** A container that ended no longer ago than this, and not for the first time, crashes; the kubelet's longest back-off is 5 minutes. */
  recentCrashMs: 10 * MINUTE,
  /** Ends of a container's run that make a loop while it happens to run between two of them. */
  crashLoopRestarts: 3,
  /** From this back-off on (10 s doubled twice) several runs in a row ended within 10 minutes each. Source: kubelet. */
  quickBackOffMs: 40_000,
  /** A run that lasts so long cannot be one that dies at the start: 10 minutes of running reset the kubelet's back-off, and 5 are its longest. */
  slowRunMs: 15 * MINUTE,
  /** Restarts of each killed container in ten minutes that make its runs short. */
  quickRestarts: 1.9,
  /** An average run, back-off included, below which a container counts as dying soon after each start. */
  quickRunMs: 5 * MINUTE,
  /** Out-of-memory kills are looked back on for so long. */
  recentOomMs: 60 * MINUTE,
  /** Working set over limit from which memory is short; the kernel kills at 1. */
  memoryHigh: 0.9,
  /** Growth in limits per 10 minutes that fills a half-empty container within 2 hours: a leak. */
  memoryGrowing: 0.04,
  /** Growth in limits per 10 minutes below which memory counts as flat. */
  memoryFlat: 0.01,
  /** CPU over limit from which CPU is short. Source: node-mixin's CPU high usage, 90 %. */
  cpuHigh: 0.9,
  /** Throttled over all CFS periods. Source: kubernetes-mixin's CPUThrottlingHigh, 25 %. */
  throttled: 0.25,
  /** Requests over the requests of an hour ago from which load counts as up. */
  requestsUp: 1.5,
  /** Error ratio from which requests fail: the fastest burn of the SRE workbook (14.4) for a 99.5 % objective is 7 %. */
  errorHigh: 0.05,
  /** Errors over the errors of an hour ago from which they count as up. */
  errorsUp: 2,
  /** And by so much more of all requests, lest a rise from almost nothing counts. */
  errorsUpBy: 0.02,
  /** p99 over the p99 of an hour ago from which latency counts as up. */
  latencyUp: 2,
  /** And by so many seconds. */
  latencyUpBySeconds: 0.1,
  /** Error ratio of the calls to others from which a dependency counts as failing. */
  dependencyHigh: 0.1,
  /** From this error ratio of the calls on, a dependency may explain the own errors, if it is so large a share of them. */
  dependencyLow: 0.03,
  dependencyShare: 0.45,
  /** CPU over limit below which nobody waits for CPU. */
  cpuIdle: 0.7,
  /** Error ratio of the worst pod over the mean from which one pod is the bad one; cannot exceed the number of pods. */
  errorSpread: 3,
  /** For fewer than 4 pods: this share of the greatest spread they can show. */
  errorSpreadShare: 0.8,
  /** Error ratio of the whole workload from which its spread means anything. */
  errorSpreadFloor: 0.01,
  /** CPU in use over all of a node's from which it is busy. Source: the shipped rule. */
  nodeBusy: 0.95,
  /** So much of it that no pod uses is somebody else's. The remedies that take a node out ask for it as well. */
  nodeTaken: NODE_TAKEN,
  /** A volume that is so full is a symptom. Source: kubernetes-mixin's KubePersistentVolumeFillingUp warns at 85 %. */
  volumeFull: 0.85,
  /** A volume that is so full is the cause of whatever else fails. Source: the same rule is critical at 97 %. */
  volumeCritical: 0.97,
  /** A pod may take so long to become ready. Source: half of a Deployment's default progress deadline. */
  startupMs: 5 * MINUTE,
  /** A symptom that began so soon after a pod's start was there from the start: the longest `for` of the stock rules is 1 hour. */
  sinceStartMs: 60 * MINUTE,
  /** CPU over limit from which an autoscaler at its maximum is short of replicas. */
  autoscalerCpuHigh: 0.7,
} as const;

export type Thresholds = Readonly<Record<keyof typeof THRESHOLDS, number>>;
