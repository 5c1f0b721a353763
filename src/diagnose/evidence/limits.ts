/** How much is read and kept. Evidence is journalled with every step, so each part of it has a bound. */
export interface EvidenceLimits {
  /** Pods that are kept, sick ones first. */
  readonly pods: number;
  /** Pods that are kept of a node, sick ones first. */
  readonly nodePods: number;
  /** Nodes that are read for the pods of a workload, those of sick pods first. */
  readonly nodes: number;
  /** Revisions that are kept, newest first. */
  readonly revisions: number;
  /** Events that are kept, newest first. */
  readonly events: number;
  /** Sick pods whose events are read, beside those of the workload itself. */
  readonly eventPods: number;
  /** Crashing containers whose previous logs are read. */
  readonly logs: number;
  readonly logLines: number;
  /** Bytes of UTF-8 that are kept of each log, counted from its end. */
  readonly logBytes: number;
}

export const DEFAULT_LIMITS: EvidenceLimits = {
  pods: 100,
  nodePods: 100,
  nodes: 20,
  revisions: 20,
  events: 50,
  eventPods: 5,
  logs: 3,
  logLines: 20,
  logBytes: 4096,
};
