import type { Refusal } from '../../domain/remedy.ts';
import { describeWorkload, workloadKey, type WorkloadRef } from '../../domain/workload.ts';
import type { Guard } from '../guard.ts';
import { fitsAny } from '../../domain/patterns.ts';

/** Protected whatever the policy says. */
const ALWAYS_PROTECTED = ['kube-system', 'kube-public', 'kube-node-lease'] as const;

export interface ProtectionDeps {
  /** Where AutoHeal itself runs: the whole namespace is protected, and the workload wherever it is. */
  readonly self?: { readonly namespace?: string; readonly workload?: WorkloadRef };
  /** The namespaces of Prometheus, Alertmanager and their exporters. Values may end in `*`. */
  readonly monitoringNamespaces: readonly string[];
}

/** A guard that keeps AutoHeal's hands off the control plane, the monitoring, itself, and what the policy protects. */
export function protection({ self, monitoringNamespaces }: ProtectionDeps): Guard {
  const builtIn = [
    ...ALWAYS_PROTECTED,
    ...monitoringNamespaces,
    ...(self?.namespace === undefined ? [] : [self.namespace]),
  ];
  const own = self?.workload === undefined ? [] : [workloadKey(self.workload)];
  return function protectedPlaces({ incident, policy }): Refusal | undefined {
    const { workload } = incident.location;
    const namespace = workload.kind === 'Namespace' ? workload.name : workload.namespace;
    if (fitsAny([...builtIn, ...policy.protectedNamespaces], namespace)) {
      return { code: 'protected', why: `namespace ${namespace} is protected` };
    }
    if (fitsAny([...own, ...policy.protectedWorkloads], workloadKey(workload))) {
      return { code: 'protected', why: `${describeWorkload(workload)} is protected` };
    }
    return undefined;
  };
}
