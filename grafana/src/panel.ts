import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge';
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { PALETTE, type Tone } from './palette.ts';

/** The data source that people choose at the top of each dashboard. */
export const DATASOURCE: common.DataSourceRef = { type: 'prometheus', uid: '${datasource}' };

export interface Query {
  readonly expr: string;
  /** Grafana's template for the name of each series. */
  readonly legend: string;
  /** Of one series, its colour; of several, their shades of it. */
  readonly tone?: Tone;
}

/** From this value on, a tone; the first step has none and begins at minus infinity. */
export type Step = readonly [from: number | null, tone: Tone];

/** What stands in place of a number. A state that is not a number is 0 / 0: there was to be nothing. */
export interface Mapping {
  readonly from?: number;
  readonly to?: number;
  readonly text: string;
  readonly tone: Tone;
}

export interface PanelSpec {
  /** Stands in links (`viewPanel=`): never used twice on a dashboard, and never changed. */
  readonly id: number;
  readonly title: string;
  readonly description: string;
  readonly kind: 'lines' | 'bars' | 'areas' | 'number' | 'ranking' | 'states';
  /** An id of Grafana's list of units, or `suffix:` and a word. */
  readonly unit: string;
  /** Columns, of 24, and lines. */
  readonly size: readonly [width: number, height: number];
  readonly queries: readonly Query[];
  readonly steps?: readonly Step[];
  readonly mappings?: readonly Mapping[];
  readonly min?: number;
  readonly max?: number;
  readonly decimals?: number;
  /** What an empty answer means, where it means something. */
  readonly noValue?: string;
  readonly link?: { readonly title: string; readonly url: string };
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

export function makePanel(spec: PanelSpec, { x, y }: Place): Builder<dashboard.Panel> {
  const [w, h] = spec.size;
  const gridPos = { x, y, w, h };
  switch (spec.kind) {
    case 'lines':
    case 'areas':
    case 'bars':
      return dress(graph(spec), spec).gridPos(gridPos);
    case 'number':
      return dress(number(spec), spec).gridPos(gridPos);
    case 'ranking':
      return dress(ranking(spec), spec).gridPos(gridPos);
    case 'states':
      return dress(states(), spec).gridPos(gridPos);
  }
}

/** What the builders of all kinds of panels have in common. */
interface AnyPanel {
  id(id: number): this;
  title(title: string): this;
  description(text: string): this;
  unit(unit: string): this;
  datasource(datasource: common.DataSourceRef): this;
  gridPos(gridPos: dashboard.GridPos): this;
  withTarget(target: Builder<Dataquery>): this;
  min(value: number): this;
  max(value: number): this;
  decimals(digits: number): this;
  noValue(text: string): this;
  mappings(mappings: dashboard.ValueMapping[]): this;
  thresholds(thresholds: Builder<dashboard.ThresholdsConfig>): this;
  colorScheme(color: Builder<dashboard.FieldColor>): this;
  overrideByQuery(refId: string, properties: dashboard.DynamicConfigValue[]): this;
  dataLinks(links: Builder<dashboard.DashboardLink>[]): this;
}

function dress<Panel extends AnyPanel>(panel: Panel, spec: PanelSpec): Panel {
  const { steps = [[null, 'plain']], mappings = [] } = spec;
  panel
    .id(spec.id)
    .title(spec.title)
    .description(spec.description)
    .unit(spec.unit)
    .datasource(DATASOURCE)
    .noValue(spec.noValue ?? 'no data')
    .mappings(mappings.map(mappingOf))
    .thresholds(
      new dashboard.ThresholdsConfigBuilder()
        .mode(dashboard.ThresholdsMode.Absolute)
        .steps(steps.map(([value, tone]) => ({ value, color: PALETTE[tone] }))),
    )
    .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Thresholds));
  if (spec.min !== undefined) panel.min(spec.min);
  if (spec.max !== undefined) panel.max(spec.max);
  if (spec.decimals !== undefined) panel.decimals(spec.decimals);
  if (spec.link !== undefined) {
    panel.dataLinks([new dashboard.DashboardLinkBuilder(spec.link.title).url(spec.link.url)]);
  }
  const overTime = spec.kind !== 'number' && spec.kind !== 'ranking';
  for (const [index, query] of spec.queries.entries()) {
    const refId = String.fromCharCode('A'.charCodeAt(0) + index);
    const target = new prometheus.DataqueryBuilder().refId(refId).expr(query.expr).legendFormat(query.legend);
    panel.withTarget((overTime ? target.range() : target.instant()).datasource(DATASOURCE));
    if (query.tone !== undefined)
      panel.overrideByQuery(refId, [{ id: 'color', value: colorOf(query.tone, spec.kind) }]);
  }
  return panel;
}

/**
 * Series of a graph that are not named in advance get shades of one colour instead of Grafana's own palette; the bars of a
 * ranking have their names beside them.
 */
function colorOf(tone: Tone, kind: PanelSpec['kind']): dashboard.FieldColor {
  const mode = kind === 'ranking' ? dashboard.FieldColorModeId.Fixed : dashboard.FieldColorModeId.Shades;
  return { mode, fixedColor: PALETTE[tone] };
}

function mappingOf({ from, to, text, tone }: Mapping): dashboard.ValueMapping {
  const result = { text, color: PALETTE[tone] };
  return from === undefined && to === undefined
    ? {
        type: dashboard.MappingType.SpecialValue,
        options: { match: dashboard.SpecialValueMatch.NotANumber, result },
      }
    : { type: dashboard.MappingType.RangeToText, options: { from: from ?? null, to: to ?? null, result } };
}

function graph(spec: PanelSpec): timeseries.PanelBuilder {
  const panel = new timeseries.PanelBuilder()
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom),
    )
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi))
    .showPoints(common.VisibilityMode.Never)
    .lineWidth(2);
  if (spec.kind === 'lines') return panel.drawStyle(common.GraphDrawStyle.Line).fillOpacity(0);
  panel.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group('A'));
  if (spec.kind === 'areas') return panel.drawStyle(common.GraphDrawStyle.Line).lineWidth(1).fillOpacity(70);
  // Wide bars, and steps that are not shorter than the scrapes of most clusters: `increase` needs two of them.
  return panel.drawStyle(common.GraphDrawStyle.Bars).lineWidth(0).fillOpacity(90).interval('2m').maxDataPoints(120);
}

function number(spec: PanelSpec): stat.PanelBuilder {
  return new stat.PanelBuilder()
    .graphMode(common.BigValueGraphMode.None)
    .colorMode(common.BigValueColorMode.Background)
    .textMode(spec.queries.length > 1 ? common.BigValueTextMode.ValueAndName : common.BigValueTextMode.Auto)
    .reduceOptions(lastValue());
}

function ranking(spec: PanelSpec): bargauge.PanelBuilder {
  return new bargauge.PanelBuilder()
    .orientation(common.VizOrientation.Horizontal)
    .displayMode(common.BarGaugeDisplayMode.Basic)
    .valueMode(common.BarGaugeValueMode.Text)
    .showUnfilled(spec.max !== undefined)
    .reduceOptions(lastValue());
}

function lastValue(): common.ReduceDataOptionsBuilder {
  return new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false);
}

function states(): statetimeline.PanelBuilder {
  return new statetimeline.PanelBuilder()
    .showValue(common.VisibilityMode.Auto)
    .mergeValues(true)
    .fillOpacity(100)
    .lineWidth(0)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(false)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom),
    );
}
