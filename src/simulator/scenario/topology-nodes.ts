import { parseQuantity } from '../../domain/quantity.ts';
import type { Random } from '../world/random.ts';
import type { NodeGroupSpec, NodeSpec, ServiceSpec } from '../world/spec.ts';
import { between, oneOf } from './dice.ts';

export interface NodeOptions {
  /** Share of the nodes' CPU that the pods ask for, in (0, 1). */
  readonly fill: number;
  /** Whether the nodes belong to a group that can grow. */
  readonly grouped: boolean;
}

export const NODE_GROUP: NodeGroupSpec = { namespace: 'infra', name: 'workers', joinSeconds: 60 };

const USUAL_CORES = [4, 6, 8, 12, 16];
const FEWEST = 4;
const BYTES_PER_GIB = 2 ** 30;

/** Nodes that are as full as asked, counted in CPU; memory never is what is short. */
export function nodesFor(random: Random, services: readonly ServiceSpec[], options: NodeOptions): readonly NodeSpec[] {
  const daemons = services.filter(({ kind }) => kind === 'DaemonSet');
  const others = services.filter(({ kind }) => kind !== 'DaemonSet');
  const total = sumOf(others, 'cpu');
  const perNode = sumOf(daemons, 'cpu');
  const usual = oneOf(random, USUAL_CORES) ?? 8;
  const least = FEWEST + Math.floor(between(random, 0, 4));
  const count = Math.max(least, Math.ceil(total / (usual * options.fill - perNode)));
  // (total + count * perNode) / (count * cores) is the fill. Twentieths of a core, as machines leave them.
  const cores = Math.ceil(((total / count + perNode) / options.fill) * 20) / 20;
  const memory = Math.ceil((sumOf(others, 'memory') / count + sumOf(daemons, 'memory')) / 0.7 / BYTES_PER_GIB) + 1;
  return Array.from({ length: count }, (_, index) => ({
    name: `node-${index + 1}`,
    cpu: `${Math.round(cores * 1_000)}m`,
    memory: `${memory}Gi`,
    ...(options.grouped ? { group: NODE_GROUP.name } : {}),
  }));
}

/** What the pods of services ask for together; of a DaemonSet, on one node. */
export function sumOf(services: readonly ServiceSpec[], resource: 'cpu' | 'memory'): number {
  return services.reduce((sum, { kind, replicas, requests }) => {
    return sum + (kind === 'DaemonSet' ? 1 : replicas) * (parseQuantity(requests[resource]) ?? 0);
  }, 0);
}
