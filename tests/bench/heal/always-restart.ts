import { makeLocate } from '../../../src/diagnose/locate/locate.ts';
import type { Alert } from '../../../src/domain/alert.ts';
import { workloadKey, type WorkloadRef } from '../../../src/domain/workload.ts';
import type { Baseline } from '../../../src/lab/bad-minutes.ts';
import { makeBed, type Bed, type Habitat } from '../../../src/lab/bed.ts';
import { parseWebhook } from '../../../src/receive/webhook.ts';
import { makeSimAlerting } from '../../../src/simulator/alerting.ts';
import { forkWorld } from '../../../src/simulator/world/fork.ts';
import type { WorldSpec } from '../../../src/simulator/world/spec.ts';
import { outcomeOf, pass } from './oracle.ts';
import type { ActionOutcome, PolicyOutcome } from './outcome.ts';
import { makeWatch } from './watch.ts';

export interface HabitQuestion {
  readonly spec: WorldSpec;
  readonly baseline: Baseline;
  readonly seconds: number;
  readonly tickSeconds: number;
}

/** While its alerts go on firing, a workload is restarted again after so long. */
const AGAIN_AFTER_MS = 300_000;
const COMPARED_SECONDS = 600;

const PATHS: Readonly<Record<string, string>> = {
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets',
};

/**
 * The habit of many runbooks: whatever workload an alert names is restarted as a whole, again every five minutes while the
 * alert fires. It names the same workloads as AutoHeal does; nodes are left alone.
 */
export async function runAlwaysRestart(habitat: Habitat, question: HabitQuestion): Promise<PolicyOutcome> {
  const bed = makeBed(habitat, question.spec);
  const watch = makeWatch(habitat, question.spec, question.baseline);
  const locate = makeLocate({
    cluster: bed.cluster,
    allowTargetOverride: false,
    monitoringNamespaces: ['monitoring'],
  });
  const firing = new Map<string, Alert>();
  const restartedAt = new Map<string, number>();
  const nextLook = new Map<string, number>();
  const actions: ActionOutcome[] = [];
  const began = habitat.time.now();
  const alerting = makeSimAlerting({
    world: habitat.world,
    now: habitat.time.now,
    async postAlert(body) {
      const parsed = parseWebhook(JSON.stringify(body), habitat.time.now());
      if (parsed.kind === 'invalid') return;
      for (const alert of parsed.webhook.alerts) {
        if (alert.status === 'firing') firing.set(alert.fingerprint, alert);
        else firing.delete(alert.fingerprint);
      }
    },
  });
  for (let passed = 0; passed < question.seconds; passed += question.tickSeconds) {
    pass(habitat, watch, question.tickSeconds, question.tickSeconds);
    await alerting.tick();
    for (const alert of firing.values()) {
      if (habitat.time.now() < (nextLook.get(alert.fingerprint) ?? 0)) continue;
      nextLook.set(alert.fingerprint, habitat.time.now() + AGAIN_AFTER_MS);
      const location = await locate([alert]);
      if (location.kind === 'unlocated' || location.notifyOnly !== undefined) continue;
      const key = workloadKey(location.workload);
      const last = restartedAt.get(key) ?? Number.NEGATIVE_INFINITY;
      const due = habitat.time.now() - last >= AGAIN_AFTER_MS;
      if (!due || PATHS[location.workload.kind] === undefined) continue;
      restartedAt.set(key, habitat.time.now());
      // The first restart of each workload stands for those after it.
      const judged = last === Number.NEGATIVE_INFINITY;
      const harm = judged ? { harmful: await isHarmful(habitat, location.workload, question) } : {};
      await restart(bed, location.workload);
      const { name } = location.workload;
      actions.push({ remedy: 'rollout-restart', workload: name, disruptive: true, ...harm, decidedBy: 'habit' });
    }
  }
  return outcomeOf(watch, { began, end: habitat.time.now(), actions, escalated: false });
}

async function isHarmful(habitat: Habitat, workload: WorkloadRef, question: HabitQuestion): Promise<boolean> {
  const without = forkWorld(habitat);
  const withIt = forkWorld(habitat);
  await restart(makeBed(withIt, question.spec), workload);
  const minutes = [without, withIt].map((fork) => {
    const watch = makeWatch(fork, question.spec, question.baseline);
    pass(fork, watch, COMPARED_SECONDS, question.tickSeconds);
    return watch.bad.total();
  });
  return isWorse(minutes[1] ?? 0, minutes[0] ?? 0);
}

/** Worse than nothing: by a tenth, and by half a bad minute, so that the world's noise is no harm. */
export function isWorse(withIt: number, without: number): boolean {
  return withIt > without * 1.1 + 0.5;
}

async function restart({ cluster, clock }: Bed, { kind, namespace, name }: WorkloadRef): Promise<void> {
  const stamp = new Date(clock.now()).toISOString();
  const annotations = { 'kubectl.kubernetes.io/restartedAt': stamp };
  await cluster.send(
    {
      method: 'PATCH',
      path: `/apis/apps/v1/namespaces/${namespace}/${PATHS[kind] ?? ''}/${name}`,
      contentType: 'application/merge-patch+json',
      body: { spec: { template: { metadata: { annotations } } } },
    },
    { dryRun: false },
  );
}
