import type {
  Cause,
  CauseName,
  Diagnosis,
  Evidence,
  PodEvidence,
  RevisionEvidence,
  WorkloadEvidence,
} from '../../src/domain/diagnosis.ts';
import type { Decided, Diagnosed, IncidentId, Scored, Verifying } from '../../src/domain/incident.ts';
import type {
  DaemonSet,
  Deployment,
  HorizontalPodAutoscaler,
  ObjectMeta,
  Pod,
  PodDisruptionBudget,
  PodTemplate,
  ReplicaSet,
  StatefulSet,
} from '../../src/domain/kubernetes.ts';
import type { Located } from '../../src/domain/location.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { actionId, type Candidate } from '../../src/domain/remedy.ts';
import type { RemedyContext } from '../../src/act/remedy.ts';

/** 2026-11-21T03:00:00Z. */
export const NOW = Date.UTC(2026, 10, 21, 3);
export const MINUTE = 60_000;
export const DEPLOYMENT_UID = 'd0000000-0000-4000-8000-000000000001';
export const ACTION = actionId('inc-1', 1);

export const POLICY: Policy = {
  mode: 'auto',
  remedies: ['none', 'restart-pod', 'rollout-restart', 'scale-up', 'scale-down', 'rollback'],
  rules: [],
  protectedNamespaces: ['kube-system'],
  protectedWorkloads: [],
  cooldownSeconds: 600,
  maxActionsPerHour: 20,
  maxActionsPerWorkloadPerDay: 6,
  minimumScore: 0.5,
  maxEvidenceAgeSeconds: 120,
  approvalTtlSeconds: 1800,
  scale: { maxReplicas: 10, maxFactor: 2, minReplicas: 1 },
  limits: {
    maxDisruption: 60,
    giveBackAfterSeconds: 900,
    resize: { factor: 1.5, maxMemory: '8Gi', maxCpu: '4' },
    nodes: { maxShareOut: 0.2, drainDeadlineSeconds: 900 },
    cleanup: { minAgeSeconds: 600, maxPods: 20 },
    quarantineSeconds: 86_400,
    autoscaler: { cpuPercent: 60 },
    nodeGroups: [],
    runbooks: [],
  },
  verification: { firstCheckSeconds: 15, intervalSeconds: 10, stableSeconds: 60, deadlineSeconds: 600 },
  maxRungs: 2,
  alertLagSeconds: 900,
};

export function rfc(at: number): string {
  return new Date(at).toISOString();
}

export function meta(name: string, overrides: Partial<ObjectMeta> = {}): ObjectMeta {
  return { name, namespace: 'shop', uid: `uid-${name}`, resourceVersion: '100', generation: 3, ...overrides };
}

export function template(image: string): PodTemplate {
  return {
    metadata: { labels: { app: 'cart' } },
    spec: { containers: [{ name: 'app', image }], restartPolicy: 'Always', schedulerName: 'default-scheduler' },
  };
}

/** A Deployment shop/cart with two replicas, rolled out and healthy. */
export function aDeployment(
  overrides: { metadata?: Partial<ObjectMeta>; spec?: object; status?: object } = {},
): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: meta('cart', {
      uid: DEPLOYMENT_UID,
      labels: { app: 'cart' },
      annotations: { 'deployment.kubernetes.io/revision': '2' },
      ...overrides.metadata,
    }),
    spec: { replicas: 2, selector: { matchLabels: { app: 'cart' } }, template: template('cart:2'), ...overrides.spec },
    status: {
      observedGeneration: 3,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      ...overrides.status,
    },
  };
}

export function aStatefulSet(
  overrides: { metadata?: Partial<ObjectMeta>; spec?: object; status?: object } = {},
): StatefulSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: meta('cart', { uid: DEPLOYMENT_UID, labels: { app: 'cart' }, ...overrides.metadata }),
    spec: { replicas: 2, selector: { matchLabels: { app: 'cart' } }, template: template('cart:2'), ...overrides.spec },
    status: {
      observedGeneration: 3,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      currentRevision: 'cart-b',
      updateRevision: 'cart-b',
      ...overrides.status,
    },
  };
}

export function aDaemonSet(overrides: { spec?: object; status?: object } = {}): DaemonSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: meta('cart', { uid: DEPLOYMENT_UID, labels: { app: 'cart' } }),
    spec: { selector: { matchLabels: { app: 'cart' } }, template: template('cart:2'), ...overrides.spec },
    status: {
      observedGeneration: 3,
      desiredNumberScheduled: 2,
      currentNumberScheduled: 2,
      updatedNumberScheduled: 2,
      numberReady: 2,
      numberAvailable: 2,
      ...overrides.status,
    },
  };
}

export function ownedBy(kind: string, name: string, uid: string): Pick<ObjectMeta, 'ownerReferences'> {
  return { ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid, controller: true }] };
}

/** A ReplicaSet of shop/cart: `cart-<revision>`, made `ageMinutes` ago. */
export function aReplicaSet(
  revision: number,
  options: { image?: string; ready?: number; ageMinutes?: number } = {},
): ReplicaSet {
  const name = `cart-${revision}`;
  const own = template(options.image ?? `cart:${revision}`);
  return {
    metadata: meta(name, {
      labels: { app: 'cart', 'pod-template-hash': `hash${revision}` },
      annotations: { 'deployment.kubernetes.io/revision': String(revision) },
      creationTimestamp: rfc(NOW - (options.ageMinutes ?? 0) * MINUTE),
      ...ownedBy('Deployment', 'cart', DEPLOYMENT_UID),
    }),
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: 'cart' } },
      template: {
        ...own,
        metadata: { ...own.metadata, labels: { app: 'cart', 'pod-template-hash': `hash${revision}` } },
      },
    },
    status: { readyReplicas: options.ready ?? 0 },
  };
}

/** A ready pod of revision 2 of shop/cart. */
export function aPod(
  name: string,
  overrides: { metadata?: Partial<ObjectMeta>; spec?: object; status?: object } = {},
): Pod {
  return {
    metadata: meta(name, {
      labels: { app: 'cart' },
      ...ownedBy('ReplicaSet', 'cart-2', 'uid-cart-2'),
      ...overrides.metadata,
    }),
    spec: { nodeName: 'node-1', containers: [{ name: 'app', image: 'cart:2' }], ...overrides.spec },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [{ name: 'app', ready: true, restartCount: 0, state: { running: {} } }],
      ...overrides.status,
    },
  };
}

export function anAutoscaler(
  spec: { min?: number; max: number },
  status: HorizontalPodAutoscaler['status'] = {},
  metadata: Partial<ObjectMeta> = {},
): HorizontalPodAutoscaler {
  return {
    metadata: meta('cart', { uid: 'uid-hpa', ...metadata }),
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart' },
      ...(spec.min !== undefined && { minReplicas: spec.min }),
      maxReplicas: spec.max,
    },
    status,
  };
}

export function aBudget(name: string, allowed: number | undefined, labels = { app: 'cart' }): PodDisruptionBudget {
  return {
    metadata: meta(name),
    spec: { selector: { matchLabels: labels } },
    ...(allowed !== undefined && { status: { disruptionsAllowed: allowed } }),
  };
}

export const LOCATED: Located = {
  kind: 'located',
  workload: { kind: 'Deployment', namespace: 'shop', name: 'cart' },
  uid: DEPLOYMENT_UID,
  pods: [],
  decidedBy: 'deployment',
  why: 'the label deployment names it',
};

export function podEvidence(name: string, overrides: Partial<PodEvidence> = {}): PodEvidence {
  return {
    name,
    uid: `uid-${name}`,
    resourceVersion: '100',
    node: 'node-1',
    phase: 'Running',
    reason: '',
    ready: true,
    terminating: false,
    createdAt: NOW - 60 * MINUTE,
    revisionHash: 'hash2',
    unschedulable: '',
    containers: [{ name: 'app', image: 'cart:2', ready: true, restarts: 0, stateReason: '', stateMessage: '' }],
    ...overrides,
  };
}

export function crashing(name: string, restarts = 5): PodEvidence {
  return podEvidence(name, {
    ready: false,
    containers: [
      { name: 'app', image: 'cart:2', ready: false, restarts, stateReason: 'CrashLoopBackOff', stateMessage: '' },
    ],
  });
}

export function stateEvidence(overrides: Partial<WorkloadEvidence> = {}): WorkloadEvidence {
  return {
    uid: DEPLOYMENT_UID,
    resourceVersion: '100',
    labels: {},
    annotations: {},
    managers: [],
    ownerKinds: [],
    generation: 3,
    observedGeneration: 3,
    desired: 2,
    updated: 2,
    ready: 2,
    available: 2,
    total: 2,
    paused: false,
    conditions: [],
    ...overrides,
  };
}

export function revisionEvidence(
  revision: number,
  options: { current?: boolean; ready?: number; ageMinutes?: number } = {},
): RevisionEvidence {
  return {
    revision,
    name: `cart-${revision}`,
    hash: `hash${revision}`,
    createdAt: NOW - (options.ageMinutes ?? 0) * MINUTE,
    images: [`cart:${revision}`],
    readyReplicas: options.ready ?? 0,
    current: options.current ?? false,
  };
}

export function evidence(overrides: Partial<Evidence> = {}): Evidence {
  return {
    workload: LOCATED.workload,
    at: NOW - 5000,
    state: stateEvidence(),
    pods: [podEvidence('cart-2-a'), podEvidence('cart-2-b')],
    revisions: [revisionEvidence(2, { current: true, ageMinutes: 20 }), revisionEvidence(1, { ageMinutes: 2000 })],
    nodes: [],
    events: [],
    logs: [],
    signals: {},
    missing: [],
    ...overrides,
  };
}

export function cause(name: CauseName, overrides: Partial<Cause> = {}): Cause {
  return { name, confidence: 0.9, because: [`it looks like ${name}`], symptoms: [], ...overrides };
}

export function diagnosis(
  first: Cause | CauseName,
  found: Partial<Evidence> = {},
  others: readonly Cause[] = [],
): Diagnosis {
  return { evidence: evidence(found), causes: [typeof first === 'string' ? cause(first) : first, ...others] };
}

export function context(
  first: Cause | CauseName,
  overrides: Partial<RemedyContext> & { found?: Partial<Evidence> } = {},
): RemedyContext {
  const { found = {}, ...rest } = overrides;
  return {
    location: LOCATED,
    diagnosis: diagnosis(first, found),
    tried: [],
    symptomSince: NOW - 15 * MINUTE,
    scale: POLICY.scale,
    limits: POLICY.limits,
    protectedNamespaces: POLICY.protectedNamespaces,
    ...rest,
  };
}

export function candidate(overrides: Partial<Candidate> = {}): Candidate {
  return { remedy: 'rollout-restart', score: 0.8, cures: 'memory-leak', because: ['0.9 x 0.9'], ...overrides };
}

export function diagnosedIncident(overrides: Partial<Diagnosed> = {}): Diagnosed {
  return {
    id: 'inc-1' as IncidentId, // Ids are branded strings; tests choose them.
    phase: 'diagnosed',
    openedAt: NOW - MINUTE,
    updatedAt: NOW,
    alerts: [
      {
        fingerprint: '00000000000000aa',
        status: 'firing',
        labels: { alertname: 'CartIsIll', namespace: 'shop' },
        annotations: {},
        startsAt: NOW - 15 * MINUTE,
        generatorURL: '',
      },
    ],
    rung: 1,
    attempts: [],
    failures: 0,
    location: LOCATED,
    diagnosis: diagnosis('memory-leak'),
    ...overrides,
  };
}

export function scoredIncident(overrides: Partial<Scored> = {}): Scored {
  return { ...diagnosedIncident(), candidates: [candidate()], ...overrides, phase: 'scored' };
}

export function decidedIncident(overrides: Partial<Decided> = {}): Decided {
  const verdict = { kind: 'act', candidate: candidate(), mode: 'auto' } as const;
  return { ...scoredIncident(), verdict, ...overrides, phase: 'decided' };
}

export function verifyingIncident(overrides: Partial<Verifying> = {}): Verifying {
  return { ...decidedIncident(), startedAt: NOW - 2 * MINUTE, ...overrides, phase: 'verifying' };
}
