import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { allDashboards } from '../../grafana/src/dashboards.ts';
import { UIDS } from '../../grafana/src/frame.ts';
import { PALETTE } from '../../grafana/src/palette.ts';
import { dashboardLink, LINKED_DASHBOARDS } from '../../src/notify/links.ts';
import { makeObjectStore } from '../../src/simulator/objects.ts';
import { DEMO_WORLD } from '../../src/simulator/world/demo.ts';
import { seededUids } from '../../src/simulator/world/random.ts';
import { makeWorld } from '../../src/simulator/world/world.ts';
import { makeMetrics } from '../../src/telemetry/metrics.ts';
import { ACT, CART, decided } from '../builders/journey.ts';
import {
  committedDashboards,
  committedFiles,
  committedText,
  expressionsOf,
  variableExpressionsOf,
  type CommittedPanel,
} from './committed.ts';
import { exposedNames, metricNamesIn } from './metric-names.ts';

const BOARDS = committedDashboards().map((board) => ({ name: board.title, board }));

function shipped(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

describe('the committed files', () => {
  test('are what `node grafana/src/generate.ts` makes, and nothing else', () => {
    const made = allDashboards();

    expect(committedFiles()).toEqual(made.map(({ file }) => file).sort());
    for (const { file, made: board } of made) {
      expect(JSON.parse(committedText(file))).toEqual(JSON.parse(JSON.stringify(board)));
    }
  });

  test('have the stable uids that messages link to', () => {
    expect(BOARDS.map(({ board }) => board.uid).sort()).toEqual(Object.values(UIDS).sort());
    expect(LINKED_DASHBOARDS).toEqual({ services: UIDS.services, cluster: UIDS.cluster });
  });

  test.each([
    { kind: 'Deployment', namespace: 'shop', uid: UIDS.services, variables: ['namespace', 'workload'] },
    { kind: 'CronJob', namespace: 'shop', uid: UIDS.cluster, variables: ['namespace'] },
    { kind: 'Node', namespace: '', uid: UIDS.cluster, variables: [] },
  ])('have the variables that messages set: $kind', ({ kind, namespace, uid, variables }) => {
    const workload = { kind, namespace, name: 'cart' };
    const link = dashboardLink(decided(ACT, { location: { ...CART, workload } }), 'http://localhost:3000') ?? '';
    const { pathname, searchParams } = new URL(link);

    const board = BOARDS.find((each) => `/d/${each.board.uid}` === pathname)?.board;
    const set = [...searchParams.keys()].flatMap((key) => (key.startsWith('var-') ? [key.slice(4)] : []));
    expect(board?.templating.list.map(({ name }) => name)).toEqual(expect.arrayContaining(set));
    expect({ uid: board?.uid, set }).toEqual({ uid, set: variables });
  });
});

function overlap(one: CommittedPanel, other: CommittedPanel): boolean {
  const [a, b] = [one.gridPos, other.gridPos];
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

/** Everything under a key, at any depth. */
function everyValue(key: RegExp, node: unknown): readonly unknown[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, value]) => [
    ...(key.test(name) ? [value] : []),
    ...everyValue(key, value),
  ]);
}

describe.each(BOARDS)('$name', ({ board }) => {
  const panels = board.panels.filter(({ type }) => type !== 'row');

  test('no panel without a title, a unit, a description and a query', () => {
    const bare = panels.filter(
      ({ title, description = '', fieldConfig, targets = [] }) =>
        title === '' || description.length < 20 || (fieldConfig?.defaults.unit ?? '') === '' || targets.length === 0,
    );

    expect(panels.length).toBeGreaterThan(2);
    expect(bare.map(({ title }) => title)).toEqual([]);
  });

  test('no two panels lie over each other, and none beside the grid', () => {
    const pairs = board.panels.flatMap((one, index) =>
      board.panels.slice(index + 1).map((other) => ({ one, other, over: overlap(one, other) })),
    );
    const outside = board.panels.filter(({ gridPos: { x, w } }) => x < 0 || w < 1 || x + w > 24);

    expect(pairs.filter(({ over }) => over).map(({ one, other }) => [one.title, other.title])).toEqual([]);
    expect(outside).toEqual([]);
  });

  test('no id stands for two panels', () => {
    const ids = board.panels.map(({ id }) => id);

    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => id > 0)).toBe(true);
  });

  test('no colour that is not in the palette', () => {
    const colours = everyValue(/^(fixedColor|iconColor|lineColor)$/, board);
    const ofSteps = everyValue(/^(steps|result)$/, board).flatMap((each) => everyValue(/^color$/, each));
    const modes = everyValue(/^mode$/, everyValue(/^color$|^value$/, board));

    const known: readonly unknown[] = Object.values(PALETTE);
    expect([...colours, ...ofSteps].filter((colour) => !known.includes(colour))).toEqual([]);
    expect(
      JSON.stringify(board)
        .match(/#[0-9a-fA-F]{3,8}\b/g)
        ?.filter((colour) => !known.includes(colour)),
    ).toEqual([]);
    expect(modes.filter((mode) => !['fixed', 'shades', 'thresholds'].includes(String(mode)))).toEqual([]);
  });

  test('each series has a colour of its own, or one by its value', () => {
    const overridden = (panel: CommittedPanel): number =>
      everyValue(/^matcher$/, panel).filter((matcher) => JSON.stringify(matcher).includes('byFrameRefID')).length;
    const graphs = panels.filter(({ type }) => type === 'timeseries');

    expect(graphs.filter((panel) => overridden(panel) !== panel.targets?.length).map(({ title }) => title)).toEqual([]);
  });

  test('uses each of its variables, and no other', () => {
    const declared = board.templating.list.map(({ name }) => name);
    const elsewhere = JSON.stringify([board.panels, board.annotations, board.templating]);
    const used = [...elsewhere.matchAll(/\$\{?((?!__)[a-z]\w*)/g)].map(([, name]) => name);

    expect(new Set(used)).toEqual(new Set(declared));
    expect(declared).toContain('datasource');
  });

  test('leads to all other dashboards, and no link leads nowhere', () => {
    const urls = [
      ...board.links.map(({ url }) => url),
      ...panels.flatMap(({ fieldConfig }) => (fieldConfig?.defaults.links ?? []).map(({ url }) => url)),
    ];
    const targets = urls.map((url) => /^\/d\/([\w-]+)/.exec(url)?.[1]);
    const all: readonly unknown[] = Object.values(UIDS);

    expect(targets.filter((uid) => !all.includes(uid))).toEqual([]);
    expect(board.links.map(({ url }) => url).sort()).toEqual(
      Object.values(UIDS)
        .filter((uid) => uid !== board.uid)
        .map((uid) => `/d/${uid}`)
        .sort(),
    );
  });
});

test('Services shows a section per workload', () => {
  const services = BOARDS.find(({ board }) => board.uid === UIDS.services)?.board;

  expect(services?.panels.filter(({ type }) => type === 'row')).toMatchObject([
    { repeat: 'workload', title: '$workload' },
  ]);
});

describe('metric names', () => {
  test.each([
    { name: 'plain', expr: 'up', names: ['up'] },
    {
      name: 'a function of a range',
      expr: 'rate(http_requests_total{code=~"5.."}[5m])',
      names: ['http_requests_total'],
    },
    { name: 'a recorded rule', expr: 'max by (pod) (autoheal:pod_deployment)', names: ['autoheal:pod_deployment'] },
    {
      name: 'matching, strings and words of the language',
      expr: 'a * on (x, y) group_left (z) b or label_replace(c offset 5m, "d", "$1", "e", "(.+)") unless d > bool 1e3',
      names: ['a', 'b', 'c', 'd'],
    },
  ])('are found in PromQL: $name', ({ expr, names }) => {
    expect([...metricNamesIn(expr)].filter((name) => name !== 'm').sort()).toEqual(names);
  });

  test('every metric that a dashboard uses exists: in the service, in what exporters say of a cluster, or as a rule', async () => {
    const service = exposedNames((await makeMetrics({ version: '0.0.0' }).expose()).body);
    const cluster = exposedNames(metricsOfSickWorld());
    const rules: unknown = parse(shipped('rules/autoheal.rules.yml'));
    const recorded = new Set(everyValue(/^record$/, rules));
    const expressions = BOARDS.flatMap(({ board }) => [...expressionsOf(board), ...variableExpressionsOf(board)]);

    const used = expressions.flatMap(({ name, expr }) => [...metricNamesIn(expr)].map((metric) => ({ name, metric })));
    const unknown = used.filter(({ metric }) => !service.has(metric) && !cluster.has(metric) && !recorded.has(metric));

    expect(unknown).toEqual([]);
    expect(new Set(used.map(({ metric }) => metric)).size).toBeGreaterThan(40);
  });
});

/** Families without samples are left out of an exposition: a world in which containers wait and end has them all. */
function metricsOfSickWorld(): string {
  let now = Date.parse('2026-03-02T12:00:00Z');
  const store = makeObjectStore({ now: () => now, uid: seededUids(7) });
  const world = makeWorld({ store, seed: 7, scenario: { ...DEMO_WORLD, prehistorySeconds: 120 } });
  world.inject({ id: 'bad', kind: 'bad-rollout-crash', target: { namespace: 'shop', service: 'checkout' } });
  for (let second = 0; second < 120; second += 1) {
    now += 1000;
    world.tick(1);
  }
  return world.metricsText();
}

describe('README', () => {
  test('names the panels of a service by the ids that links use', () => {
    const services = BOARDS.find(({ board }) => board.uid === UIDS.services)?.board.panels ?? [];

    const rows = [...shipped('grafana/README.md').matchAll(/^\| (\d+) +\| (.+?) +\|$/gm)];
    const told = rows.map(([, id, title]) => ({ id: Number(id), title }));

    expect(told).toEqual(services.filter(({ type }) => type !== 'row').map(({ id, title }) => ({ id, title })));
  });

  test('names every dashboard', () => {
    const readme = shipped('grafana/README.md');

    expect(Object.values(UIDS).filter((uid) => !readme.includes(`\`${uid}\``))).toEqual([]);
  });
});

describe('provisioning', () => {
  test('the data source is the Prometheus of the local stack, with its scrape interval', () => {
    interface Sources {
      readonly datasources: readonly {
        readonly type: string;
        readonly url: string;
        readonly jsonData: { readonly timeInterval: string };
      }[];
    }
    interface Scraping {
      readonly global: { readonly scrape_interval: string };
    }
    // The two files are ours.
    const { datasources } = parse(shipped('grafana/provisioning/datasources/prometheus.yml')) as Sources;
    const { global } = parse(shipped('prometheus/prometheus.yml')) as Scraping;

    expect(datasources).toMatchObject([{ type: 'prometheus', jsonData: { timeInterval: global.scrape_interval } }]);
    expect(URL.canParse(datasources[0]?.url ?? '')).toBe(true);
  });

  test('the dashboards are read from a folder, and nobody changes them in the browser', () => {
    const provider: unknown = parse(shipped('grafana/provisioning/dashboards/autoheal.yml'));

    expect(provider).toMatchObject({
      apiVersion: 1,
      providers: [{ type: 'file', allowUiUpdates: false, options: { path: '/var/lib/grafana/dashboards/autoheal' } }],
    });
  });
});
