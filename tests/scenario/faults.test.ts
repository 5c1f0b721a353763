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
  'deadlock-one-pod': { service: 'shipping', remedies: ['restart-pod'], outcomes: ['healed'] },
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
    const { service, strength, remedies, outcomes } = STORIES[kind];
    const stage = await open();
    stage.world.inject({
      id: kind,
      kind,
      target: { namespace: 'shop', service },
      ...(strength === undefined ? {} : { strength }),
    });

    const end = await firstEnd(stage, service);

    const done = end.attempts.filter(({ result }) => result.kind !== 'refused').map(({ intent }) => intent.remedy);
    expect({ outcome: end.outcome, because: end.because, done }).toMatchObject({
      outcome: expect.stringMatching(new RegExp(`^(${outcomes.join('|')})$`)),
    });
    expect(done.filter((remedy) => !remedies.includes(remedy))).toEqual([]);
    expect(stage.writes().length).toBeLessThanOrEqual(2);
  });
});
