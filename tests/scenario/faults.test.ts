import { describe, expect, test } from '@jest/globals';
import type { Closed, Outcome } from '../../src/domain/incident.ts';
import type { RemedyName } from '../../src/domain/remedy.ts';
import { FAULT_KINDS, type FaultKindName } from '../../src/simulator/world/spec.ts';
import { lawfulStages } from './lawful.ts';
import type { Stage } from './stage.ts';

const open = lawfulStages();

interface Story {
  readonly service: string;
  readonly strength?: number;
  /** What may be done about it; nothing else may. */
  readonly remedies: readonly RemedyName[];
  /** The service that is made ill, where another one shows it. */
  readonly target?: string;
  /** Writes that it may come to; 2 when left out. */
  readonly writes?: number;
  /** How its first incident must end. */
  readonly outcomes: readonly Outcome[];
}

/** What the mechanism of each fault allows. */
const STORIES: Readonly<Record<FaultKindName, Story>> = {
  'bad-rollout-crash': { service: 'checkout', remedies: ['rollback'], outcomes: ['healed'] },
  'bad-rollout-errors': { service: 'catalog', remedies: ['rollback'], outcomes: ['healed'] },
  'image-pull': { service: 'cart', remedies: ['rollback'], outcomes: ['healed'] },
  'missing-config': { service: 'payment', remedies: ['rollback'], outcomes: ['healed'] },
  'memory-leak': { service: 'recommendation', remedies: ['rollout-restart', 'restart-pod'], outcomes: ['healed'] },
  'deadlock-one-pod': { service: 'shipping', remedies: ['restart-pod', 'reroute'], outcomes: ['healed'] },
  overload: { service: 'cart', strength: 4, remedies: ['scale-up'], outcomes: ['healed'] },
  'dependency-outage': { service: 'payment', remedies: [], outcomes: ['escalated', 'refused', 'not-healed'] },
  'crash-on-poison': {
    service: 'shipping',
    remedies: ['restart-pod', 'rollout-restart'],
    outcomes: ['escalated', 'refused', 'not-healed'],
  },
  'node-not-ready': {
    service: 'catalog',
    remedies: [],
    outcomes: ['escalated', 'refused', 'self-recovered', 'cancelled'],
  },
  blip: { service: 'catalog', remedies: [], outcomes: ['self-recovered', 'escalated', 'cancelled'] },
  // The first kill after a long run looks like a leak; a write for each pod and one for the template then.
  'limit-too-low': { service: 'catalog', remedies: ['rollout-restart', 'resize'], outcomes: ['healed'], writes: 12 },
  'cpu-throttling': { service: 'catalog', remedies: ['resize', 'scale-up'], outcomes: ['healed'] },
  'hot-loop': {
    service: 'catalog',
    remedies: ['restart-pod', 'rollout-restart', 'soft-reset', 'reroute'],
    outcomes: ['healed'],
  },
  // Of three nodes none may be taken out at a share of 20 %: people are called. See nodes.test.ts for larger clusters.
  'node-pressure': { service: 'catalog', remedies: [], outcomes: ['escalated'] },
  // The node itself is known to be ill now, and of three none may be taken out: people are called.
  'noisy-neighbour': {
    service: 'catalog',
    remedies: ['restart-pod', 'rollout-restart', 'reroute', 'resize', 'scale-up'],
    outcomes: ['healed', 'self-recovered', 'not-healed', 'escalated'],
    writes: 10,
  },
  unschedulable: { service: 'shipping', remedies: [], outcomes: ['escalated'] },
  'bad-hpa-bounds': { service: 'catalog', remedies: ['scale-up'], outcomes: ['healed', 'unknown'] },
  'bad-rollout-slow': { service: 'catalog', remedies: ['rollback'], outcomes: ['healed'] },
  // A restart helps until the next pods are full: the third time in a day people are called.
  'bad-rollout-leak': { service: 'catalog', remedies: ['rollout-restart', 'rollback'], outcomes: ['healed'] },
  'disk-filling': { service: 'redis', remedies: [], outcomes: ['escalated'] },
  'slow-dependency': { service: 'payment', remedies: [], outcomes: ['escalated', 'cancelled'] },
  'connection-pool-exhaustion': { service: 'cart', remedies: [], outcomes: ['escalated', 'cancelled'] },
  'traffic-spike': {
    service: 'cart',
    remedies: ['scale-up', 'resize'],
    outcomes: ['healed', 'self-recovered'],
  },
  'retry-storm': { service: 'cart', remedies: ['scale-up', 'resize'], outcomes: ['healed'] },
  'certificate-expiry': { service: 'checkout', target: 'payment', remedies: [], outcomes: ['escalated', 'cancelled'] },
  // Nothing is ill but what watches: nobody is touched.
  'monitoring-outage': { service: 'cart', remedies: [], outcomes: ['escalated', 'cancelled'] },
  'dns-outage': { service: 'checkout', remedies: [], outcomes: ['escalated', 'cancelled'] },
};

/** The end of the first incident of the service that is ill; others may be ill because of it. */
async function firstEnd(on: Stage, service: string): Promise<Closed> {
  let end: Closed | undefined;
  await on.until('an incident ends', 2400, async () => {
    end = (await on.incidents()).find((each): each is Closed => each.phase === 'closed' && isOf(each, service));
    return end !== undefined;
  });
  if (end === undefined) throw new Error('it ended');
  return end;
}

/** A node's illness is the node's, or that of a service with pods on it. */
function isOf({ location }: Closed, service: string): boolean {
  return location?.kind === 'located' && (location.workload.name === service || location.workload.kind === 'Node');
}

describe('every fault of the simulator', () => {
  test.each(FAULT_KINDS)('%s ends as its mechanism allows, with no other remedy', async (kind) => {
    const { service, target = service, strength, remedies, outcomes, writes = 2 } = STORIES[kind];
    const stage = await open();
    stage.world.inject({
      id: kind,
      kind,
      target: { namespace: 'shop', service: target },
      ...(strength === undefined ? {} : { strength }),
    });

    const end = await firstEnd(stage, service);

    const done = end.attempts.filter(({ result }) => result.kind !== 'refused').map(({ intent }) => intent.remedy);
    expect({ outcome: end.outcome, because: end.because, done }).toMatchObject({
      outcome: expect.stringMatching(new RegExp(`^(${outcomes.join('|')})$`)),
    });
    expect(done.filter((remedy) => !remedies.includes(remedy))).toEqual([]);
    expect(stage.writes().length).toBeLessThanOrEqual(writes);
  });
});
