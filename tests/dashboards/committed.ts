import { readdirSync, readFileSync } from 'node:fs';

/** What these suites read of a committed dashboard. */
export interface CommittedDashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly CommittedPanel[];
  readonly templating: { readonly list: readonly CommittedVariable[] };
  readonly annotations?: { readonly list?: readonly CommittedMark[] };
  readonly links: readonly { readonly url: string }[];
}

export interface CommittedPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly repeat?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly legendFormat: string }[];
  readonly fieldConfig?: {
    readonly defaults: { readonly unit?: string; readonly links?: readonly { readonly url: string }[] };
  };
}

interface CommittedVariable {
  readonly name: string;
  readonly type: string;
  readonly query: string | { readonly query: string };
}

interface CommittedMark {
  readonly name: string;
  readonly expr: string;
  readonly target: { readonly expr: string };
}

const FOLDER = new URL('../../grafana/dashboards/', import.meta.url);

export function committedText(file: string): string {
  return readFileSync(new URL(file, FOLDER), 'utf8');
}

export function committedFiles(): readonly string[] {
  return readdirSync(FOLDER).sort();
}

/** Every dashboard as it is in the repository. */
export function committedDashboards(): readonly CommittedDashboard[] {
  // They are made from typed sources; the golden test holds them to these.
  return committedFiles().map((file) => JSON.parse(committedText(file)) as CommittedDashboard);
}

/** One PromQL expression of a dashboard, and where it stands. */
export interface Expression {
  readonly name: string;
  readonly expr: string;
}

/** Of all panels and marks; with those of the variables, where asked for. */
export function expressionsOf(board: CommittedDashboard): readonly Expression[] {
  const ofPanels = board.panels.flatMap((panel) =>
    (panel.targets ?? []).map(({ refId, expr }) => ({ name: `${board.title}: ${panel.title} ${refId}`, expr })),
  );
  const ofMarks = (board.annotations?.list ?? []).map(({ name, target }) => ({
    name: `${board.title}: mark ${name}`,
    expr: target.expr,
  }));
  return [...ofPanels, ...ofMarks];
}

/** What Grafana asks to fill the choices: the inner part of `label_values` and `query_result`. */
export function variableExpressionsOf(board: CommittedDashboard): readonly Expression[] {
  return board.templating.list.flatMap(({ name, query }) => {
    const text = typeof query === 'string' ? query : query.query;
    const [, inner] =
      /^label_values\((.+), \w+\)$/s.exec(text) ?? /^query_result\((.+)\)$/s.exec(text) ?? ([] as readonly string[]);
    return inner === undefined ? [] : [{ name: `${board.title}: variable ${name}`, expr: inner }];
  });
}

/** What Grafana would send, for these values of its variables. */
export function filledIn(expr: string, values: Readonly<Record<string, string>>): string {
  return expr.replaceAll(/\$(?:\{(\w+)\}|([A-Za-z_]\w*))/g, (whole, braced?: string, bare?: string) => {
    const value = values[braced ?? bare ?? ''];
    if (value === undefined) throw new Error(`nothing to put for ${whole} in ${expr}`);
    return value;
  });
}
