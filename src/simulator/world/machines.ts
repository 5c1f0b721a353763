import type { Machines } from './controllers/node.ts';
import type { Keeper } from './memory.ts';
import { leftOf, type Sickness } from './sickness.ts';

/** How long a node shows pressure after it was last under it. Source: kubelet `--eviction-pressure-transition-period`. */
const TRANSITION_MS = 300_000;

/** The machines under the nodes, and what is wrong with them. */
export interface Hosts extends Machines {
  /** Bytes that processes beside the pods hold on a node. */
  memoryTaken(node: string): number;
  /** Says that a node is short of memory at this moment. */
  pressed(node: string): void;
}

export function makeMachines(deps: {
  readonly memory: Keeper;
  readonly sickness: Sickness;
  readonly now: () => number;
}): Hosts {
  const { sickness, now } = deps;
  const pressedAt = deps.memory.keep('machines', () => new Map<string, number>());
  return {
    silentSince: (node) => sickness.nodes.of(node)[0],
    isPressed: (node) => now() - (pressedAt.get(node) ?? Number.NEGATIVE_INFINITY) < TRANSITION_MS,
    cpuTaken(node) {
      const effects = sickness.hosts.of(node);
      return effects.length === 0 ? 0 : 1 - leftOf(effects.map(({ cpuShare }) => cpuShare ?? 0));
    },
    memoryTaken: (node) =>
      sickness.hosts.of(node).reduce((total, { memory }) => {
        if (memory === undefined) {
          return total;
        }
        const grown = memory.bytes + ((now() - memory.since) / 1_000) * memory.perSecond;
        return total + Math.min(memory.most, grown);
      }, 0),
    pressed: (node) => void pressedAt.set(node, now()),
  };
}
