import { HELD_OUT_KINDS, drawIncident, drawStart, drawTopology } from '../../../src/simulator/scenario/draw.ts';
import { policyFor } from '../../../src/simulator/scenario/compile.ts';
import { makeTopology } from '../../../src/simulator/scenario/topology.ts';
import { makeRandom } from '../../../src/simulator/world/random.ts';
import { FAULT_KINDS, type FaultKindName } from '../../../src/simulator/world/spec.ts';
import type { ReadyScenario } from './run-scenario.ts';

/** What makes one scenario of the suite. Plain data: it is posted to a thread, which builds the rest. */
export interface DrawnScenario {
  readonly kind: FaultKindName | 'compound';
  readonly number: number;
  readonly seed: number;
}

const DURATION_SECONDS = 2_400;
/** Services of the largest world. */
const LARGEST = 24;

/** The scenarios that are drawn where no files are given: so many of each kind and of compounds of two. */
export function drawnSuite(seed: number, perKind: number): readonly DrawnScenario[] {
  const kinds = [...FAULT_KINDS, 'compound' as const];
  return kinds.flatMap((kind, place) =>
    Array.from({ length: perKind }, (_, number) => ({ kind, number, seed: seed * 7_919 + place * 101 + number })),
  );
}

/** The world and the faults of a drawn scenario. The family and the topologies are never those of training. */
export function readyScenario({ kind, number, seed }: DrawnScenario): ReadyScenario {
  const random = makeRandom(seed, 'heal-bench');
  const spec = makeTopology(drawTopology(random, 'evaluation', LARGEST));
  const faults = kind === 'compound' ? [...draw(FAULT_KINDS, 'a'), ...draw(FAULT_KINDS, 'b')] : draw([kind], 'f');

  function draw(kinds: readonly FaultKindName[], id: string): ReadyScenario['faults'] {
    const drawn = drawIncident(random, spec, { kinds, family: 'evaluation', confounders: false });
    return drawn.map((fault) => ({ ...fault, id: `${id}-${fault.id}` }));
  }

  return {
    name: `${kind}-${number}`,
    kind,
    seen: faults.every((fault) => !HELD_OUT_KINDS.includes(fault.kind)),
    spec,
    faults,
    seed,
    startAt: drawStart(random, 'evaluation'),
    durationSeconds: DURATION_SECONDS,
    policy: policyFor(spec),
    config: {},
  };
}
