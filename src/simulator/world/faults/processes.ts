import { cpuLimitOf, hasSickPod, limitOf, onePod, podsOfService, serviceKeyOf } from './targets.ts';
import type { FaultKind } from './targets.ts';

const FAST_LEAK_SHARE_PER_SECOND = 1 / 300;
const SLOW_LEAK_PART = 1 / 60;
/** Share of the limit that bursts may take before they are throttled, next to the usual use. */
const BURST_ROOM = 0.5;

/** Illnesses of the processes themselves, and of the limits that they run under. */
export const PROCESS_FAULTS = {
  'memory-leak': {
    does: 'the present pods leak from a spool on their own disk, so that a container that is restarted in place leaks on; new pods leak slowly',
    curedBy: 'replacing the pods; a process that resets itself empties its spool',
    cures: ['rollout-restart', 'restart-pod', 'soft-reset'],
    eases: ['resize', 'scale-up'],
    sideEffects: '',
    strength: { means: 'leak of the present pods; at 1 the first reaches its limit in about five minutes', default: 1 },
    start: ({ kit, sickness, fault, strength }) => {
      for (const [index, pod] of podsOfService(kit, fault).entries()) {
        // No two processes leak alike, so they do not all end at once.
        const leakBytesPerSecond = limitOf(pod) * FAST_LEAK_SHARE_PER_SECOND * strength * (1 - 0.1 * (index % 4));
        sickness.pods.set(pod.metadata.uid, fault.id, { leakBytesPerSecond });
        sickness.services.set(serviceKeyOf(fault), fault.id, {
          leakBytesPerSecond: leakBytesPerSecond * SLOW_LEAK_PART,
        });
      }
    },
    present: ({ sickness, fault }) => sickness.pods.keysOf(fault.id).length > 0,
  },
  'limit-too-low': {
    does: 'the data of the service has grown: each process, a new one too, soon needs more than its memory limit',
    curedBy: 'a higher memory limit',
    cures: ['resize'],
    eases: [],
    sideEffects: '',
    strength: { means: 'additional memory, in limits at the onset', default: 0.8 },
    start: ({ kit, sickness, fault, strength }) => {
      const [pod] = podsOfService(kit, fault);
      if (pod !== undefined) {
        sickness.services.set(serviceKeyOf(fault), fault.id, { memoryBytes: limitOf(pod) * strength });
      }
    },
    present: ({ kit, sickness, fault, strength }) => {
      const needed = sickness.services.of(serviceKeyOf(fault))[0]?.memoryBytes;
      // As long as any pod has no more than the limit that the onset found.
      return (
        needed !== undefined && podsOfService(kit, fault).some((pod) => limitOf(pod) <= (needed / strength) * 1.01)
      );
    },
  },
  'cpu-throttling': {
    does: 'the requests come in bursts that need more than the CPU limit for moments, while the mean stays well below it',
    curedBy: 'a higher CPU limit, or more replicas to share the bursts',
    cures: ['resize', 'scale-up'],
    eases: ['ensure-hpa'],
    sideEffects: 'its callers wait as long',
    strength: { means: 'CPU that the bursts ask for, in limits of all pods at the onset', default: 0.6 },
    start: ({ kit, sickness, fault, strength }) => {
      const total = podsOfService(kit, fault).reduce((sum, pod) => sum + cpuLimitOf(pod), 0);
      sickness.services.set(serviceKeyOf(fault), fault.id, { burstCores: total * strength });
    },
    present: ({ kit, sickness, fault }) => {
      const burst = sickness.services.of(serviceKeyOf(fault))[0]?.burstCores;
      const total = podsOfService(kit, fault).reduce((sum, pod) => sum + cpuLimitOf(pod), 0);
      return burst !== undefined && burst > BURST_ROOM * total;
    },
  },
  'hot-loop': {
    does: 'one process spins: it stays ready, but its requests have to share its CPU with an endless loop',
    curedBy: 'restarting or resetting that process',
    cures: ['restart-pod', 'rollout-restart', 'soft-reset'],
    eases: ['scale-up', 'resize', 'reroute'],
    sideEffects: '',
    strength: { means: 'CPU that it burns, in CPU limits', default: 1 },
    start: (context) => {
      const found = onePod(context);
      if (found !== undefined) {
        const { pod, process } = found;
        const { uid } = pod.metadata;
        context.sickness.pods.set(uid, context.fault.id, { spins: context.strength, process });
      }
    },
    present: hasSickPod,
  },
  'deadlock-one-pod': {
    does: 'one process answers nothing any more, not even its readiness probe',
    curedBy: 'restarting that pod',
    cures: ['restart-pod', 'rollout-restart'],
    eases: ['reroute'],
    sideEffects: '',
    strength: { means: 'nothing', default: 1 },
    start: (context) => {
      const found = onePod(context);
      if (found !== undefined) {
        const { pod, process } = found;
        context.sickness.pods.set(pod.metadata.uid, context.fault.id, { hung: true, process });
      }
    },
    present: hasSickPod,
  },
  'crash-on-poison': {
    does: 'every process of the service, whatever its revision, reads a message that kills it',
    curedBy: 'nothing that is done to the workload; a runbook that removes the message',
    cures: ['run-job'],
    eases: [],
    sideEffects: '',
    strength: { means: 'seconds until the crash', default: 8 },
    start: ({ sickness, fault, strength }) =>
      sickness.services.set(serviceKeyOf(fault), fault.id, {
        crash: {
          afterSeconds: strength,
          exitCode: 2,
          log: 'panic: orders: cannot decode message 4711: unexpected EOF',
        },
      }),
  },
  'disk-filling': {
    does: 'the volume of the service fills up; when it is full, most requests fail',
    curedBy: 'nothing that is done to the workload; a larger volume, or a runbook that tidies up',
    cures: ['run-job'],
    eases: [],
    sideEffects: 'its callers fail with it',
    strength: { means: 'percent of the volume per minute', default: 6 },
    start: ({ kit, sickness, fault, strength }) =>
      sickness.volumes.set(serviceKeyOf(fault), fault.id, { since: kit.now(), perSecond: strength / 6_000 }),
  },
  blip: {
    does: 'the service fails and is slow for a moment',
    curedBy: 'waiting',
    cures: ['none'],
    eases: [],
    sideEffects: 'its callers fail with it',
    lastsSeconds: 90,
    strength: { means: 'share of requests that fail', default: 0.2 },
    start: ({ sickness, fault, strength }) =>
      sickness.services.set(serviceKeyOf(fault), fault.id, { errorRatio: strength, latencyFactor: 1 + 5 * strength }),
  },
} as const satisfies Readonly<Record<string, FaultKind>>;
