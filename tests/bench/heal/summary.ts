import { POLICIES, type PolicyName, type ScenarioResult } from './outcome.ts';

/** (none - policy) / (none - oracle) in bad minutes, summed over scenarios: 0 as good as doing nothing, 1 as good as knowing. */
export function scoreOf(results: readonly ScenarioResult[], policy: PolicyName): number | null {
  const sum = (name: PolicyName): number =>
    results.reduce((total, { outcomes }) => total + outcomes[name].badMinutes, 0);
  const avoidable = sum('none') - sum('oracle');
  return avoidable < LEAST_AVOIDABLE ? null : (sum('none') - sum(policy)) / avoidable;
}

/** Where hardly anything could be avoided by anybody, a ratio says nothing. Bad minutes. */
const LEAST_AVOIDABLE = 1;

export type ByPolicy<Value> = Readonly<Record<PolicyName, Value>>;

export interface HealSummary {
  readonly scenarios: number;
  readonly incidents: number;
  readonly score: ByPolicy<number | null>;
  readonly score_by_fault: Readonly<Record<string, ByPolicy<number | null>>>;
  /** Of the kinds that were left out of training. */
  readonly score_unseen: ByPolicy<number | null>;
  readonly score_seen: ByPolicy<number | null>;
  /** Share of the actions that made things worse than doing nothing. */
  readonly harmful_share: ByPolicy<number>;
  readonly harmful_share_unseen: ByPolicy<number>;
  readonly recovered_share: ByPolicy<number>;
  readonly bad_minutes: ByPolicy<number>;
  /** Median over the scenarios, in seconds from the onset. */
  readonly recovery_seconds: ByPolicy<number>;
  readonly actions: ByPolicy<number>;
  readonly disruptive_actions: ByPolicy<number>;
  /** Scenarios in which people were called although somebody who knew the fault could have healed it. */
  readonly wrong_escalations: ByPolicy<number>;
  /** Of what `autoheal` did. */
  readonly decided_by: Readonly<Record<'rules' | 'model', number>>;
}

export function summarize(results: readonly ScenarioResult[]): HealSummary {
  const kinds = [...new Set(results.map(({ kind }) => kind))].toSorted();
  const unseen = results.filter(({ seen }) => !seen);
  const own = results.flatMap(({ outcomes }) => outcomes.autoheal.actions);
  return {
    scenarios: results.length,
    incidents: results.reduce((total, { incidents }) => total + incidents, 0),
    score: byPolicy((policy) => scoreOf(results, policy)),
    score_by_fault: Object.fromEntries(
      kinds.map((kind) => {
        const those = results.filter((result) => result.kind === kind);
        return [kind, byPolicy((policy) => scoreOf(those, policy))];
      }),
    ),
    score_unseen: byPolicy((policy) => scoreOf(unseen, policy)),
    score_seen: byPolicy((policy) =>
      scoreOf(
        results.filter(({ seen }) => seen),
        policy,
      ),
    ),
    harmful_share: byPolicy((policy) => harmfulShare(results, policy)),
    harmful_share_unseen: byPolicy((policy) => harmfulShare(unseen, policy)),
    recovered_share: byPolicy((policy) => share(results, ({ outcomes }) => outcomes[policy].recovered)),
    bad_minutes: byPolicy((policy) => results.reduce((total, { outcomes }) => total + outcomes[policy].badMinutes, 0)),
    recovery_seconds: byPolicy((policy) => median(results.map(({ outcomes }) => outcomes[policy].recoverySeconds))),
    actions: byPolicy((policy) => actionsOf(results, policy).length),
    disruptive_actions: byPolicy((policy) => actionsOf(results, policy).filter(({ disruptive }) => disruptive).length),
    wrong_escalations: byPolicy((policy) => results.filter((result) => calledInVain(result, policy)).length),
    decided_by: {
      rules: own.filter(({ decidedBy }) => decidedBy === 'rules').length,
      model: own.filter(({ decidedBy }) => decidedBy === 'model').length,
    },
  };
}

function byPolicy<Value>(of: (policy: PolicyName) => Value): ByPolicy<Value> {
  return {
    none: of('none'),
    'always-restart': of('always-restart'),
    rules: of('rules'),
    autoheal: of('autoheal'),
    oracle: of('oracle'),
  };
}

function actionsOf(
  results: readonly ScenarioResult[],
  policy: PolicyName,
): ScenarioResult['outcomes']['none']['actions'] {
  return results.flatMap(({ outcomes }) => outcomes[policy].actions);
}

function harmfulShare(results: readonly ScenarioResult[], policy: PolicyName): number {
  const judged = actionsOf(results, policy).filter(({ harmful }) => harmful !== undefined);
  return share(judged, ({ harmful }) => harmful === true);
}

function share<Item>(items: readonly Item[], holds: (item: Item) => boolean): number {
  return items.length === 0 ? 0 : items.filter(holds).length / items.length;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function calledInVain({ outcomes }: ScenarioResult, policy: PolicyName): boolean {
  const { none, oracle } = outcomes;
  const curable = oracle.recovered && none.badMinutes - oracle.badMinutes > none.badMinutes / 2;
  return curable && outcomes[policy].escalated && !outcomes[policy].recovered;
}

/** The summary as a table for people. */
export function summaryTable(summary: HealSummary): string {
  const head = ['', ...POLICIES];
  const rows: readonly (readonly string[])[] = [
    line('score', summary.score, ratio),
    line('score, kinds seen in training', summary.score_seen, ratio),
    line('score, kinds left out of it', summary.score_unseen, ratio),
    line('bad minutes', summary.bad_minutes, (value) => value.toFixed(0)),
    line('recovered share', summary.recovered_share, ratio),
    line('recovery, median s', summary.recovery_seconds, (value) => value.toFixed(0)),
    line('actions', summary.actions, String),
    line('disruptive actions', summary.disruptive_actions, String),
    line('harmful share', summary.harmful_share, (value) => value.toFixed(3)),
    line('harmful share, left out', summary.harmful_share_unseen, (value) => value.toFixed(3)),
    line('wrong escalations', summary.wrong_escalations, String),
    ...Object.entries(summary.score_by_fault).map(([kind, scores]) => line(`  ${kind}`, scores, ratio)),
  ];
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length)));
  const text = [head, ...rows].map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
  return `HealBench: ${summary.scenarios} scenarios, ${summary.incidents} incidents; 1.00 is as good as knowing the fault\n${text.join('\n')}`;
}

function line<Value>(name: string, values: ByPolicy<Value>, show: (value: Value) => string): readonly string[] {
  return [name, ...POLICIES.map((policy) => show(values[policy]))];
}

function ratio(value: number | null): string {
  return value === null ? '-' : value.toFixed(2);
}
