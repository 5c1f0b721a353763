import { makeExecute } from '../../src/act/execute.ts';
import { makePlan } from '../../src/act/plan.ts';
import type { Plan, Remedy, RemedyContext } from '../../src/act/remedy.ts';
import { undo, type UndoAnswer } from '../../src/act/undo.ts';
import { makeKubernetesCluster } from '../../src/adapters/kubernetes/cluster.ts';
import { makeGatherEvidence } from '../../src/diagnose/evidence/gather.ts';
import type { Cause, CauseName } from '../../src/domain/diagnosis.ts';
import type { Decided } from '../../src/domain/incident.ts';
import type { Located } from '../../src/domain/location.ts';
import type { RemedyLimits } from '../../src/domain/policy.ts';
import { writesOf, type ActionResult, type Intent, type WaitingResult } from '../../src/domain/remedy.ts';
import type { Cluster } from '../../src/ports/cluster.ts';
import { accessByToken } from '../../src/simulator/api/access.ts';
import type { WriteRecord } from '../../src/simulator/api/context.ts';
import { startApiServer } from '../../src/simulator/api/server.ts';
import { customResourcesOf } from '../../src/simulator/custom-resources.ts';
import { makeObjectStore, type ObjectStore, type StoredObject } from '../../src/simulator/objects.ts';
import { makeSimClock } from '../../src/simulator/world/clock.ts';
import { seededUids } from '../../src/simulator/world/random.ts';
import type { ServiceSpec, WorldSpec } from '../../src/simulator/world/spec.ts';
import { makeWorld, type World } from '../../src/simulator/world/world.ts';
import { recordingEndpoints, type RecordingEndpoints } from '../fakes/endpoints.ts';
import { candidate, cause, decidedIncident, NOW, POLICY } from './incident.ts';

/** A simulated cluster behind its API, with the one remedy that is held against it. Nobody else writes through that API. */
export interface Acting {
  readonly objects: ObjectStore;
  readonly world: World;
  readonly cluster: Cluster;
  readonly endpoints: RecordingEndpoints;
  /** Writes that took effect. */
  writes(): readonly WriteRecord[];
  /** Lets the cluster live for so many seconds. */
  run(seconds: number): void;
  context(cause: Cause | CauseName, more?: Partial<Located>): Promise<RemedyContext>;
  plan(cause: Cause | CauseName, more?: Partial<Located>): Promise<Plan>;
  execute(intent: Intent): Promise<ActionResult | WaitingResult>;
  /** Takes every write of an intent back, the last one first. */
  undo(intent: Intent): Promise<readonly UndoAnswer[]>;
  close(): Promise<void>;
}

export interface ActingOptions {
  readonly services: readonly ServiceSpec[];
  readonly more?: Partial<WorldSpec>;
  /** Of the workload that is ill: the first service unless given. */
  readonly ill?: string;
  readonly limits?: Partial<RemedyLimits>;
  /** Changes the cluster before anybody looks at it. */
  readonly arrange?: (objects: ObjectStore, world: World) => void;
}

export const SERVICE: ServiceSpec = {
  namespace: 'shop',
  name: 'cart',
  kind: 'Deployment',
  replicas: 3,
  image: 'cart:1',
  requests: { cpu: '100m', memory: '64Mi' },
  limits: { cpu: '200m', memory: '128Mi' },
  memory: '40Mi',
  port: 8080,
};

const RESOURCES = { Deployment: 'deployments', StatefulSet: 'statefulsets', DaemonSet: 'daemonsets' } as const;

/** With exactly the rights that the remedy declares, and those that gathering evidence needs. */
export async function openActing(remedy: Remedy, options: ActingOptions): Promise<Acting> {
  const time = makeSimClock(NOW);
  const objects = makeObjectStore({ now: time.now, uid: seededUids(3) });
  const scenario: WorldSpec = {
    nodes: [
      { name: 'node-1', cpu: '4', memory: '8Gi' },
      { name: 'node-2', cpu: '4', memory: '8Gi' },
    ],
    services: options.services,
    prehistorySeconds: 600,
    ...options.more,
  };
  const world = makeWorld({ store: objects, seed: 3, scenario });
  const written: WriteRecord[] = [];
  const api = await startApiServer({
    store: objects,
    customResources: customResourcesOf(scenario),
    onWrite: (record) => written.push(record),
    access: accessByToken({
      act: { user: 'autoheal', rules: remedy.rbac },
      look: { user: 'reader', rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list'] }] },
    }),
  });
  const connect = (token: string): Cluster =>
    makeKubernetesCluster({ connection: { server: api.url, token }, timeoutMs: 2000, retryMs: 1 });
  const [cluster, reader] = [connect('act'), connect('look')];
  const endpoints = recordingEndpoints();
  const policy = { ...POLICY, limits: { ...POLICY.limits, ...options.limits } };
  const acting = { cluster, clock: { now: time.now }, catalogue: [remedy], policy };
  options.arrange?.(objects, world);

  function run(seconds: number): void {
    for (let passed = 0; passed < seconds; passed += 5) {
      time.advance(5000);
      world.tick(5);
    }
  }

  async function decided(of: Cause | CauseName, more: Partial<Located> = {}): Promise<Decided> {
    const [first] = options.services;
    const service = options.services.find(({ name }) => name === options.ill) ?? first ?? SERVICE;
    const { kind, namespace, name } = service;
    const location: Located = {
      kind: 'located',
      workload: { kind, namespace, name },
      uid: stored(objects, RESOURCES[kind], name).metadata.uid,
      pods: [],
      decidedBy: 'test',
      why: '',
      ...more,
    };
    const metrics = { signals: async () => ({}) };
    const clock = { now: time.now, sleep: () => new Promise<void>(() => {}) };
    const gather = makeGatherEvidence({ cluster: reader, metrics, clock, deadlineMs: 5000 });
    const evidence = await gather(location, []);
    return decidedIncident({
      location,
      diagnosis: { evidence, causes: [typeof of === 'string' ? cause(of) : of] },
    });
  }

  return {
    objects,
    world,
    cluster,
    endpoints,
    writes: () => written.filter(({ dryRun, status }) => !dryRun && status < 300),
    run,
    async context(of, more) {
      const { location, diagnosis } = await decided(of, more);
      const { scale, limits, protectedNamespaces } = policy;
      return { location, diagnosis, tried: [], scale, limits, protectedNamespaces };
    },
    async plan(of, more) {
      const incident = await decided(of, more);
      const cures = incident.diagnosis.causes[0].name;
      return makePlan(acting)(incident, candidate({ remedy: remedy.name, cures }));
    },
    execute: (intent) => makeExecute({ ...acting, endpoints })(intent),
    async undo(intent) {
      const answers: UndoAnswer[] = [];
      for (const write of writesOf(intent).toReversed()) {
        if (write.undo === undefined) continue;
        answers.push(await undo(write.undo, cluster, { actionId: intent.actionId, undoId: 'undo-1' }));
      }
      return answers;
    },
    close: () => api.close(),
  };
}

/** The intent of a plan that must not be refused. */
export function planned(plan: Plan): Intent {
  if (plan.kind === 'refused') throw new Error(`${plan.refusal.code}: ${plan.refusal.why}`);
  return plan.intent;
}

/** An object of namespace shop that must be there. */
export function stored(objects: ObjectStore, resource: string, name: string): StoredObject {
  const object = objects.get(resource, 'shop', name);
  if (object === undefined) throw new Error(`there is no ${resource} ${name}`);
  return object;
}

/** Changes an object of namespace shop as somebody else would. */
export function changed(
  objects: ObjectStore,
  resource: string,
  name: string,
  change: (object: StoredObject) => StoredObject,
): void {
  objects.update(resource, change(stored(objects, resource, name)));
}

/** Sets annotations of an object of namespace shop; `undefined` removes one. */
export function annotated(
  objects: ObjectStore,
  resource: string,
  name: string,
  annotations: Readonly<Record<string, string | undefined>>,
): void {
  changed(objects, resource, name, (object) => {
    const all = Object.entries({ ...object.metadata.annotations, ...annotations });
    const kept = Object.fromEntries(all.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
    return { ...object, metadata: { ...object.metadata, annotations: kept } };
  });
}
