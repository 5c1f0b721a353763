import type { Alert } from '../../../../src/domain/alert.ts';
import { makeSimAlerting } from '../../../../src/simulator/alerting.ts';
import { makeObjectStore } from '../../../../src/simulator/objects.ts';
import { forkWorld } from '../../../../src/simulator/world/fork.ts';
import { isReady } from '../../../../src/simulator/world/pods.ts';
import { seededUids } from '../../../../src/simulator/world/random.ts';
import { serviceKey, type WorldSpec } from '../../../../src/simulator/world/spec.ts';
import { makeWorld, type World } from '../../../../src/simulator/world/world.ts';

export interface Seen {
  /** Alerts that fired, `name namespace/subject`, each once. */
  readonly alerts: readonly string[];
  readonly worstErrorRatio: number;
  readonly worstSeconds: number;
  /** Pods that are not ready at the end, but for those of Jobs. */
  readonly unready: readonly string[];
  readonly restarts: number;
}

/** A world of its own that lives with its alerts. */
export interface Life {
  readonly world: World;
  run(seconds: number): Promise<Seen>;
}

const STEP_SECONDS = 5;

export function aLife(on: {
  readonly spec: WorldSpec;
  readonly seed: number;
  readonly startAt: number;
  /** Between two looks at everything; 5 when left out. */
  readonly lookSeconds?: number;
}): Life {
  const look = on.lookSeconds ?? STEP_SECONDS;
  const store = makeObjectStore({ now: () => on.startAt, uid: seededUids(on.seed) });
  const origin = { objects: store, world: makeWorld({ store, seed: on.seed, scenario: on.spec }) };
  // In steps as long as those of the incidents that are simulated by the thousand.
  const { time, world } = forkWorld(origin, { stepMs: STEP_SECONDS * 1_000 });
  const alerting = makeSimAlerting({ world, now: time.now, postAlert: () => Promise.resolve() });

  async function run(seconds: number): Promise<Seen> {
    const alerts = new Set<string>();
    let worstErrorRatio = 0;
    let worstSeconds = 0;
    for (let passed = 0; passed < seconds; passed += look) {
      time.advance(look * 1_000);
      world.tick(look);
      await alerting.tick();
      for (const alert of alerting.firing()) alerts.add(named(alert));
      for (const service of on.spec.services) {
        const answer = service.load === undefined ? undefined : world.answer(serviceKey(service));
        worstErrorRatio = Math.max(worstErrorRatio, answer?.errorRatio ?? 0);
        worstSeconds = Math.max(worstSeconds, answer?.meanSeconds ?? 0);
      }
    }
    const pods = world.view.kit.list('pods').filter(({ metadata }) => metadata.ownerReferences?.[0]?.kind !== 'Job');
    const counts = pods.flatMap(({ status }) =>
      (status?.containerStatuses ?? []).map((each) => each.restartCount ?? 0),
    );
    return {
      alerts: [...alerts].toSorted(),
      worstErrorRatio,
      worstSeconds,
      unready: pods.filter((pod) => !isReady(pod)).map(({ metadata }) => metadata.name),
      restarts: counts.reduce((sum, each) => sum + each, 0),
    };
  }

  return { world, run };
}

function named({ labels }: Alert): string {
  const subject = labels['service'] ?? labels['deployment'] ?? labels['pod'] ?? labels['node'] ?? '';
  return `${labels['alertname'] ?? ''} ${labels['namespace'] ?? ''}/${subject}`;
}
