import { parseQuantity } from '../../domain/quantity.ts';
import { callersFirst } from '../world/load/graph.ts';
import { calleeKey, serviceKey, type ServiceSpec, type WorldSpec } from '../world/spec.ts';
import { sumOf } from './topology-nodes.ts';
import type { WrittenWorld } from './written.ts';

/** What is wrong, at which path of the file, and what to do. */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const BASES = ['demo', 'topology', 'services'] as const;

/** What the schema cannot say about a world, before it is made. */
export function baseProblems(world: WrittenWorld): readonly Problem[] {
  const given = BASES.filter((base) => world[base] !== undefined);
  const problems: Problem[] = [];
  if (given.length !== 1) {
    const found = given.length === 0 ? 'none is there' : `there are ${given.join(' and ')}`;
    problems.push({ path: ['world'], message: `give exactly one of ${BASES.join(', ')}; ${found}` });
  }
  for (const key of ['nodes', 'nodeGroups', 'platform'] as const) {
    if (world[key] !== undefined && world.services === undefined) {
      problems.push({ path: ['world', key], message: 'goes only with `services`; the other worlds have their own' });
    }
  }
  return problems;
}

/** Why a world cannot live: names that nobody has, circles, bounds that contradict each other, no room. */
export function worldProblems(spec: WorldSpec, world: WrittenWorld): readonly Problem[] {
  const at = (service: ServiceSpec): readonly (string | number)[] => placeOf(service, world);
  const problems = [
    ...spec.services.flatMap((service) =>
      serviceProblems(spec, service).map((each) => ({ ...each, path: [...at(service), ...each.path] })),
    ),
    ...overrideProblems(spec, world),
    ...duplicates(spec, world),
    ...nodeProblems(spec, world),
  ];
  return problems.length > 0 ? problems : [...circles(spec), ...roomProblems(spec)];
}

/** Where a file speaks of a service: among its services, or in an override. */
function placeOf(service: ServiceSpec, world: WrittenWorld): readonly (string | number)[] {
  const isMeant = ({ name, namespace = 'shop' }: { readonly name: string; readonly namespace?: string }): boolean =>
    name === service.name && namespace === service.namespace;
  const index = (world.services ?? []).findIndex(isMeant);
  if (index >= 0) return ['world', 'services', index];
  const key = [serviceKey(service), service.name].find((each) => world.overrides?.[each] !== undefined);
  return key === undefined ? ['world'] : ['world', 'overrides', key];
}

function serviceProblems(spec: WorldSpec, service: ServiceSpec): readonly Problem[] {
  return [...nameProblems(spec, service), ...partProblems(service), ...sizeProblems(service)];
}

/** Whom a service speaks of. */
function nameProblems(spec: WorldSpec, service: ServiceSpec): readonly Problem[] {
  const { namespace, route, load } = service;
  const keys = new Set(spec.services.map(serviceKey));
  const calls = (load?.calls ?? []).flatMap((call, index): readonly Problem[] => {
    const to = calleeKey(service, call);
    const message = `there is no service ${to}: correct the name, or add the service`;
    return keys.has(to) ? [] : [{ path: ['load', 'calls', index], message }];
  });
  if (route === undefined || keys.has(`${namespace}/${route.fallback}`)) return calls;
  const message = `there is no service ${namespace}/${route.fallback} to fall back on: add it`;
  return [...calls, { path: ['route', 'fallback'], message }];
}

/** What the kind of a service cannot have. */
function partProblems({ kind, autoscaler, volume }: ServiceSpec): readonly Problem[] {
  const problems: Problem[] = [];
  if (autoscaler !== undefined && autoscaler.min > autoscaler.max) {
    problems.push({ path: ['autoscaler'], message: '`min` is above `max`' });
  }
  if (autoscaler !== undefined && kind === 'DaemonSet') {
    problems.push({ path: ['autoscaler'], message: 'a DaemonSet cannot be scaled' });
  }
  if (volume !== undefined && kind !== 'StatefulSet') {
    problems.push({ path: ['volume'], message: 'only a StatefulSet has volumes: set its `kind`' });
  }
  return problems;
}

/** Sizes with which nothing would ever run. */
function sizeProblems({ requests, limits, memory }: ServiceSpec): readonly Problem[] {
  const limitOf = (resource: 'cpu' | 'memory'): number => parseQuantity(limits?.[resource]) ?? Number.POSITIVE_INFINITY;
  const above = (['cpu', 'memory'] as const).filter(
    (resource) => (parseQuantity(requests[resource]) ?? 0) > limitOf(resource),
  );
  const problems: Problem[] = above.map((resource) => ({
    path: ['requests', resource],
    message: 'is above its limit',
  }));
  if ((parseQuantity(memory) ?? 0) > limitOf('memory')) {
    problems.push({
      path: ['memory'],
      message: 'a fresh process needs more than the memory limit: it would never run',
    });
  }
  return problems;
}

function overrideProblems({ services }: WorldSpec, { overrides = {} }: WrittenWorld): readonly Problem[] {
  return Object.keys(overrides)
    .filter((key) => !services.some((service) => service.name === key || serviceKey(service) === key))
    .map((key) => ({ path: ['world', 'overrides', key], message: `there is no service ${key} in this world` }));
}

function duplicates({ services }: WorldSpec, world: WrittenWorld): readonly Problem[] {
  const keys = services.map(serviceKey);
  return (world.services ?? []).flatMap(({ name, namespace = 'shop' }, index) =>
    keys.indexOf(`${namespace}/${name}`) === index
      ? []
      : [{ path: ['world', 'services', index, 'name'], message: `there is another service ${namespace}/${name}` }],
  );
}

function nodeProblems({ nodes, nodeGroups = [] }: WorldSpec, world: WrittenWorld): readonly Problem[] {
  const names = nodes.map(({ name }) => name);
  return (world.nodes ?? []).flatMap(({ name, group }, index): readonly Problem[] => [
    ...(names.indexOf(name) === index
      ? []
      : [{ path: ['world', 'nodes', index, 'name'], message: `there is another node ${name}` }]),
    ...(group === undefined || nodeGroups.some((each) => each.name === group)
      ? []
      : [
          {
            path: ['world', 'nodes', index, 'group'],
            message: `there is no group ${group}: add it to world.nodeGroups`,
          },
        ]),
  ]);
}

function circles({ services }: WorldSpec): readonly Problem[] {
  try {
    callersFirst(services);
    return [];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [{ path: ['world'], message: `${error.message}; leave out one of the calls` }];
  }
}

/** Whether everything fits on the nodes: a world that begins with pods that wait is ill already. */
function roomProblems({ nodes, services }: WorldSpec): readonly Problem[] {
  return (['cpu', 'memory'] as const).flatMap((resource) => {
    const there = nodes.reduce((sum, node) => sum + (parseQuantity(node[resource]) ?? 0), 0);
    const daemons = services.filter(({ kind }) => kind === 'DaemonSet');
    const others = services.filter(({ kind }) => kind !== 'DaemonSet');
    const asked = sumOf(others, resource) + nodes.length * sumOf(daemons, resource);
    const share = Math.round((100 * asked) / there);
    return share <= MOST_FULL
      ? []
      : [
          {
            path: ['world', 'nodes'],
            message: `the pods ask for ${share} % of the ${resource} of all nodes: add nodes`,
          },
        ];
  });
}

const MOST_FULL = 95;
