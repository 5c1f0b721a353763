import { DEMO_WORLD } from '../world/demo.ts';
import { makeRandom, type Random } from '../world/random.ts';
import { serviceKey, type CronSpec, type ServiceSpec, type WorldSpec } from '../world/spec.ts';
import { between } from './dice.ts';
import { expectedRates } from './estimate.ts';
import { makeGraph, type Vertex } from './topology-graph.ts';
import { nodesFor, NODE_GROUP } from './topology-nodes.ts';
import { sized } from './topology-sizes.ts';

export interface TopologyOptions {
  /** The same options give the same world. */
  readonly seed: number;
  /** Services besides the pods of the system and the monitoring; from 10 to 200. */
  readonly services: number;
  /** Layers between the gateways and the leaves, from 1 to 4; by size when left out. */
  readonly middleLayers?: number;
  /** Services that one of them calls at most, from 1 to 8; 3 when left out. More where somebody would have no caller. */
  readonly fanOut?: number;
  /** One or two. Drawn when left out. */
  readonly namespaces?: 1 | 2;
  /** Share of the nodes' CPU that the pods ask for, from 0.3 to 0.9; from 0.60 to 0.75 when left out. */
  readonly fill?: number;
  /** Whether a MachineDeployment of Cluster API provides the nodes. Drawn when left out. */
  readonly nodeGroup?: boolean;
}

export const FEWEST_SERVICES = 10;
export const MOST_SERVICES = 200;
const PREHISTORY_SECONDS = 4_200;
const NAMESPACES = [
  ['shop', 'data'],
  ['travel', 'core'],
  ['market', 'backend'],
] as const;

/** The pods that a cluster has besides what it is for. */
export const PLATFORM: readonly ServiceSpec[] = DEMO_WORLD.services.filter(({ namespace }) =>
  ['monitoring', 'kube-system'].includes(namespace),
);

/**
 * A cluster of services that call each other in layers, which is well by day and by night as long as nothing befalls it: no
 * shipped alert fires, and every service answers with about its own errors.
 *
 * @throws RangeError for fewer than 10 or more than 200 services.
 */
export function makeTopology(options: TopologyOptions): WorldSpec {
  const { seed, services: count } = options;
  if (!Number.isInteger(count) || count < FEWEST_SERVICES || count > MOST_SERVICES) {
    throw new RangeError(`a topology has from ${FEWEST_SERVICES} to ${MOST_SERVICES} services, not ${count}`);
  }
  const random = makeRandom(seed, `topology/${count}`);
  const namespaces = namespacesOf(random, options.namespaces);
  const middleLayers = options.middleLayers ?? (count < 14 ? 1 : count < 40 ? 2 : 3);
  const graph = makeGraph(random, { services: count, middleLayers, fanOut: options.fanOut ?? 3, namespaces });
  const services = [...sizedGraph(random, graph), ...PLATFORM];
  const fill = options.fill ?? between(random, 0.62, 0.72);
  const grouped = options.nodeGroup ?? random() < 0.5;
  return {
    nodes: nodesFor(random, services, { fill, grouped }),
    services,
    ...(grouped ? { nodeGroups: [NODE_GROUP] } : {}),
    crons: cronsOf(namespaces[0] ?? 'shop'),
    prehistorySeconds: PREHISTORY_SECONDS,
  };
}

function namespacesOf(random: Random, wanted: 1 | 2 | undefined): readonly string[] {
  const pair = NAMESPACES[Math.floor(random() * NAMESPACES.length)] ?? NAMESPACES[0];
  return pair.slice(0, wanted ?? (random() < 0.5 ? 1 : 2));
}

function sizedGraph(random: Random, graph: readonly Vertex[]): readonly ServiceSpec[] {
  const rates = expectedRates(graph.map(bareOf));
  const rateOf = ({ namespace, name }: Vertex): number => rates.get(`${namespace}/${name}`) ?? 0;
  return graph.map((vertex) => {
    const covers = graph.find(({ fallback, namespace }) => fallback === vertex.name && namespace === vertex.namespace);
    return sized(random, vertex, { rate: rateOf(covers ?? vertex) });
  });
}

/** As much of a service as its calls need. */
function bareOf({ namespace, name, rootRate, calls, latencySeconds, errorRatio }: Vertex): ServiceSpec {
  return {
    namespace,
    name,
    kind: 'Deployment',
    replicas: 1,
    image: name,
    requests: {
      cpu: '1',
      memory: '1',
    },
    memory: '1',
    load: {
      rootRate,
      calls,
      latencySeconds,
      errorRatio,
      cpuMillisPerRequest: 0,
      idleCpuMillis: 0,
    },
  };
}

function cronsOf(namespace: string): readonly CronSpec[] {
  const name = 'reindex';
  return [{ namespace, name, schedule: '*/10 * * * *', image: `${namespace}/${name}:1.2.0`, runsSeconds: 20 }];
}

/** The services of a world that take requests, by key. */
export function servingOf({ services }: Pick<WorldSpec, 'services'>): ReadonlyMap<string, ServiceSpec> {
  return new Map(services.filter(({ load }) => load !== undefined).map((service) => [serviceKey(service), service]));
}
