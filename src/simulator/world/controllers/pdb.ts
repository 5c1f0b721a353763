import type { Kinds, PodObject } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import { controllerUid } from '../owned.ts';
import { isActive, isReady, isTerminating } from '../pods.ts';
import { intOrPercent } from '../int-or-percent.ts';
import { selectorMatches } from '../selectors.ts';
import { makeSettled } from '../settled.ts';

type Budget = Kinds['poddisruptionbudgets'];

/** An eviction that was granted but whose pod never ended is given back to the budget after this time. */
const DISRUPTED_MS = 120_000;

/** Keeps `disruptionsAllowed` of every budget true. Source: kubernetes pkg/controller/disruption. */
export function reconcileBudgets(kit: Kit): void {
  for (const budget of kit.list('poddisruptionbudgets')) {
    const pods = kit.list('pods', budget.metadata.namespace);
    const inputs = [pods, kit.list('replicasets'), kit.list('statefulsets')];
    if (settled.has(budget, inputs)) {
      continue;
    }
    const before = kit.version();
    reconcile(kit, budget);
    // What was granted and not used is given back after a time.
    if (kit.version() === before && budget.status?.disruptedPods === undefined) {
      settled.add(budget, inputs);
    }
  }
}

const settled = makeSettled();

function reconcile(kit: Kit, budget: Budget): void {
  const pods = kit
    .list('pods', budget.metadata.namespace)
    .filter((pod) => isActiveOrEnding(pod) && selectorMatches(budget.spec?.selector, pod.metadata.labels ?? {}));
  const disruptedPods = stillDisrupted(kit, budget, pods);
  const healthy = pods.filter(
    (pod) => isReady(pod) && !isTerminating(pod) && disruptedPods[pod.metadata.name] === undefined,
  ).length;
  const { expected, desired } = wantedOf(kit, budget, pods);
  const disruptionsAllowed = expected > 0 ? Math.max(0, healthy - desired) : 0;
  const allowed = disruptionsAllowed > 0;
  const before = budget.status?.conditions?.find((condition) => condition.type === 'DisruptionAllowed');
  const status = allowed ? 'True' : 'False';
  kit.updateStatus('poddisruptionbudgets', budget, {
    ...(Object.keys(disruptedPods).length === 0 ? {} : { disruptedPods }),
    observedGeneration: budget.metadata.generation,
    disruptionsAllowed,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    conditions: [
      {
        type: 'DisruptionAllowed',
        status,
        observedGeneration: budget.metadata.generation,
        lastTransitionTime: before?.status === status ? before.lastTransitionTime : kit.stamp(),
        reason: allowed ? 'SufficientPods' : 'InsufficientPods',
        message: '',
      },
    ],
  });
}

function isActiveOrEnding(pod: PodObject): boolean {
  return isActive(pod) || isTerminating(pod);
}

function stillDisrupted(kit: Kit, budget: Budget, pods: readonly PodObject[]): Readonly<Record<string, string>> {
  const entries = Object.entries(budget.status?.disruptedPods ?? {});
  return Object.fromEntries(
    entries.filter(([name, since]) => {
      const pod = pods.find((candidate) => candidate.metadata.name === name);
      return pod !== undefined && !isTerminating(pod) && Date.parse(since) + DISRUPTED_MS > kit.now();
    }),
  );
}

/** A fixed minimum counts the pods that are there; percentages and `maxUnavailable` count what their controllers want. */
function wantedOf(
  kit: Kit,
  budget: Budget,
  pods: readonly PodObject[],
): { readonly expected: number; readonly desired: number } {
  const { minAvailable, maxUnavailable } = budget.spec ?? {};
  if (maxUnavailable !== undefined) {
    const expected = scaleOf(kit, pods);
    return { expected, desired: Math.max(0, expected - (intOrPercent(maxUnavailable, expected, Math.ceil) ?? 0)) };
  }
  if (typeof minAvailable === 'number') {
    return { expected: pods.filter((pod) => !isTerminating(pod)).length, desired: minAvailable };
  }
  const expected = scaleOf(kit, pods);
  return { expected, desired: intOrPercent(minAvailable ?? 1, expected, Math.ceil) ?? 1 };
}

function scaleOf(kit: Kit, pods: readonly PodObject[]): number {
  const owners = new Set(pods.map((pod) => controllerUid(pod)).filter((uid) => uid !== undefined));
  const scaled = [...kit.list('replicasets'), ...kit.list('statefulsets')].filter((owner) =>
    owners.has(owner.metadata.uid),
  );
  return scaled.reduce((total, owner) => total + (owner.spec?.replicas ?? 1), 0);
}
