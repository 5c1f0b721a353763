import { contextOf, type PlanDeps, type Remedy, type RemedyContext } from '../../src/act/remedy.ts';
import { makeExecute } from '../../src/act/execute.ts';
import { makePlan } from '../../src/act/plan.ts';
import { undo, type UndoAnswer } from '../../src/act/undo.ts';
import { makeKubernetesCluster } from '../../src/adapters/kubernetes/cluster.ts';
import { makeGatherEvidence } from '../../src/diagnose/evidence/gather.ts';
import type { CauseName } from '../../src/domain/diagnosis.ts';
import type { Decided } from '../../src/domain/incident.ts';
import type { Located } from '../../src/domain/location.ts';
import type { Policy } from '../../src/domain/policy.ts';
import {
  refusalText,
  type ActionResult,
  type Intent,
  type Refusal,
  type Undo,
  type WaitingResult,
} from '../../src/domain/remedy.ts';
import type { Cluster } from '../../src/ports/cluster.ts';
import { accessOf, type Rule } from '../../src/simulator/api/access.ts';
import type { WriteRecord } from '../../src/simulator/api/context.ts';
import { startApiServer } from '../../src/simulator/api/server.ts';
import { makeObjectStore, timestamp, type ObjectStore, type StoredObject } from '../../src/simulator/objects.ts';
import { ACTION, candidate, cause, decidedIncident, LOCATED, NOW, POLICY } from '../builders/incident.ts';
import { recordingEndpoints } from './endpoints.ts';

export interface PodWish {
  readonly namespace?: string;
  readonly node?: string;
  readonly app?: string;
  /** `Kind/name` of the controller; `ReplicaSet/<app>` when left out, none when empty. */
  readonly owner?: string;
  readonly ready?: boolean;
  readonly phase?: string;
  /** Seconds since it became what it is. */
  readonly ageSeconds?: number;
  readonly cpu?: string;
  readonly metadata?: object;
  readonly spec?: object;
  readonly status?: object;
}

export interface NodeWish {
  readonly cpu?: string;
  readonly ready?: boolean;
  readonly pressure?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: object;
}

/** A cluster of nodes and pods behind the simulator's API, read and written through the real adapter over loopback HTTP. */
export interface NodeWorld {
  readonly cluster: Cluster;
  readonly objects: ObjectStore;
  /** Writes that took effect. */
  writes(): readonly WriteRecord[];
  node(name: string, wish?: NodeWish): StoredObject;
  pod(name: string, wish?: PodWish): StoredObject;
  /** A Deployment with its ReplicaSet, and where it is located. */
  deployment(app: string, replicas: number): Partial<Located>;
  budget(name: string, app: string, status: object, spec?: object): void;
  object(resource: string, namespace: string | undefined, name: string): StoredObject;
  change(resource: string, namespace: string | undefined, name: string, to: (object: StoredObject) => object): void;
  pass(seconds: number): void;
  /** What is known of a located workload, with a cause given by hand. */
  diagnosed(cause: CauseName, located: Partial<Located>): Promise<Decided>;
  context(cause: CauseName, located: Partial<Located>, policy?: Partial<Policy>): Promise<RemedyContext>;
  /** Considers and plans, with the dry run. */
  plan(remedy: Remedy, incident: Decided, policy?: Partial<Policy>): Promise<Intent | Refusal>;
  /** What `plan` itself answers, whatever `consider` says. */
  planAfresh(remedy: Remedy, context: RemedyContext): Promise<Intent | Refusal>;
  execute(remedy: Remedy, intent: Intent): Promise<ActionResult | WaitingResult>;
  undo(intent: Intent, what?: Undo): Promise<UndoAnswer>;
  close(): Promise<void>;
}

export async function openNodeWorld(options: { readonly rules?: readonly Rule[] } = {}): Promise<NodeWorld> {
  let now = NOW;
  let made = 0;
  const objects = makeObjectStore({
    now: () => now,
    uid: () => {
      made += 1;
      return `00000000-0000-4000-8000-${String(made).padStart(12, '0')}`;
    },
  });
  const uids = new Map<string, string>();
  const written: WriteRecord[] = [];
  const { rules } = options;
  const api = await startApiServer({
    store: objects,
    onWrite: (record) => written.push(record),
    ...(rules !== undefined && { access: () => accessOf({ user: 'autoheal', rules }) }),
  });
  const cluster = makeKubernetesCluster({ connection: { server: api.url }, timeoutMs: 2000, retryMs: 1 });
  const clock = { now: () => now };

  function object(resource: string, namespace: string | undefined, name: string): StoredObject {
    const found = objects.get(resource, namespace, name);
    if (found === undefined) throw new Error(`no ${resource} ${name}`);
    return found;
  }

  async function diagnosed(name: CauseName, place: Partial<Located>): Promise<Decided> {
    const location: Located = { ...LOCATED, ...place };
    const gather = makeGatherEvidence({
      cluster,
      metrics: { signals: () => Promise.resolve({}) },
      clock: { now: () => now, sleep: (_ms, signal) => untilAborted(signal) },
      deadlineMs: 2000,
    });
    const evidence = await gather(location, []);
    if (evidence.missing.length > 0) throw new Error(evidence.missing.join('; '));
    return decidedIncident({ location, diagnosis: { evidence, causes: [cause(name)] } });
  }

  async function context(name: CauseName, place: Partial<Located>, policy?: Partial<Policy>): Promise<RemedyContext> {
    return contextOf(await diagnosed(name, place), { ...POLICY, ...policy });
  }

  return {
    cluster,
    objects,
    writes: () => written.filter(({ dryRun, status }) => !dryRun && status < 300),
    node: (name, wish = {}) => objects.create('nodes', nodeObject(name, wish)),
    pod: (name, wish = {}) => objects.create('pods', podObject(name, wish, { now, uids })),
    deployment(app, replicas) {
      const selector = { matchLabels: { app } };
      const template = { metadata: { labels: { app } }, spec: { containers: [{ name: 'app', image: `${app}:1` }] } };
      const spec = { replicas, selector, template };
      const top = objects.create('deployments', {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: app, namespace: 'shop' },
        spec,
        status: { observedGeneration: 1, replicas, updatedReplicas: replicas, readyReplicas: replicas },
      });
      const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: app, uid: top.metadata.uid, controller: true };
      const set = objects.create('replicasets', {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        spec,
        metadata: { name: app, namespace: 'shop', labels: { app }, ownerReferences: [owner] },
      });
      uids.set(`ReplicaSet/${app}`, set.metadata.uid);
      return { workload: { kind: 'Deployment', namespace: 'shop', name: app }, uid: top.metadata.uid };
    },
    budget(name, app, status, spec = {}) {
      objects.create('poddisruptionbudgets', {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name, namespace: 'shop' },
        spec: { selector: { matchLabels: { app } }, ...spec },
        status: { observedGeneration: 1, ...status },
      });
    },
    object,
    change(resource, namespace, name, to) {
      const before = object(resource, namespace, name);
      objects.update(resource, { ...before, ...to(before) });
    },
    pass(seconds) {
      now += seconds * 1000;
    },
    diagnosed,
    context,
    async plan(remedy, incident, policy = {}) {
      const make = makePlan({ cluster, clock, catalogue: [remedy], policy: { ...POLICY, ...policy } });
      const cures = incident.diagnosis.causes[0].name;
      const answer = await make(incident, candidate({ remedy: remedy.name, cures }));
      return answer.kind === 'refused' ? answer.refusal : answer.intent;
    },
    async planAfresh(remedy, given) {
      const deps: PlanDeps = { cluster, actionId: ACTION, rung: 1, cures: given.diagnosis.causes[0].name, now };
      const answer = await remedy.plan(given, deps);
      return answer.kind === 'refused' ? answer.refusal : answer.intent;
    },
    execute: (remedy, intent) =>
      makeExecute({ cluster, clock, endpoints: recordingEndpoints(), catalogue: [remedy] })(intent),
    undo(intent, what = intent.undo) {
      if (what === undefined) throw new Error('there is nothing to undo');
      return undo(what, cluster, { actionId: intent.actionId, undoId: 'undo-1' });
    },
    close: () => api.close(),
  };
}

/** A node as it is located. */
export function nodeAt({ metadata: { name, uid } }: StoredObject): Partial<Located> {
  return { workload: { kind: 'Node', namespace: '', name }, uid };
}

/** @throws Error with the refusal, where there is one. */
export function intentOf(answer: Intent | Refusal): Intent {
  if ('code' in answer) throw new Error(`refused: ${refusalText(answer)}`);
  return answer;
}

function nodeObject(name: string, { cpu = '4', ready = true, pressure, labels, annotations, spec = {} }: NodeWish) {
  const size = { cpu, memory: '16Gi', pods: '110' };
  const conditions = [
    ...(pressure === undefined ? [] : [{ type: pressure, status: 'True', lastTransitionTime: timestamp(NOW) }]),
    { type: 'Ready', status: ready ? 'True' : 'Unknown', lastTransitionTime: timestamp(NOW) },
  ];
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: { 'kubernetes.io/hostname': name, ...labels },
      ...(annotations !== undefined && { annotations }),
    },
    spec,
    status: { capacity: size, allocatable: size, conditions },
  };
}

function podObject(
  name: string,
  wish: PodWish,
  { now, uids }: { readonly now: number; readonly uids: ReadonlyMap<string, string> },
) {
  const { app, namespace, node, ready, phase, cpu, ageSeconds, owner = `ReplicaSet/${app}` } = { ...A_POD, ...wish };
  const since = timestamp(now - ageSeconds * 1000);
  const isReady = ready && phase === 'Running';
  const conditions = [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: since }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { app }, ownerReferences: ownersOf(owner, uids), ...wish.metadata },
    spec: {
      ...(node !== '' && { nodeName: node }),
      containers: [{ name: 'app', image: `${app}:1`, resources: { requests: { cpu } } }],
      ...wish.spec,
    },
    status: { phase, startTime: since, conditions, ...wish.status },
  };
}

const A_POD = {
  app: 'cart',
  namespace: 'shop',
  node: 'node-1',
  ready: true,
  phase: 'Running',
  cpu: '100m',
  ageSeconds: 3600,
} as const;

function ownersOf(owner: string, uids: ReadonlyMap<string, string>) {
  const [kind = '', name = ''] = owner.split('/');
  if (name === '') return [];
  return [{ apiVersion: 'apps/v1', kind, name, uid: uids.get(owner) ?? `uid-${name}`, controller: true }];
}

function untilAborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
