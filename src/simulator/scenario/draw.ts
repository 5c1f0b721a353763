import type { Random } from '../world/random.ts';
import { FAULT_KINDS, type FaultKindName, type FaultSpec, type ServiceSpec, type WorldSpec } from '../world/spec.ts';
import { isHarmless } from '../world/faults/table.ts';
import { between, oneOf, shuffled } from './dice.ts';
import type { Family } from './family.ts';
import { NODE_KINDS, type AnyKind } from './fitness.ts';
import { patientsFor } from './patients.ts';
import { drawStrength } from './strengths.ts';

export { drawStart, drawTopology, type Family } from './family.ts';

/**
 * Kinds that are never drawn for training, so that the evaluation shows what becomes of an illness that the model never saw.
 * Each is of another nature, hand-written rules have something to go by for each, and the right answers differ: more replicas
 * for `retry-storm` (load that feeds on itself), moving pods for `noisy-neighbour` (the machine), one restart for `hot-loop`
 * (one process that stays ready), nothing for `certificate-expiry` (the network between two services, seen only by callers),
 * and people for `crash-on-poison` (looks like a crash loop that a rollout or a restart would cure).
 */
export const HELD_OUT_KINDS: readonly AnyKind[] = [
  'retry-storm',
  'noisy-neighbour',
  'hot-loop',
  'certificate-expiry',
  'crash-on-poison',
];

/** The kinds that training draws from. */
export const TRAINING_KINDS: readonly FaultKindName[] = FAULT_KINDS.filter((kind) => !HELD_OUT_KINDS.includes(kind));

export interface DrawOptions {
  /** What the incident may be. */
  readonly kinds: readonly FaultKindName[];
  readonly family: Family;
  /** Whether something else may happen besides, harmless or not; true when left out. */
  readonly confounders?: boolean;
}

/** Shares of the incidents in which something else happens besides. */
const WITH_ROLLOUT = 0.12;
const WITH_RISE = 0.08;
const WITH_SECOND = 0.1;
const LATEST_ONSET_SECONDS = 60;
/** A rollout shortly before an illness looks like its cause. */
const ROLLOUT_BEFORE: readonly [number, number] = [45, 240];

/**
 * What befalls a world in one incident: a fault of one of the kinds in a service that it fits, as bad as the family allows, and
 * now and then a harmless rollout shortly before it, a rise of the requests with it, or a second fault of the kinds elsewhere.
 * The ids are unique within the incident; the first fault that is not harmless is the one that it is named for.
 *
 * @throws RangeError when no service of the world can fall ill with any of the kinds.
 */
export function drawIncident(random: Random, spec: WorldSpec, options: DrawOptions): readonly FaultSpec[] {
  const first = drawFault(random, spec, { ...options, id: 'f1', avoid: undefined });
  if (first === undefined) {
    throw new RangeError(`no service of the world can fall ill with any of: ${options.kinds.join(', ')}`);
  }
  return options.confounders === false ? [first] : confounded(random, spec, { first, options });
}

/** What an incident is called in statistics: its kind, or `compound` of two faults. Harmless things do not count. */
export function kindOfIncident(faults: readonly FaultSpec[]): FaultKindName | 'compound' | 'none' {
  const kinds = faults.map(({ kind }) => kind).filter((kind): kind is FaultKindName => !isHarmless(kind));
  return kinds.length > 1 ? 'compound' : (kinds[0] ?? 'none');
}

function confounded(
  random: Random,
  spec: WorldSpec,
  { first, options }: { readonly first: FaultSpec; readonly options: DrawOptions },
): readonly FaultSpec[] {
  const luck = random();
  if (luck < WITH_ROLLOUT) return afterRollout(random, spec, first);
  if (luck < WITH_ROLLOUT + WITH_RISE) {
    const rise = drawFault(random, spec, { ...options, kinds: ['traffic-rise'], id: 'f2', avoid: undefined });
    return rise === undefined ? [first] : [first, { ...rise, onsetSeconds: first.onsetSeconds ?? 0 }];
  }
  if (luck < WITH_ROLLOUT + WITH_RISE + WITH_SECOND) {
    const second = drawFault(random, spec, { ...options, id: 'f2', avoid: first.target.service });
    return second === undefined ? [first] : [first, second];
  }
  return [first];
}

/** The rollout comes at once, and the fault so much later: in the same service as often as in another one. */
function afterRollout(random: Random, spec: WorldSpec, first: FaultSpec): readonly FaultSpec[] {
  const services = patientsFor(spec, 'good-rollout');
  const same = services.find(
    ({ namespace, name }) => first.target.namespace === namespace && first.target.service === name,
  );
  const service = random() < 0.5 && same !== undefined ? same : oneOf(random, services);
  if (service === undefined) return [first];
  const rollout: FaultSpec = { id: 'f0', kind: 'good-rollout', target: targetOf(service), onsetSeconds: 0 };
  return [rollout, { ...first, onsetSeconds: Math.round(between(random, ...ROLLOUT_BEFORE)) }];
}

interface FaultDraw {
  readonly kinds: readonly AnyKind[];
  readonly family: Family;
  readonly id: string;
  /** A name that the target must not have. */
  readonly avoid: string | undefined;
}

function drawFault(random: Random, spec: WorldSpec, draw: FaultDraw): FaultSpec | undefined {
  for (const kind of shuffled(random, draw.kinds)) {
    const service = oneOf(
      random,
      patientsFor(spec, kind).filter(({ name }) => name !== draw.avoid),
    );
    if (service === undefined) continue;
    const onNode = NODE_KINDS.has(kind) && random() < 0.5 ? oneOf(random, spec.nodes) : undefined;
    return {
      id: draw.id,
      kind,
      target: onNode === undefined ? targetOf(service) : { namespace: '', service: onNode.name },
      onsetSeconds: Math.round(random() * LATEST_ONSET_SECONDS),
      ...drawStrength(random, draw.family, { kind, service, spec }),
    };
  }
  return undefined;
}

function targetOf({ namespace, name }: ServiceSpec): FaultSpec['target'] {
  return { namespace, service: name };
}
