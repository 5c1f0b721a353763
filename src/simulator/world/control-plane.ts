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

export interface ControlPlane {
  step(): void;
  /** Whether nothing has changed since the last pass began. */
  isSettled(): boolean;
}

/** All controllers, in the order in which one's work is the next one's input. */
export function makeControlPlane(deps: {
  readonly kit: Kit;
  readonly machines: Machines;
  readonly endpoints: Endpoints;
  readonly cpuOf: CpuOf;
  readonly spec: WorldSpec;
}): ControlPlane {
  const { kit } = deps;
  const autoscalers = makeAutoscalers(kit, deps.cpuOf);
  const nodeGroups = makeNodeGroups(kit, deps.spec);
  const scaledObjects = makeScaledObjects(kit);
  const state = kit.keep('control-plane', () => ({
    seen: -1,
    lastPass: Number.NEGATIVE_INFINITY,
    lastPrune: kit.now(),
  }));

  /** Where the last pass found nothing to do, only those can have something to do in the next that look at the time. */
  function pass(isIdle: boolean): void {
    const unlessIdle = (reconcile: () => void): void => {
      if (!isIdle || !isSettled()) {
        reconcile();
      }
    };
    nodeGroups.reconcile();
    scaledObjects.reconcile();
    reconcileNodes(kit, deps.machines);
    unlessIdle(() => collectGarbage(kit));
    reconcileCronJobs(kit);
    reconcileJobs(kit);
    reconcileDeployments(kit);
    reconcileReplicaSets(kit);
    unlessIdle(() => reconcileStatefulSets(kit));
    unlessIdle(() => reconcileDaemonSets(kit));
    schedulePods(kit, deps.machines);
    reconcileBudgets(kit);
    unlessIdle(() => reconcileQuotas(kit));
    unlessIdle(() => deps.endpoints.reconcile());
  }

  function isSettled(): boolean {
    return kit.version() === state.seen;
  }

  function step(): void {
    autoscalers.reconcile();
    // Without a change since the last pass there is nothing to do but watch the time.
    if (!isSettled() || kit.now() - state.lastPass >= IDLE_PASS_MS) {
      const isIdle = isSettled();
      // The version before the pass: what the pass itself changed is looked at again in the next step.
      state.seen = kit.version();
      state.lastPass = kit.now();
      pass(isIdle);
    }
    if (kit.now() - state.lastPrune >= PRUNE_MS) {
      state.lastPrune = kit.now();
      kit.events.prune();
    }
  }

  return { step, isSettled };
}
