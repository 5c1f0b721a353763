import { makeRandom, type Random } from '../world/random.ts';
import type { FaultSpec, WorldSpec } from '../world/spec.ts';
import { oneOf } from './dice.ts';
import { roleOf } from './estimate.ts';
import { MONDAY } from './family.ts';
import { fitFor, NODE_KINDS, whyUnfit, type AnyKind } from './fitness.ts';
import { patientsFor } from './patients.ts';
import type { Problem } from './world-problems.ts';
import { worldOf } from './world-of.ts';
import type { Scenario, WrittenFault, WrittenTarget } from './written.ts';

/** A scenario as it can be run. */
export interface CompiledScenario {
  readonly spec: WorldSpec;
  readonly faults: readonly FaultSpec[];
  readonly durationSeconds: number;
  /** Epoch milliseconds. */
  readonly startAt: number;
  /** Changes to the section `policy` of the configuration; with the node groups of the world. */
  readonly policy: object;
  /** Other sections of the configuration. */
  readonly config: object;
}

/**
 * The world and the faults of a scenario. The world is that of the file, whatever the seed; the seed says where faults with
 * random targets strike. What `loadScenario` found nothing wrong with compiles with every seed.
 *
 * @throws RangeError for a fault whose target cannot take it, or that nothing in the world can take.
 */
export function compileScenario(scenario: Scenario, seed: number = scenario.seed ?? 1): CompiledScenario {
  const spec = worldOf(scenario);
  const random = makeRandom(seed, `scenario/${scenario.name}`);
  const [hours = 0, minutes = 0] = (scenario.startsAt ?? '10:00').split(':').map(Number);
  return {
    spec,
    faults: scenario.faults.map((fault, index) => {
      const target = targetOf(random, spec, fault);
      if (target.kind === 'unfit') throw new RangeError(`${scenario.name}: faults.${index}: ${target.why}`);
      return faultOf(fault, index, target.target);
    }),
    durationSeconds: scenario.durationSeconds ?? 1_800,
    startAt: MONDAY + (hours * 60 + minutes) * 60_000,
    policy: withGroups(spec, scenario.policy ?? {}),
    config: scenario.config ?? {},
  };
}

/** The faults of a scenario that nothing in its world can take. */
export function faultProblems(spec: WorldSpec, faults: readonly WrittenFault[]): readonly Problem[] {
  const ids = faults.map(idOf);
  return faults.flatMap((fault, index): readonly Problem[] => {
    const target = targetOf(() => 0, spec, fault);
    const path = ['faults', index, ...(fault.target === undefined ? ['kind'] : ['target'])];
    return [
      ...(target.kind === 'unfit' ? [{ path, message: target.why }] : []),
      ...(ids.indexOf(idOf(fault, index)) === index
        ? []
        : [{ path: ['faults', index, 'id'], message: 'another fault has this id' }]),
    ];
  });
}

/** What the section `policy` has to say of a world: the groups that its nodes come from. */
export function policyFor(spec: WorldSpec): object {
  return withGroups(spec, {});
}

function withGroups({ nodeGroups = [], nodes }: WorldSpec, policy: object): object {
  if (nodeGroups.length === 0) return policy;
  const groups = nodeGroups.map(({ namespace, name }) => ({
    apiVersion: 'cluster.x-k8s.io/v1beta1',
    kind: 'MachineDeployment',
    namespace,
    name,
    maxReplicas: nodes.filter(({ group }) => group === name).length + MOST_MORE_NODES,
  }));
  const limits = 'limits' in policy && typeof policy.limits === 'object' ? policy.limits : {};
  return { ...policy, limits: { nodeGroups: groups, ...limits } };
}

const MOST_MORE_NODES = 2;

function idOf({ id }: WrittenFault, index: number): string {
  return id ?? `f${index + 1}`;
}

function faultOf(written: WrittenFault, index: number, target: FaultSpec['target']): FaultSpec {
  const { target: _target, ...given } = written;
  return { ...given, id: idOf(written, index), target };
}

type Target =
  { readonly kind: 'fit'; readonly target: FaultSpec['target'] } | { readonly kind: 'unfit'; readonly why: string };

function targetOf(random: Random, spec: WorldSpec, { kind, target = 'random' }: WrittenFault): Target {
  if (typeof target === 'string') return drawn(random, spec, kind, undefined);
  const given = (['service', 'node', 'role'] as const).filter((each) => target[each] !== undefined);
  if (given.length !== 1) return unfit('give exactly one of service, node and role');
  if (target.role !== undefined) return drawn(random, spec, kind, target.role);
  return target.node === undefined ? serviceTarget(spec, kind, target) : nodeTarget(spec, kind, target.node);
}

function unfit(why: string): Target {
  return { kind: 'unfit', why };
}

/** One that would be noticed, where there is any. */
function drawn(random: Random, spec: WorldSpec, kind: AnyKind, role: WrittenTarget['role']): Target {
  const [noticed, fit] = [patientsFor(spec, kind), fitFor(spec, kind)].map((services) =>
    services.filter((service) => service.load !== undefined && (role === undefined || roleOf(service) === role)),
  );
  const service = oneOf(random, noticed ?? []) ?? oneOf(random, fit ?? []);
  if (service === undefined) {
    return unfit(`no service ${role === undefined ? 'of the world' : `of the role ${role}`} can fall ill with ${kind}`);
  }
  return { kind: 'fit', target: { namespace: service.namespace, service: service.name } };
}

function serviceTarget(spec: WorldSpec, kind: AnyKind, { namespace, service: name = '' }: WrittenTarget): Target {
  const found = spec.services.filter((each) => each.name === name && (namespace ?? each.namespace) === each.namespace);
  const [service, second] = found;
  if (service === undefined) {
    return unfit(`there is no service ${name}${namespace === undefined ? '' : ` in namespace ${namespace}`}`);
  }
  if (second !== undefined) return unfit(`there is a service ${name} in several namespaces: give its namespace`);
  const why = whyUnfit(spec, kind, service);
  return why === undefined
    ? { kind: 'fit', target: { namespace: service.namespace, service: service.name } }
    : unfit(`${kind} does not fit: ${why}`);
}

function nodeTarget(spec: WorldSpec, kind: AnyKind, name: string): Target {
  if (!NODE_KINDS.has(kind)) return unfit(`${kind} is no fault of nodes: give a service`);
  return spec.nodes.some((node) => node.name === name)
    ? { kind: 'fit', target: { namespace: '', service: name } }
    : unfit(
        `there is no node ${name}; there are ${spec.nodes
          .map((node) => node.name)
          .slice(0, 10)
          .join(', ')}`,
      );
}
