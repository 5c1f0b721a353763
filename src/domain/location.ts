import type { WorkloadRef } from './workload.ts';

/** Why no workload was named. Closed set: it is a metric label. */
export type UnlocatedReason =
  | 'ambiguous' // Several owners, and nothing to choose between them.
  | 'not-found' // The object that the labels name does not exist (any more).
  | 'uid-changed' // An object of that name exists, but it is not the one that fired.
  | 'exporter-only' // The labels name only the exporter that scraped the metric.
  | 'no-subject' // No label names a Kubernetes object.
  | 'invalid-name' // A label holds what no object can be called.
  | 'lookup-failed' // The cluster could not be asked; says nothing about the workload.
  | 'heartbeat'; // Watchdog and InfoInhibitor: fire by design.

/** Why a located workload is only reported on, never acted on. */
export type NotifyOnlyReason =
  | 'bare-pod' // Nothing would bring it back.
  | 'static-pod' // Belongs to the kubelet's files.
  | 'monitoring-plane' // Prometheus, Alertmanager and their exporters.
  | 'control-plane'
  | 'cluster-wide'
  | 'namespace-quota'
  | 'volume'
  | 'node-hardware'
  | 'certificate'
  | 'unknown-owner'; // Owned by a custom kind that AutoHeal has no remedy for.

/** The workload that an alert means, and the label that decided it. */
export interface Located {
  readonly kind: 'located';
  readonly workload: WorkloadRef;
  /** The workload's own uid; absent for `Cluster`. */
  readonly uid?: string;
  /** The pods that the alerts named, by name. Empty when the alert is about the workload as a whole. */
  readonly pods: readonly string[];
  /** The label (or annotation) that decided, e.g. `deployment`, `pod`, `exported_pod`. */
  readonly decidedBy: string;
  /** One sentence for people. */
  readonly why: string;
  readonly notifyOnly?: NotifyOnlyReason;
}

/** A refusal to name a workload: nothing may be acted on, people get the candidates. */
export interface Unlocated {
  readonly kind: 'unlocated';
  readonly reason: UnlocatedReason;
  readonly why: string;
  readonly candidates: readonly WorkloadRef[];
}

export type Location = Located | Unlocated;
