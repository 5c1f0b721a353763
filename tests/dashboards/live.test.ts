import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWithParts, eventually } from '../support/parts.ts';
import { committedDashboards, expressionsOf, filledIn, variableExpressionsOf } from './committed.ts';
import { startLiveRun, type LiveRun, type Series } from './live-run.ts';

/** What Grafana would put for its variables: the workload is the one that is healed. */
const VALUES = {
  namespace: 'shop',
  workload: 'checkout',
  __rate_interval: '10s',
  __interval: '10s',
  __range: '1m',
};

/** Expressions that have nothing to show when all goes well, with the reason. */
const MAY_BE_EMPTY: Readonly<Record<string, string>> = {
  'AutoHeal / Model: Calibration error A': 'fifty outcomes are needed before anybody can tell',
  'AutoHeal / Model: Brier score A': 'the same',
  'AutoHeal / Model: Drift of the features A': 'a hundred incidents are needed before anybody can tell',
  'AutoHeal / Overview: Time to recovery C': 'nothing of this run recovers by itself',
  'AutoHeal / Overview: Steps that failed A': 'a step fails or is stale only when the store or two workers are at odds',
};

/** A number that can be drawn: where a rate had nothing to count, Prometheus answers NaN. */
function isDrawn({ values }: Series): boolean {
  return values.some(([, value]) => Number.isFinite(Number(value)));
}

describeWithParts('the dashboards on a real Prometheus that scraped a real run', ['prometheus'], (parts) => {
  let running: LiveRun | undefined;

  beforeAll(async () => {
    const run = await startLiveRun(parts);
    running = run;
    const { world } = run.simulation;
    const shop = (service: string) => ({ namespace: 'shop', service });
    // The graphs start from a quiet cluster.
    await eventually('the first rates', 15, async () =>
      (await run.query('rate(http_requests_total[5s])')).length > 0 ? true : undefined,
    );
    world.inject({ id: 'rollout', kind: 'bad-rollout-crash', target: shop('checkout') });
    // Nothing may be done about this one: it gives the refusals.
    world.inject({
      id: 'protected',
      kind: 'bad-rollout-crash',
      target: { namespace: 'kube-system', service: 'coredns' },
    });
    await eventually('checkout is healed', 40, async () =>
      run.ended.some(({ outcome }) => outcome === 'healed') ? true : undefined,
    );
    await eventually('Prometheus has seen it', 10, async () =>
      (await run.query('increase(autoheal_recovery_seconds_count{outcome="healed"}[5s]) > 0')).length > 0
        ? true
        : undefined,
    );
  }, 80_000);

  afterAll(async () => {
    await running?.stop();
  }, 20_000);

  test.each(committedDashboards().map((board) => ({ name: board.title, board })))(
    '$name: every panel, mark and variable has data',
    async ({ board }) => {
      const run = running;
      if (run === undefined) throw new Error('the run did not start');
      const expressions = [...expressionsOf(board), ...variableExpressionsOf(board)];

      const answers = await Promise.all(
        expressions.map(async ({ name, expr }) => ({ name, series: await run.query(filledIn(expr, VALUES)) })),
      );

      const empty = answers.filter(({ series }) => !series.some(isDrawn)).map(({ name }) => name);
      expect(empty.filter((name) => MAY_BE_EMPTY[name] === undefined)).toEqual([]);
    },
  );

  test('what may be empty is on a dashboard', () => {
    const names = new Set(committedDashboards().flatMap((board) => expressionsOf(board).map(({ name }) => name)));

    expect(Object.keys(MAY_BE_EMPTY).filter((name) => !names.has(name))).toEqual([]);
  });
});
