import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import { DATASOURCE, makePanel, type PanelSpec } from './panel.ts';
import { PALETTE, type Tone } from './palette.ts';

/** The dashboards and the last part of their address. Messages link to it: it never changes. */
export const UIDS = {
  overview: 'autoheal-overview',
  services: 'autoheal-services',
  cluster: 'autoheal-cluster',
  model: 'autoheal-model',
} as const;

export type DashboardName = keyof typeof UIDS;

const TITLES = {
  overview: 'AutoHeal / Overview',
  services: 'AutoHeal / Services',
  cluster: 'AutoHeal / Cluster',
  model: 'AutoHeal / Model',
} as const satisfies Record<DashboardName, string>;

/** Panels under one heading. */
export interface Section {
  /** Of the heading, which is a panel too. */
  readonly id: number;
  readonly title: string;
  /** The variable for each of whose values the section is shown once. */
  readonly repeat?: 'workload';
  readonly panels: readonly PanelSpec[];
}

/** Moments that all graphs of a dashboard mark: where the expression has a value. */
export interface Mark {
  readonly name: string;
  readonly expr: string;
  readonly title: string;
  readonly text: string;
  readonly tone: Tone;
}

export interface DashboardSpec {
  readonly name: DashboardName;
  readonly description: string;
  /** Beside the data source, which every dashboard has. */
  readonly variables: readonly ('namespace' | 'workload')[];
  readonly sections: readonly Section[];
  readonly marks?: readonly Mark[];
}

export function makeDashboard(spec: DashboardSpec): dashboard.Dashboard {
  const { name } = spec;
  const made = new dashboard.DashboardBuilder(TITLES[name])
    .uid(UIDS[name])
    .description(spec.description)
    .tags(['autoheal'])
    .timezone('browser')
    .time({ from: 'now-3h', to: 'now' })
    .refresh('30s')
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .variables([datasourceVariable(), ...spec.variables.map((each) => VARIABLES[each]())])
    .annotations((spec.marks ?? []).map(annotationOf))
    .links(linksFrom(name));
  let y = 0;
  for (const section of spec.sections) y = addSection(made, section, y);
  return made.build();
}

/** Adds a heading and its panels, from left to right and row by row. Returns the line below them. */
function addSection(made: dashboard.DashboardBuilder, section: Section, top: number): number {
  const heading = new dashboard.RowBuilder(section.title).id(section.id).gridPos({ x: 0, y: top, w: COLUMNS, h: 1 });
  made.withRow(section.repeat === undefined ? heading : heading.repeat(section.repeat));
  let [x, y, tallest] = [0, top + 1, 0];
  for (const panel of section.panels) {
    const [width, height] = panel.size;
    if (x + width > COLUMNS) [x, y, tallest] = [0, y + tallest, 0];
    made.withPanel(makePanel(panel, { x, y }));
    x += width;
    tallest = Math.max(tallest, height);
  }
  return y + tallest;
}

const COLUMNS = 24;

function linksFrom(here: DashboardName): Builder<dashboard.DashboardLink>[] {
  const names: readonly DashboardName[] = ['overview', 'services', 'cluster', 'model'];
  return names
    .filter((name) => name !== here)
    .map((name) =>
      new dashboard.DashboardLinkBuilder(TITLES[name].replace('AutoHeal / ', ''))
        .type(dashboard.DashboardLinkType.Link)
        .icon('dashboard')
        .url(`/d/${UIDS[name]}`)
        .tooltip(TITLES[name])
        .includeVars(true)
        .keepTime(true),
    );
}

function datasourceVariable(): Builder<dashboard.VariableModel> {
  return new dashboard.DatasourceVariableBuilder('datasource')
    .label('Data source')
    .description('The Prometheus that scrapes AutoHeal and the cluster.')
    .type('prometheus');
}

const EVERYTHING = { text: ['All'], value: ['$__all'], selected: true };

const VARIABLES = { namespace, workload } as const;

function namespace(): Builder<dashboard.VariableModel> {
  return choice('namespace', 'Namespace', 'label_values(kube_pod_info, namespace)').description(
    'Only what is in these namespaces is shown.',
  );
}

/** One query for all kinds: `label_values` knows one label only. */
const WORKLOAD_NAMES = `query_result(
  label_replace(kube_deployment_spec_replicas{namespace=~"$namespace"}, "workload", "$1", "deployment", "(.+)")
  or label_replace(kube_statefulset_replicas{namespace=~"$namespace"}, "workload", "$1", "statefulset", "(.+)")
  or label_replace(kube_daemonset_status_desired_number_scheduled{namespace=~"$namespace"}, "workload", "$1", "daemonset", "(.+)")
)`;

function workload(): Builder<dashboard.VariableModel> {
  return choice('workload', 'Workload', WORKLOAD_NAMES)
    .regex('/workload="([^"]+)"/')
    .description('Deployments, StatefulSets and DaemonSets of these namespaces.');
}

function choice(name: string, label: string, query: string): dashboard.QueryVariableBuilder {
  return (
    new dashboard.QueryVariableBuilder(name)
      .label(label)
      .query({ query, refId: `variable-${name}` })
      .definition(query)
      .datasource(DATASOURCE)
      .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
      .sort(dashboard.VariableSort.AlphabeticalAsc)
      .multi(true)
      .includeAll(true)
      .allowCustomValue(true)
      // Instead of the names of everything, one by one, in each query.
      .allValue('.+')
      .current(EVERYTHING)
  );
}

function annotationOf({ name, expr, title, text, tone }: Mark): Builder<dashboard.AnnotationQuery> {
  return new dashboard.AnnotationQueryBuilder()
    .name(name)
    .datasource(DATASOURCE)
    .enable(true)
    .iconColor(PALETTE[tone])
    .expr(expr)
    .step('30s')
    .titleFormat(title)
    .textFormat(text)
    .target(new prometheus.DataqueryBuilder().refId('Anno').expr(expr).range());
}
