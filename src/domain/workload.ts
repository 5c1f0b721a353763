/**
 * Names one thing that can be ill: a workload controller, a bare pod, a node, a namespace or the cluster.
 * `namespace` is empty for cluster-scoped kinds.
 */
export interface WorkloadRef {
  /** A Kubernetes kind (`Deployment`, `StatefulSet`, `Node`, a custom kind, ...) or `Cluster`. */
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Identifies a workload among all others: `kind/namespace/name`. At most one incident is open for a key. */
export type WorkloadKey = string & { readonly workloadKey: unique symbol };

/** The key of a workload. */
export function workloadKey(ref: WorkloadRef): WorkloadKey {
  return `${ref.kind}/${ref.namespace}/${ref.name}` as WorkloadKey; // The one place that makes keys.
}

/** `Deployment shop/cart`, `Node node-1`: how a workload is written for people. */
export function describeWorkload(ref: WorkloadRef): string {
  return ref.namespace === '' ? `${ref.kind} ${ref.name}`.trim() : `${ref.kind} ${ref.namespace}/${ref.name}`;
}
