import { DEMO_WORLD } from '../world/demo.ts';
import { makeRandom } from '../world/random.ts';
import { serviceKey, type NodeSpec, type ServiceSpec, type WorldSpec } from '../world/spec.ts';
import { fillIn, overridden } from './fill-in.ts';
import { makeTopology, PLATFORM } from './topology.ts';
import { nodesFor } from './topology-nodes.ts';
import type { Scenario, WrittenOverride, WrittenWorld } from './written.ts';

const USUAL_FILL = 0.67;

/** The world of a scenario with everything filled in. It may still be one that cannot live: `worldProblems` says why. */
export function worldOf({ world, seed = 1 }: Scenario): WorldSpec {
  const base = baseOf(world, seed);
  const { prehistorySeconds = base.prehistorySeconds, overrides = {} } = world;
  return {
    ...base,
    ...(prehistorySeconds === undefined ? {} : { prehistorySeconds }),
    services: base.services.map((service) => {
      const override = overrideFor(overrides, service);
      return override === undefined ? service : overridden(service, override);
    }),
  };
}

function baseOf(world: WrittenWorld, seed: number): WorldSpec {
  if (world.demo === true) return DEMO_WORLD;
  if (world.topology !== undefined) return makeTopology({ seed, ...world.topology });
  const { platform = true, nodeGroups } = world;
  const services = [...fillIn(world.services ?? []), ...(platform ? PLATFORM : [])];
  return {
    nodes: world.nodes?.map((node): NodeSpec => ({ cpu: '4', memory: '16Gi', ...node })) ?? enough(services, seed),
    services,
    ...(nodeGroups === undefined ? {} : { nodeGroups }),
    prehistorySeconds: 4_200,
  };
}

function enough(services: readonly ServiceSpec[], seed: number): readonly NodeSpec[] {
  return nodesFor(makeRandom(seed, 'scenario/nodes'), services, { fill: USUAL_FILL, grouped: false });
}

/** The override of a service: that of its full name before that of its bare one. */
function overrideFor(
  overrides: Readonly<Record<string, WrittenOverride>>,
  service: ServiceSpec,
): WrittenOverride | undefined {
  return overrides[serviceKey(service)] ?? overrides[service.name];
}
