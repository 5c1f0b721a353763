import { type Json, isRecord } from './json.ts';

/** What the API server fills in where a spec leaves it out, for the kinds whose defaults matter to what is read back. */
export function withDefaults(kind: string, object: Json): Json {
  const fill = SPEC_DEFAULTS[kind];
  const spec = object['spec'];
  return fill !== undefined && isRecord(spec) ? { ...object, spec: fill(spec) } : object;
}

/** The status of an object that was just created; undefined for kinds that start without one. */
export function initialStatus(kind: string): Json | undefined {
  return INITIAL_STATUS[kind];
}

const ZERO_DAEMONS: Json = {
  currentNumberScheduled: 0,
  numberMisscheduled: 0,
  desiredNumberScheduled: 0,
  numberReady: 0,
};

const INITIAL_STATUS: Readonly<Record<string, Json>> = {
  CronJob: {},
  DaemonSet: ZERO_DAEMONS,
  Deployment: {},
  HorizontalPodAutoscaler: { desiredReplicas: 0, currentMetrics: null },
  Job: {},
  Namespace: { phase: 'Active' },
  Node: {},
  PersistentVolume: { phase: 'Pending' },
  PersistentVolumeClaim: { phase: 'Pending' },
  Pod: { phase: 'Pending' },
  PodDisruptionBudget: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
  ReplicaSet: { replicas: 0 },
  Service: { loadBalancer: {} },
  StatefulSet: { replicas: 0, availableReplicas: 0 },
};

const SPEC_DEFAULTS: Readonly<Record<string, (spec: Json) => Json>> = {
  CronJob: (spec) => ({
    concurrencyPolicy: 'Allow',
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
    ...spec,
  }),
  DaemonSet: (spec) => ({
    revisionHistoryLimit: 10,
    ...withTemplate(spec),
    updateStrategy: rolling(spec['updateStrategy'], { maxUnavailable: 1, maxSurge: 0 }),
  }),
  Deployment: (spec) => ({
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    ...withTemplate(withoutFalse(spec, 'paused')),
    strategy: rolling(spec['strategy'], { maxUnavailable: '25%', maxSurge: '25%' }),
  }),
  HorizontalPodAutoscaler: (spec) => ({ minReplicas: 1, ...spec }),
  Job: (spec) => ({ parallelism: 1, completions: 1, backoffLimit: 6, ...withTemplate(spec) }),
  Node: (spec) => withoutFalse(spec, 'unschedulable'),
  Pod: (spec) => podSpec(spec),
  ReplicaSet: (spec) => ({ replicas: 1, ...withTemplate(spec) }),
  StatefulSet: (spec) => ({
    replicas: 1,
    podManagementPolicy: 'OrderedReady',
    revisionHistoryLimit: 10,
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    ...withTemplate(spec),
    updateStrategy: rolling(spec['updateStrategy'], { partition: 0 }),
  }),
};

/** A switch that is off is left out, as the real server does. */
function withoutFalse(spec: Json, field: string): Json {
  const { [field]: value, ...rest } = spec;
  return value === false ? rest : spec;
}

function rolling(strategy: unknown, rollingUpdate: Json): Json {
  const given: Json = { type: 'RollingUpdate', ...(isRecord(strategy) ? strategy : {}) };
  if (given['type'] !== 'RollingUpdate') {
    return given;
  }
  const limits = given['rollingUpdate'];
  return { ...given, rollingUpdate: { ...rollingUpdate, ...(isRecord(limits) ? limits : {}) } };
}

function withTemplate(spec: Json): Json {
  const template = spec['template'];
  if (!isRecord(template) || !isRecord(template['spec'])) {
    return spec;
  }
  return { ...spec, template: { ...template, spec: podSpec(template['spec']) } };
}

function podSpec(spec: Json): Json {
  const { initContainers } = spec;
  return {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    ...spec,
    ...(Array.isArray(spec['containers']) ? { containers: spec['containers'].map(container) } : {}),
    ...(Array.isArray(initContainers) ? { initContainers: initContainers.map(container) } : {}),
  };
}

const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;

function container(value: unknown): unknown {
  if (!isRecord(value)) {
    return value;
  }
  const { image, ports } = value;
  const filled: Record<string, unknown> = {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: pullPolicy(image),
    ...value,
  };
  for (const probe of PROBES) {
    const given = value[probe];
    if (isRecord(given)) {
      filled[probe] = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3, ...given };
    }
  }
  if (Array.isArray(ports)) {
    filled['ports'] = ports.map((port: unknown) => (isRecord(port) ? { protocol: 'TCP', ...port } : port));
  }
  return filled;
}

function pullPolicy(image: unknown): string {
  const tag = typeof image === 'string' ? /:([^:/@]+)$/.exec(image)?.[1] : undefined;
  const pinned = (tag !== undefined && tag !== 'latest') || (typeof image === 'string' && image.includes('@'));
  return pinned ? 'IfNotPresent' : 'Always';
}
