import { reconcileDaemonSets } from './controllers/daemonset.ts';
import { reconcileDeployments } from './controllers/deployment.ts';
import type { Endpoints } from './controllers/endpoints.ts';
import { collectGarbage } from './controllers/garbage.ts';
import { makeAutoscalers, type CpuOf } from './controllers/hpa.ts';
import { reconcileCronJobs, reconcileJobs } from './controllers/job.ts';
import { reconcileNodes, type Machines } from './controllers/node.ts';
import { makeNodeGroups } from './controllers/node-group.ts';
import { reconcileBudgets } from './controllers/pdb.ts';
import { reconcileQuotas } from './controllers/quota.ts';
import { reconcileReplicaSets } from './controllers/replicaset.ts';
import { makeScaledObjects } from './controllers/scaled-object.ts';
import { schedulePods } from './controllers/scheduler.ts';
import { reconcileStatefulSets } from './controllers/statefulset.ts';
import type { Kit } from './kit.ts';
import type { WorldSpec } from './spec.ts';

/** What waits for time alone (deadlines, heartbeats, schedules) is looked at this often at least. */
const IDLE_PASS_MS = 5_000;
const PRUNE_MS = 60_000;

/** All controllers, in the order in which one's work is the next one's input. */
export function makeControlPlane(deps: {
  readonly kit: Kit;
  readonly machines: Machines;
  readonly endpoints: Endpoints;
  readonly cpuOf: CpuOf;
  readonly spec: WorldSpec;
}): { step(): void } {
  const { kit } = deps;
  const autoscalers = makeAutoscalers(kit, deps.cpuOf);
  const nodeGroups = makeNodeGroups(kit, deps.spec);
  const scaledObjects = makeScaledObjects(kit);
  let seen = -1;
  let lastPass = Number.NEGATIVE_INFINITY;
  let lastPrune = kit.now();

  function pass(): void {
    nodeGroups.reconcile();
    scaledObjects.reconcile();
    reconcileNodes(kit, deps.machines);
    collectGarbage(kit);
    reconcileCronJobs(kit);
    reconcileJobs(kit);
    reconcileDeployments(kit);
    reconcileReplicaSets(kit);
    reconcileStatefulSets(kit);
    reconcileDaemonSets(kit);
    schedulePods(kit, deps.machines);
    reconcileBudgets(kit);
    reconcileQuotas(kit);
    deps.endpoints.reconcile();
  }

  function step(): void {
    autoscalers.reconcile();
    // Without a change since the last pass there is nothing to do but watch the time.
    if (kit.version() !== seen || kit.now() - lastPass >= IDLE_PASS_MS) {
      // The version before the pass: what the pass itself changed is looked at again in the next step.
      seen = kit.version();
      lastPass = kit.now();
      pass();
    }
    if (kit.now() - lastPrune >= PRUNE_MS) {
      lastPrune = kit.now();
      kit.events.prune();
    }
  }

  return { step };
}
