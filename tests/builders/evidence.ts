import type {
  ContainerEvidence,
  Evidence,
  EventEvidence,
  NodeEvidence,
  PodEvidence,
  RevisionEvidence,
  Signals,
  WorkloadEvidence,
} from '../../src/domain/diagnosis.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
/** The present of all evidence that is built here. */
export const NOW = Date.parse('2026-11-21T03:00:00Z');

/** A container that runs well. */
export function aContainer(changes: Partial<ContainerEvidence> = {}): ContainerEvidence {
  return {
    name: 'app',
    image: 'registry.example/web:2',
    ready: true,
    restarts: 0,
    stateReason: '',
    stateMessage: '',
    ...changes,
  };
}

/** A container in back-off, as the kubelet reports it. */
export function aCrashingContainer(changes: Partial<ContainerEvidence> = {}): ContainerEvidence {
  return aContainer({
    ready: false,
    restarts: 5,
    stateReason: 'CrashLoopBackOff',
    stateMessage: 'back-off 2m40s restarting failed container=app pod=web-2-a_shop(78c146a5)',
    lastTermination: { reason: 'Error', exitCode: 3, finishedAt: NOW - MINUTE },
    ...changes,
  });
}

/** A ready pod of revision 2, three hours old, on node-1. */
export function aPod(changes: Partial<PodEvidence> = {}): PodEvidence {
  const name = changes.name ?? 'web-2-a';
  return {
    name,
    uid: `uid-${name}`,
    resourceVersion: '1',
    node: 'node-1',
    phase: 'Running',
    reason: '',
    ready: true,
    terminating: false,
    createdAt: NOW - 3 * HOUR,
    revisionHash: 'hash-2',
    unschedulable: '',
    containers: [aContainer()],
    ...changes,
  };
}

/** A pod whose container is in back-off. */
export function aCrashingPod(
  changes: Partial<PodEvidence> = {},
  container: Partial<ContainerEvidence> = {},
): PodEvidence {
  return aPod({ ready: false, containers: [aCrashingContainer(container)], ...changes });
}

/** A pod that runs without being ready. */
export function anUnreadyPod(changes: Partial<PodEvidence> = {}): PodEvidence {
  return aPod({ ready: false, containers: [aContainer({ ready: false })], ...changes });
}

export function aRevision(revision: number, changes: Partial<RevisionEvidence> = {}): RevisionEvidence {
  return {
    revision,
    name: `web-hash-${revision}`,
    hash: `hash-${revision}`,
    createdAt: NOW - 30 * 24 * HOUR + revision * HOUR,
    images: [`registry.example/web:${revision}`],
    readyReplicas: 0,
    current: false,
    ...changes,
  };
}

/** Revision 2 rolled out `age` ago over revision 1, which keeps `olderReady` ready replicas. */
export function aRollout(age: number, olderReady = 0): readonly RevisionEvidence[] {
  return [
    aRevision(2, { current: true, createdAt: NOW - age }),
    aRevision(1, { createdAt: NOW - age - 24 * HOUR, readyReplicas: olderReady }),
  ];
}

export function aState(changes: Partial<WorkloadEvidence> = {}): WorkloadEvidence {
  return {
    uid: 'uid-web',
    resourceVersion: '1',
    labels: {},
    annotations: {},
    managers: [],
    ownerKinds: [],
    generation: 1,
    observedGeneration: 1,
    desired: 2,
    updated: 2,
    ready: 2,
    available: 2,
    total: 2,
    paused: false,
    conditions: [],
    ...changes,
  };
}

export function aNode(changes: Partial<NodeEvidence> = {}): NodeEvidence {
  return { name: 'node-1', ready: true, pressures: [], unschedulable: false, ...changes };
}

export function anEvent(changes: Partial<EventEvidence> = {}): EventEvidence {
  return { object: 'Pod/web-2-a', type: 'Warning', reason: 'Unhealthy', message: '', count: 1, ...changes };
}

/** A healthy Deployment shop/web of two pods and two old revisions, with everything read and no signals. */
export function anEvidence(changes: Partial<Evidence> = {}, signals: Signals = {}): Evidence {
  return {
    workload: { kind: 'Deployment', namespace: 'shop', name: 'web' },
    at: NOW,
    state: aState(),
    pods: [aPod(), aPod({ name: 'web-2-b' })],
    revisions: aRollout(20 * 24 * HOUR),
    nodes: [aNode()],
    events: [],
    logs: [],
    signals,
    missing: [],
    ...changes,
  };
}
