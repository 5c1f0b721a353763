import type { PodObject } from '../kinds.ts';
import { isReady, isTerminating } from '../pods.ts';
import { dueAt, stepContainer, type KubeletDeps, type Surroundings } from './container.ts';
import { newRun, type ContainerRun } from './run.ts';
import { pendingResize, type Pending } from './resize.ts';
import { evictedStatus, podStatus, type Placement } from './status.ts';

export interface Kubelet {
  /** Lives through the last `seconds` of every pod on every node that is up. */
  step(seconds: number): void;
  /** When the first container goes on that waits for a time, epoch milliseconds; Infinity while none does. */
  nextDue(): number;
  /** The containers of a pod; empty for one that no kubelet has seen. */
  runs(podUid: string): readonly ContainerRun[];
  /** Ends a pod for good: its node is short of something. */
  evict(pod: PodObject, message: string): void;
  /** What the process of a pod does that resets itself: what piled up in it, and what was wrong with it, is gone. */
  reset(podUid: string): void;
  /** What a container wrote; undefined when there is no such container or it had no previous run. */
  logs(
    pod: { readonly namespace: string; readonly name: string },
    container: string | undefined,
    previous: boolean,
  ): string | undefined;
}

interface PodRun {
  readonly placement: Placement;
  readonly runs: ContainerRun[];
  stopAt: number | undefined;
  /** Why an in-place resize is not done yet. */
  pending: Pending | undefined;
}

/** A process that is asked to end takes this long, or its grace period when that is shorter. */
const STOP_MS = 2_000;

/** One kubelet for all nodes. */
export function makeKubelet(deps: KubeletDeps): Kubelet {
  const { kit, sickness, profiles, machines } = deps;
  const state = kit.keep('kubelet', () => ({
    pods: new Map<string, PodRun>(),
    /** The last address that each node gave away. */
    addresses: new Map<string, number>(),
    nextDue: 0,
  }));
  const { pods, addresses } = state;

  /** The list of pods that nothing is left beyond. What a fork does not know of it, it finds out again. */
  let complete: readonly PodObject[] | undefined;

  function placementOf(pod: PodObject): Placement {
    const nodeName = pod.spec?.nodeName ?? '';
    const node = kit.get('nodes', undefined, nodeName);
    const hostIP = node?.status?.addresses?.find((address) => address.type === 'InternalIP')?.address ?? '';
    const last = (addresses.get(nodeName) ?? 1) + 1;
    addresses.set(nodeName, last);
    const subnet = hostIP.split('.').at(-1) ?? '0';
    // 250 addresses in turn: long enough that a pod's address is not taken again while anybody still knows it.
    return { podIP: `10.244.${subnet}.${2 + (last % 250)}`, hostIP, startedAt: kit.now() };
  }

  function runOf(pod: PodObject): PodRun {
    const known = pods.get(pod.metadata.uid);
    if (known !== undefined) {
      return known;
    }
    const containers = pod.spec?.containers ?? [];
    const run = {
      placement: placementOf(pod),
      runs: containers.map((each) => newRun(each, kit.now())),
      stopAt: undefined,
      pending: undefined,
    };
    pods.set(pod.metadata.uid, run);
    return run;
  }

  function writeStatus(pod: PodObject, run: PodRun): void {
    const { placement, pending } = run;
    kit.updateStatus('pods', pod, podStatus(pod, run.runs, { placement, pending, now: kit.now() }));
  }

  function end(pod: PodObject, run: PodRun): void {
    if (run.stopAt === undefined) {
      run.stopAt = kit.now() + Math.min(STOP_MS, (pod.metadata.deletionGracePeriodSeconds ?? 30) * 1_000);
      for (const { container } of run.runs) {
        kit.events.record(pod, {
          type: 'Normal',
          reason: 'Killing',
          message: `Stopping container ${container.name}`,
          component: 'kubelet',
          host: pod.spec?.nodeName ?? '',
          container: container.name,
        });
      }
    }
    if (kit.now() >= run.stopAt) {
      pods.delete(pod.metadata.uid);
      sickness.pods.drop(pod.metadata.uid);
      kit.remove('pods', pod.metadata.namespace, pod.metadata.name);
    }
  }

  /** Whether the reason why a resize has to wait has changed. */
  function holdResize(pod: PodObject, run: PodRun): boolean {
    const before = run.pending?.message;
    run.pending = pendingResize(kit, pod, run.runs);
    return run.pending?.message !== before;
  }

  function live(pod: PodObject, run: PodRun, seconds: number): void {
    const { podIP } = run.placement;
    const surroundings: Surroundings = { kit, sickness, profiles, machines, pod, seconds, podIP };
    const held = holdResize(pod, run);
    let changed = held || pod.status?.podIP === undefined;
    for (const [index, container] of run.runs.entries()) {
      const asked = (run.pending === undefined ? pod.spec?.containers[index] : undefined) ?? container.container;
      changed = stepContainer(surroundings, container) || changed || asked !== container.container;
      container.container = asked;
    }
    const ready = run.runs.every((container) => container.ready);
    // The node controller takes readiness away from pods on silent nodes; the kubelet gives it back.
    if (changed || ready !== isReady(pod)) {
      writeStatus(pod, run);
    }
  }

  function forgetEvicted(pod: PodObject): void {
    pods.delete(pod.metadata.uid);
    if (isTerminating(pod)) {
      kit.remove('pods', pod.metadata.namespace, pod.metadata.name);
    }
  }

  function evict(pod: PodObject, message: string): void {
    const runs = pods.get(pod.metadata.uid)?.runs ?? NO_RUNS;
    kit.updateStatus('pods', pod, evictedStatus(pod, runs, { message, now: kit.now() }));
    pods.delete(pod.metadata.uid);
    sickness.pods.drop(pod.metadata.uid);
  }

  function reset(podUid: string): void {
    sickness.pods.drop(podUid);
    for (const run of pods.get(podUid)?.runs ?? NO_RUNS) {
      run.leaked = 0;
      run.unhealthySince = undefined;
    }
  }

  function step(seconds: number): void {
    const all = kit.list('pods');
    state.nextDue = Number.POSITIVE_INFINITY;
    for (const pod of all) {
      const node = pod.spec?.nodeName;
      if (node === undefined || machines.silentSince(node) !== undefined) {
        continue;
      }
      if (isEvicted(pod)) {
        forgetEvicted(pod);
        continue;
      }
      const run = runOf(pod);
      if (isTerminating(pod)) {
        end(pod, run);
      } else {
        live(pod, run, seconds);
      }
      state.nextDue = Math.min(state.nextDue, dueOf(run, kit.now()));
    }
    forgetGone(all);
  }

  function forgetGone(all: readonly PodObject[]): void {
    if (all === complete) {
      return;
    }
    const present = new Set(all.map(({ metadata }) => metadata.uid));
    for (const uid of pods.keys()) {
      if (!present.has(uid)) {
        pods.delete(uid);
        sickness.pods.drop(uid);
      }
    }
    complete = all;
  }

  return {
    step,
    nextDue: () => state.nextDue,
    evict,
    reset,
    runs: (podUid) => pods.get(podUid)?.runs ?? NO_RUNS,
    logs(ref, container, previous) {
      const uid = kit.get('pods', ref.namespace, ref.name)?.metadata.uid ?? '';
      const runs = pods.get(uid)?.runs ?? NO_RUNS;
      const run = container === undefined ? runs[0] : runs.find((candidate) => candidate.container.name === container);
      return run === undefined ? undefined : textOf(run, previous);
    },
  };
}

/** When anything of a pod goes on that waits for a time; Infinity when nothing does. */
function dueOf({ runs, stopAt }: PodRun, now: number): number {
  let due = stopAt ?? Number.POSITIVE_INFINITY;
  for (const run of runs) {
    due = Math.min(due, dueAt(run, now));
  }
  return due;
}

const NO_RUNS: readonly ContainerRun[] = [];

function isEvicted({ status }: PodObject): boolean {
  return status?.phase === 'Failed' && status.reason === 'Evicted';
}

/** While a container waits for its next start, its last process is both the present and the previous one, as for a kubelet. */
function textOf(run: ContainerRun, previous: boolean): string | undefined {
  const ended = run.phase !== 'running' && run.process > 0;
  const lines = previous ? (ended ? run.log : run.previousLog) : run.log;
  return lines === undefined ? undefined : lines.map((line) => `${line}\n`).join('');
}
