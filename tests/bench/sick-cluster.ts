import { simulatedMetrics } from '../../src/simulator/metric-source.ts';
import type { AlertSource } from '../../src/ports/alerts.ts';
import type { MetricSource } from '../../src/ports/metrics.ts';
import type { WriteRecord } from '../../src/simulator/api/context.ts';
import { startApiServer } from '../../src/simulator/api/server.ts';
import { makeObjectStore } from '../../src/simulator/objects.ts';
import { makeSimClock } from '../../src/simulator/world/clock.ts';
import { seededUids } from '../../src/simulator/world/random.ts';
import type { ServiceSpec } from '../../src/simulator/world/spec.ts';
import { makeWorld, type World } from '../../src/simulator/world/world.ts';

export interface SickCluster {
  readonly apiUrl: string;
  readonly metrics: MetricSource;
  readonly alerts: AlertSource;
  /** Of each Deployment the webhook that Alertmanager would send about its crash-looping pod. */
  readonly webhooks: readonly Webhook[];
  close(): Promise<void>;
}

export interface Webhook {
  readonly deployment: string;
  readonly body: string;
}

const PREHISTORY_SECONDS = 600;
/** From the rollout to the webhook: long enough for several crashes. */
const SICK_SECONDS = 120;
const STEP_SECONDS = 5;
const ALERT_AGE_MS = 30_000;
const PODS_PER_NODE = 20;

/**
 * A cluster behind a Kubernetes API on loopback, in which each of `count` Deployments, in a namespace of its own, has just got
 * a version that crashes at every start. The world stands still from now on; only what is written to the API changes it.
 */
export async function startSickCluster(
  count: number,
  deps: { readonly now: () => number; readonly onWrite: (write: WriteRecord) => void },
): Promise<SickCluster> {
  const time = makeSimClock(deps.now() - SICK_SECONDS * 1000);
  let living = true;
  const now = (): number => (living ? time.now() : deps.now());
  const objects = makeObjectStore({ now, uid: seededUids(7) });
  const services = Array.from({ length: count }, (_, index) => service(index));
  const scenario = { nodes: nodesFor(count), services, prehistorySeconds: PREHISTORY_SECONDS };
  const world = makeWorld({ store: objects, seed: 7, scenario });
  for (const { namespace, name } of services) {
    world.inject({ id: namespace, kind: 'bad-rollout-crash', target: { namespace, service: name } });
  }
  for (let second = 0; second < SICK_SECONDS; second += STEP_SECONDS) {
    time.advance(STEP_SECONDS * 1000);
    world.tick(STEP_SECONDS);
  }
  living = false;
  const api = await startApiServer({
    store: objects,
    logs: ({ namespace, pod, container, previous }) => world.logs(namespace, pod, container, previous),
    onWrite: deps.onWrite,
  });
  const fires = services.map(({ namespace, name }, index) => alertOf(world, { namespace, name, index, now: now() }));
  const byFingerprint = new Map(fires.map((each) => [each.alert.fingerprint, each.alert]));
  return {
    apiUrl: api.url,
    metrics: simulatedMetrics(world),
    alerts: {
      current: async (fingerprints) =>
        fingerprints.flatMap((fingerprint) => {
          const alert = byFingerprint.get(fingerprint);
          if (alert === undefined) return [];
          return [{ ...alert, startsAt: Date.parse(alert.startsAt), silencedBy: [], inhibitedBy: [] }];
        }),
    },
    webhooks: fires.map(({ deployment, alert }) => ({ deployment, body: JSON.stringify(webhookOf(alert)) })),
    close: () => api.close(),
  };
}

function nodesFor(count: number): { readonly name: string; readonly cpu: string; readonly memory: string }[] {
  return Array.from({ length: Math.ceil(count / PODS_PER_NODE) + 1 }, (_, index) => {
    return { name: `node-${index + 1}`, cpu: '16', memory: '64Gi' };
  });
}

function service(index: number): ServiceSpec {
  const namespace = `team-${String(index + 1).padStart(3, '0')}`;
  return {
    namespace,
    name: 'orders',
    kind: 'Deployment',
    replicas: 1,
    image: `${namespace}/orders:1.4.2`,
    previousImage: `${namespace}/orders:1.4.1`,
    requests: { cpu: '100m', memory: '128Mi' },
    limits: { cpu: '200m', memory: '256Mi' },
    memory: '64Mi',
    port: 8080,
    progressDeadlineSeconds: 60,
  };
}

interface WireAlert {
  readonly status: 'firing';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly generatorURL: string;
  readonly fingerprint: string;
}

function alertOf(
  world: World,
  of: { readonly namespace: string; readonly name: string; readonly index: number; readonly now: number },
): { readonly deployment: string; readonly alert: WireAlert } {
  const { namespace, name } = of;
  const crashed = world.view.kit
    .list('pods')
    .find((pod) => pod.metadata.namespace === namespace && hasRestarted(pod.status?.containerStatuses ?? []));
  if (crashed === undefined) throw new Error(`no pod of ${namespace}/${name} crashes`);
  return {
    deployment: `${namespace}/${name}`,
    alert: {
      status: 'firing',
      labels: {
        alertname: 'KubePodCrashLooping',
        container: 'app',
        job: 'kube-state-metrics',
        namespace,
        pod: crashed.metadata.name,
        reason: 'CrashLoopBackOff',
        severity: 'warning',
      },
      annotations: { summary: 'Pod is crash looping.' },
      startsAt: new Date(of.now - ALERT_AGE_MS).toISOString(),
      generatorURL: 'http://prometheus/graph?g0.expr=x',
      fingerprint: (of.index + 1).toString(16).padStart(16, '0'),
    },
  };
}

function hasRestarted(statuses: readonly { readonly restartCount?: number }[]): boolean {
  return statuses.some(({ restartCount = 0 }) => restartCount > 0);
}

function webhookOf(alert: WireAlert): object {
  return {
    version: '4',
    groupKey: `{}:{namespace="${alert.labels['namespace'] ?? ''}"}`,
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'autoheal',
    groupLabels: { namespace: alert.labels['namespace'] },
    commonLabels: alert.labels,
    commonAnnotations: alert.annotations,
    externalURL: 'http://alertmanager:9093',
    alerts: [{ ...alert, endsAt: '0001-01-01T00:00:00Z' }],
  };
}
