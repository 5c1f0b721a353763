import { makeKubernetesCluster } from '../../../src/adapters/kubernetes/cluster.ts';
import { makeGatherEvidence } from '../../../src/diagnose/evidence/gather.ts';
import type { Decided } from '../../../src/domain/incident.ts';
import type { Located } from '../../../src/domain/location.ts';
import type { Policy } from '../../../src/domain/policy.ts';
import type { Cluster } from '../../../src/ports/cluster.ts';
import type { ApiDeps } from '../../../src/simulator/api/context.ts';
import { customResourcesOf } from '../../../src/simulator/custom-resources.ts';
import { makeObjectStore, type ObjectStore, type StoredObject } from '../../../src/simulator/objects.ts';
import { makeSimClock } from '../../../src/simulator/world/clock.ts';
import { seededUids } from '../../../src/simulator/world/random.ts';
import type { WorldSpec } from '../../../src/simulator/world/spec.ts';
import { advance, makeWorld } from '../../../src/simulator/world/world.ts';
import { candidate, cause, decidedIncident, NOW, POLICY } from '../../builders/incident.ts';
import type { LivingHands, PolicyChange, RemedyCase, RemedyWorld } from './case.ts';

const RESOURCES: Readonly<Record<string, string>> = {
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets',
  Node: 'nodes',
};

/** A world at the moment in which somebody looks at it. It can be thawed as often as wanted, and lived on once. */
export interface Frozen {
  readonly remedy: RemedyCase['remedy'];
  readonly world: RemedyWorld;
  readonly now: number;
  readonly policy: Policy;
  readonly api: Pick<ApiDeps, 'customResources' | 'logs'>;
  /** A copy of its objects, in which nothing lives. */
  thaw(): ObjectStore;
  /** The world itself. */
  readonly living: LivingHands;
}

/** Builds a world and lets the case have its way with it. */
export function freeze({ remedy }: RemedyCase, world: RemedyWorld): Frozen {
  const time = makeSimClock(NOW);
  const objects = makeObjectStore({ now: time.now, uid: seededUids(3) });
  const scenario: WorldSpec = { nodes: NODES, services: world.services, prehistorySeconds: 420, ...world.more };
  const simulated = makeWorld({ store: objects, seed: 3, scenario });
  const living: LivingHands = {
    objects,
    world: simulated,
    get now() {
      return time.now();
    },
    run: (seconds) => advance(simulated, time, seconds),
  };
  world.arrange?.(living);
  const kept = objects
    .resources()
    .flatMap((resource) => objects.list(resource).map((object) => [resource, object] as const))
    .sort(([, a], [, b]) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion));
  const now = time.now();
  return {
    remedy,
    world,
    now,
    policy: policyOf(POLICY, world.policy),
    api: {
      customResources: customResourcesOf(scenario),
      logs: ({ namespace, pod, container, previous }) => simulated.logs(namespace, pod, container, previous),
    },
    thaw: () => copyOf(kept, now),
    living,
  };
}

const NODES: WorldSpec['nodes'] = ['node-1', 'node-2', 'node-3'].map((name) => ({ name, cpu: '4', memory: '8Gi' }));

/** A policy with some of it changed. */
export function policyOf(policy: Policy, { limits, ...rest }: PolicyChange = {}): Policy {
  return { ...policy, ...rest, limits: { ...policy.limits, ...limits } };
}

function copyOf(kept: readonly (readonly [string, StoredObject])[], now: number): ObjectStore {
  const copy = makeObjectStore({ now: () => now, uid: seededUids(5) });
  for (const [resource, object] of kept) copy.restore(resource, object);
  return copy;
}

/** The incident as it would stand, with what the real gathering finds in a store, and the cause given by hand. */
export async function lookAt(frozen: Frozen, objects: ObjectStore, url: string, token: string): Promise<Decided> {
  const { world, now, remedy } = frozen;
  const cluster: Cluster = makeKubernetesCluster({ connection: { server: url, token }, timeoutMs: 5000, retryMs: 1 });
  const location: Located = {
    kind: 'located',
    workload: illOf(world),
    pods: [],
    decidedBy: 'test',
    why: 'the case says so',
    ...world.located?.(objects),
  };
  const { kind, namespace, name } = location.workload;
  const stored = objects.get(RESOURCES[kind] ?? '', namespace === '' ? undefined : namespace, name);
  const uid = location.uid ?? stored?.metadata.uid;
  const located = { ...location, ...(uid === undefined ? {} : { uid }) };
  const gather = makeGatherEvidence({
    cluster,
    metrics: { signals: async () => world.signals ?? {} },
    clock: { now: () => now, sleep: untilAborted },
    deadlineMs: 5000,
  });
  const evidence = await gather(located, []);
  if (evidence.missing.length > 0) throw new Error(`the evidence is not whole: ${evidence.missing.join('; ')}`);
  const [alert] = decidedIncident().alerts;
  const startsAt = now - (world.symptomAgeSeconds ?? 60) * 1000;
  return decidedIncident({
    location: located,
    alerts: alert === undefined ? [] : [{ ...alert, startsAt }],
    diagnosis: { evidence, causes: [cause(world.cause)] },
    verdict: { kind: 'act', candidate: candidate({ remedy: remedy.name, cures: world.cause }), mode: 'auto' },
  });
}

function illOf({ services, name }: RemedyWorld): Located['workload'] {
  const [first] = services;
  if (first === undefined) throw new Error(`world ${name} has no service that could be ill`);
  return { kind: first.kind, namespace: first.namespace, name: first.name };
}

function untilAborted(_ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) resolve();
    else signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
