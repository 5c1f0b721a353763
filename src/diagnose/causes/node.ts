import type { Cause, NodeEvidence, PodEvidence } from '../../domain/diagnosis.ts';
import { isCpuTaken } from '../../domain/nodes.ts';
import { atLeast, type Facts } from './facts.ts';
import { count, names, percent } from './quote.ts';

/** A node is not ready, and the workload suffers from it: it has unready pods there, or it is that node. */
export function nodeNotReady(facts: Facts): Cause | undefined {
  const down = facts.evidence.nodes.filter((node) => !node.ready);
  const hit = struck(facts, down);
  const [first] = down;
  if (first === undefined || (!isNode(facts) && hit.length === 0)) return undefined;
  return {
    name: 'node-not-ready',
    confidence: 0.95,
    because: [
      `${count(down.length, 'node')} (${names(down.map((node) => node.name))}) ${down.length === 1 ? 'is' : 'are'} not ready.`,
      ...(hit.length === 0 ? [] : [`${count(hit.length, 'pod')} there ${hit.length === 1 ? 'is' : 'are'} not ready.`]),
    ],
    symptoms: ['node-not-ready', ...(hit.length === 0 || isNode(facts) ? [] : (['not-ready'] as const))],
  };
}

/** A node is short of memory, disk, process ids or CPU, and pods suffer from it or were evicted; or it is that node. */
export function nodePressure(facts: Facts): Cause | undefined {
  return underPressure(facts) ?? outOfCpu(facts);
}

function underPressure(facts: Facts): Cause | undefined {
  const pressed = facts.evidence.nodes.filter((node) => node.pressures.length > 0);
  const hit = struck(facts, pressed);
  const there = new Set(pressed.map((node) => node.name));
  const evicted = facts.evidence.pods.filter((pod) => pod.reason === 'Evicted' && there.has(pod.node));
  const [first] = pressed;
  if (first === undefined || (!isNode(facts) && hit.length + evicted.length === 0)) return undefined;
  return {
    name: 'node-pressure',
    confidence: isNode(facts) || evicted.length > 0 ? 0.9 : 0.7,
    because: [
      `${names(pressed.map((node) => `${node.name} (${node.pressures.join(', ')})`))}: ${count(pressed.length, 'node')} under pressure.`,
      ...(evicted.length === 0
        ? []
        : [`${count(evicted.length, 'pod')} there ${evicted.length === 1 ? 'was' : 'were'} evicted.`]),
      ...(hit.length === 0 ? [] : [`${count(hit.length, 'pod')} there ${hit.length === 1 ? 'is' : 'are'} not ready.`]),
    ],
    symptoms: ['node-pressure', ...(evicted.length === 0 ? [] : (['evicted-pods'] as const))],
  };
}

/** All CPU of the node is in use. Where its pods use little of it, something beside them takes the rest: they can only leave. */
function outOfCpu(facts: Facts): Cause | undefined {
  const { node_cpu_ratio: busy, node_pods_cpu_ratio: byPods } = facts.signals;
  if (!isNode(facts) || !atLeast(busy, facts.thresholds.nodeBusy)) return undefined;
  const isTaken = isCpuTaken(facts.signals, facts.thresholds.nodeTaken);
  return {
    name: 'node-pressure',
    // Where its own pods need all of it, some would have to go; which ones, people know better.
    confidence: isTaken ? 0.85 : 0.4,
    because: [
      `${percent(busy)} of the CPU of the node is in use.`,
      ...(byPods === undefined
        ? []
        : [`Its pods use ${percent(byPods)} of it${isTaken ? ': something beside them takes the rest' : ''}.`]),
    ],
    symptoms: ['node_cpu_ratio'],
  };
}

/** Pods on these nodes that are not ready; those being deleted too, for a dead node never finishes that. */
function struck({ evidence }: Facts, nodes: readonly NodeEvidence[]): readonly PodEvidence[] {
  const there = new Set(nodes.map((node) => node.name));
  return evidence.pods.filter(
    (pod) => there.has(pod.node) && !pod.ready && pod.phase !== 'Succeeded' && pod.phase !== 'Failed',
  );
}

function isNode({ evidence }: Facts): boolean {
  return evidence.workload.kind === 'Node';
}
