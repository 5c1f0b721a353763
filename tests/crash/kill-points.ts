/** Where the service dies. */
export interface KillPoint {
  /** An operation of the store or the cluster; `any` is a moment of the parent's choosing. */
  readonly point: string;
  readonly when: 'before' | 'during' | 'after' | 'random';
  readonly afterMs?: number;
}

const PHASES = ['located', 'diagnosed', 'scored', 'decided', 'intended', 'acted', 'verifying', 'closed'] as const;

const JOURNAL_POINTS = [
  'appendDeliveries',
  'commitGrouping',
  ...PHASES.map((phase) => `commitStep:${phase}`),
  'finishNotification',
];

/** Every point of the journal, before and after its commit, and every moment of the writes to the cluster. */
export const KILL_POINTS: readonly KillPoint[] = [
  ...JOURNAL_POINTS.flatMap((point) => [{ point, when: 'before' } as const, { point, when: 'after' } as const]),
  { point: 'send:dry-run', when: 'before' },
  { point: 'send:dry-run', when: 'after' },
  { point: 'send:write', when: 'before' },
  ...[0, 1, 2, 4, 8].map((afterMs) => ({ point: 'send:write', when: 'during', afterMs }) as const),
  { point: 'send:write', when: 'after' },
];

/** The kill points of a run: each journal point in turn, every fourth kill at a random moment. `random` gives [0, 1). */
export function killPlan(kills: number, random: () => number): KillPoint[] {
  const plan: KillPoint[] = [];
  let next = 0;
  while (plan.length < kills) {
    if (plan.length % 4 === 3) {
      plan.push({ point: 'any', when: 'random', afterMs: Math.round(random() * 400) });
      continue;
    }
    const point = KILL_POINTS[next % KILL_POINTS.length];
    if (point !== undefined) plan.push(point);
    next += 1;
  }
  return plan;
}
