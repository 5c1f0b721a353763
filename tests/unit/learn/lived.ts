import { stepRecord } from '../../../src/adapters/store/step-record.ts';
import type { Evidence } from '../../../src/domain/diagnosis.ts';
import type { Closed, Incident, IncidentId, PastAction } from '../../../src/domain/incident.ts';
import { actionId, type Candidate, type RemedyName } from '../../../src/domain/remedy.ts';
import { advance, type HealDeps } from '../../../src/heal.ts';
import { decisionsOf, type JournalledDecision } from '../../../src/learn/decisions.ts';
import type { JournalEvent } from '../../../src/ports/store.ts';
import { scoreByRules } from '../../../src/score/rules.ts';
import type { ScoreQuestion } from '../../../src/score/score.ts';
import type { Step } from '../../../src/steps.ts';
import { diagnosis, LOCATED } from '../../builders/incident.ts';
import { aPolicy, anAlert, anIntent, NIGHT, received } from '../../builders/journey.ts';

/** What is decided, and what verification comes to. */
export interface Turn {
  /** `none`: AutoHeal waits. `observed`: it only looks on. */
  readonly remedy: RemedyName;
  readonly ended?: 'recovered' | 'not-recovered' | 'unknown';
}

export interface Story {
  readonly id?: string;
  /** Epoch milliseconds at which it begins. */
  readonly at?: number;
  readonly turns: readonly Turn[];
  /** Evidence of each turn. */
  readonly found?: (turn: number) => Partial<Evidence>;
  readonly score?: (question: ScoreQuestion) => readonly Candidate[];
  readonly name?: string;
}

export interface Lived {
  readonly closed: Closed;
  readonly events: readonly JournalEvent[];
}

const STEP_MS = 5_000;
const MOST_STEPS = 100;

/** The remedies that every story could choose from. */
export const CONSIDERED: ScoreQuestion['considered'] = [
  { remedy: 'rollout-restart', kind: 'applies', cures: 'crash-loop', because: ['it crashes'], likelihood: 0.35 },
  { remedy: 'rollback', kind: 'applies', cures: 'crash-loop', because: ['it crashes'], likelihood: 0.2 },
  { remedy: 'resize', kind: 'refused', refusal: { code: 'no-limit-set', why: 'there is no limit' } },
];

/** The steps of a story as the real journey takes them, from the first to the last. */
export async function* stepsOf(story: Story, first: Incident = firstOf(story)): AsyncGenerator<Step> {
  const clock = { now: story.at ?? NIGHT };
  const deps = depsOf(story, clock);
  let incident = first;
  for (let step = 0; incident.phase !== 'closed'; step += 1) {
    if (step === MOST_STEPS) throw new Error('the story does not end');
    clock.now += STEP_MS;
    const taken = await advance(incident, deps);
    yield taken;
    incident = taken.after;
  }
}

/** A story, and what the journal keeps of it. */
export async function live(story: Story): Promise<Lived> {
  let incident: Incident = firstOf(story);
  const events: JournalEvent[] = [];
  for await (const { after } of stepsOf(story)) {
    // As the store journals it: as JSON.
    const body: unknown = JSON.parse(JSON.stringify(stepRecord(incident, after)));
    events.push({ seq: events.length, at: after.updatedAt, kind: 'step', incident: after.id, body });
    incident = after;
  }
  if (incident.phase !== 'closed') throw new Error('the story did not end');
  return { closed: incident, events };
}

/** The decisions of a story. */
export async function decisionsIn(
  story: Story,
  actions: readonly PastAction[] = [],
): Promise<readonly JournalledDecision[]> {
  const { closed, events } = await live(story);
  return decisionsOf(closed, events, actions);
}

function firstOf({ id = 'inc-1', at = NIGHT }: Story): Incident {
  const alerts = [anAlert({ fingerprint: `f-${id}`, startsAt: at - 60_000 })];
  return received({ id: id as IncidentId, openedAt: at, updatedAt: at, alerts }); // Tests choose their ids.
}

function depsOf(story: Story, clock: { readonly now: number }): HealDeps {
  const { turns, found = () => ({}), score = scoreByRules, name = 'cart' } = story;
  let turn = -1;
  const now = (): Turn => turns[turn] ?? { remedy: 'observed' };
  const workload = { ...LOCATED.workload, name };
  const verification = { verdict: 'unknown', reasons: ['tests say so'], at: 0 } as const;
  return {
    locate: async () => ({ ...LOCATED, workload }),
    diagnose: async () => {
      turn += 1;
      return diagnosis('crash-loop', { workload, at: clock.now, ...found(turn) });
    },
    score: (incident, history) => score({ ...incident, considered: CONSIDERED, history }),
    async decide({ candidates }) {
      const { remedy } = now();
      const candidate = candidates.find((each) => each.remedy === remedy) ?? candidates[0];
      if (candidate === undefined) throw new Error('there are candidates');
      if (remedy === 'none') return { kind: 'wait', because: 'tests say so' };
      return { kind: remedy === 'observed' ? 'observe' : 'act', candidate, mode: 'auto' };
    },
    plan: async ({ id, rung }, { remedy }) => ({
      kind: 'planned',
      intent: anIntent({ actionId: actionId(id, rung), rung, remedy, cures: 'crash-loop', plannedAt: clock.now }),
    }),
    mayStillAct: async () => undefined,
    execute: async () => ({ kind: 'done', at: clock.now, detail: 'patched' }),
    readBack: async (_intent, refusal) => ({ kind: 'refused', at: clock.now, refusal }),
    verify: async () => ({ ...verification, at: clock.now }),
    judge() {
      const kind = now().ended ?? 'unknown';
      return { kind, verification: { ...verification, verdict: kind, at: clock.now } };
    },
    mayTakeBack: async () => undefined,
    takeBack: async () => ({ kind: 'undone', detail: 'undone' }),
    openIncidentOf: async () => undefined,
    historyOf: async () => [],
    approvalOf: async () => undefined,
    policy: aPolicy({ maxRungs: 3 }),
    now: () => clock.now,
  };
}
