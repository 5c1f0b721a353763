import type { Alert } from '../domain/alert.ts';
import type { Diagnosed, IncidentId, PastAction } from '../domain/incident.ts';
import type { Located } from '../domain/location.ts';
import { workloadKey, type WorkloadKey } from '../domain/workload.ts';
import { parseWebhook } from '../receive/webhook.ts';
import { makeSimAlerting } from '../simulator/alerting.ts';
import { live, makeBed, type Habitat } from './bed.ts';
import type { DecisionPoint, Story } from './replay.ts';
import { stagesOn } from './stages.ts';

export interface OnsetOptions {
  /** So long after the beginning alerts are waited for, and so long after a decision for the next one. */
  readonly patienceSeconds: number;
  readonly nextWithinSeconds: number;
  /** So many ill workloads of one story are decided about; the later ones are mostly the first one's callers. */
  readonly mostIncidents: number;
  /** The alert as its rule's author may have called it; as the shipped rules call it when left out. */
  readonly named?: (alert: Alert) => Alert;
  /** What was done to the workload in the days before; nothing when left out. */
  readonly past?: (workload: WorkloadKey, now: number) => readonly PastAction[];
}

interface Open {
  readonly location: Located;
  readonly alerts: Map<string, Alert>;
  lookAt: number;
  looks: number;
}

/** How often Prometheus evaluates rules in most installations, or more often: half a minute is the default of the operator's. */
const EVALUATE_SECONDS = 15;
/** As the service does: an unknown cause is looked at again before anybody is called. */
const MAX_LOOKS = 6;
const LOOK_INTERVAL_MS = 20_000;

/**
 * Lets a world fall ill, with the alerts of the shipped rules, and yields each moment at which the service would decide.
 * The habitat lives on between two of them, untouched by whatever is tried on its forks.
 */
export async function* decisionPoints(
  habitat: Habitat,
  story: Story,
  options: OnsetOptions,
): AsyncGenerator<DecisionPoint> {
  const bed = makeBed(habitat, story.spec);
  const stages = stagesOn(bed, story.policy);
  const incidents = new Map<WorkloadKey, Open>();
  const fresh: Alert[] = [];
  const alerting = makeSimAlerting({
    world: habitat.world,
    now: habitat.time.now,
    evaluateEverySeconds: EVALUATE_SECONDS,
    async postAlert(body) {
      const parsed = parseWebhook(JSON.stringify(body), habitat.time.now());
      if (parsed.kind === 'ok') fresh.push(...parsed.webhook.alerts.map(options.named ?? asIs));
    },
  });
  let end = habitat.time.now() + options.patienceSeconds * 1_000;
  let decided = 0;
  while (habitat.time.now() < end && decided < options.mostIncidents) {
    live(habitat, story.tickSeconds, story.tickSeconds);
    await alerting.tick();
    for (const alert of fresh.splice(0)) await join(alert);
    for (const open of incidents.values()) {
      if (habitat.time.now() < open.lookAt || decided >= options.mostIncidents) continue;
      const incident = await diagnosed(open, decided + 1);
      if (incident === undefined) continue;
      decided += 1;
      end = Math.min(end, habitat.time.now() + options.nextWithinSeconds * 1_000);
      const history = options.past?.(workloadKey(open.location.workload), habitat.time.now()) ?? [];
      yield { habitat, incident, history, candidates: stages.score(incident, history) };
    }
  }

  /** Alerts of one workload are one incident. */
  async function join(alert: Alert): Promise<void> {
    if (alert.status !== 'firing') return;
    const location = await stages.locate([alert]);
    if (location.kind === 'unlocated' || location.notifyOnly !== undefined) return;
    const key = workloadKey(location.workload);
    const open = incidents.get(key) ?? { location, alerts: new Map<string, Alert>(), lookAt: 0, looks: 0 };
    open.alerts.set(alert.fingerprint, alert);
    incidents.set(key, open);
  }

  /** Undefined while the cause is unknown. */
  async function diagnosed(open: Open, number: number): Promise<Diagnosed | undefined> {
    const alerts = [...open.alerts.values()];
    const location = await stages.locate(alerts);
    if (location.kind === 'unlocated') {
      open.lookAt = Number.POSITIVE_INFINITY;
      return undefined;
    }
    const diagnosis = await stages.diagnose(location, alerts);
    open.looks += 1;
    const isUnknown = diagnosis.causes[0].name === 'unknown';
    open.lookAt =
      isUnknown && open.looks <= MAX_LOOKS ? habitat.time.now() + LOOK_INTERVAL_MS : Number.POSITIVE_INFINITY;
    if (isUnknown) return undefined;
    const at = habitat.time.now();
    return {
      phase: 'diagnosed',
      id: `sim-${number}` as IncidentId, // Simulated incidents are named here and nowhere else.
      openedAt: at,
      updatedAt: at,
      alerts,
      rung: 1,
      attempts: [],
      failures: 0,
      location,
      diagnosis,
    };
  }
}

function asIs(alert: Alert): Alert {
  return alert;
}
