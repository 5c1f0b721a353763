import type { Pod } from '../../domain/kubernetes.ts';
import type { Location } from '../../domain/location.ts';
import { describeWorkload, workloadKey, type WorkloadRef } from '../../domain/workload.ts';
import { unlocated } from './answer.ts';
import type { Lookups } from './lookups.ts';
import { walkToTop, type Decision } from './owners.ts';

/** More owners than this are certainly not one workload. */
const MAX_OWNERS = 20;

/** The one workload that owns all the pods; otherwise the candidates. `text` says how the pods were found. */
export async function commonOwner(
  cluster: Lookups,
  pods: readonly Pod[],
  { text, decision }: { readonly text: string; readonly decision: Decision },
): Promise<Location> {
  // Pods of one controller have one top: a walk for one of them is a walk for all.
  const byController = new Map(pods.map((pod) => [controllerOf(pod), pod]));
  if (byController.size === 0) return unlocated('not-found', `${text}, but there are none`);
  if (byController.size > MAX_OWNERS) {
    return unlocated('ambiguous', `${text}, but they belong to ${byController.size} different owners`);
  }
  const found = new Map<string, { readonly location: Location; readonly workload: WorkloadRef }>();
  for (const pod of byController.values()) {
    const location = await walkToTop(cluster, { kind: 'Pod', object: pod, builtIn: true }, decision);
    if (location.kind === 'unlocated') return location;
    found.set(workloadKey(location.workload), { location, workload: location.workload });
  }
  const [only, ...others] = found.values();
  if (only !== undefined && others.length === 0) return only.location;
  const candidates = [...found.values()].map(({ workload }) => workload);
  return unlocated(
    'ambiguous',
    `${text}, but they belong to ${candidates.map(describeWorkload).join(' and ')}`,
    candidates,
  );
}

function controllerOf({ metadata }: Pod): string {
  return metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid ?? metadata.uid;
}
