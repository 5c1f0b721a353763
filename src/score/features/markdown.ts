import type { FeatureSource, FeatureSpec } from './column.ts';
import { FEATURES, FEATURE_VERSION, featureHash } from './features.ts';

const SOURCES: Readonly<Record<FeatureSource, string>> = {
  alerts: 'The alerts of the incident that fired when the evidence was gathered.',
  signals: 'What Prometheus said, as shares of own limits and as changes against the own past.',
  cluster: 'How Kubernetes says that the workload, its pods and its nodes stand.',
  history: 'What was done to the workload before, in this incident and in the day before it.',
  causes: 'What the diagnosis says.',
  rules: 'What the rules think of the remedy that is asked about.',
  remedy: 'The remedy that is asked about.',
  row: 'The row itself.',
};

/** The page `docs/features.md`: every column in order, under headings of where it comes from. */
export function featuresAsMarkdown(): string {
  return [
    '# Features',
    '',
    'Made from the declarations in `src/score/features/` by `npm run -s autoheal -- features > docs/features.md`; do not edit.',
    '',
    `Version ${FEATURE_VERSION}, ${FEATURES.length} columns, hash \`${featureHash()}\`. A model is refused where these differ.`,
    '',
    'One row is one remedy (or `none`) held against one incident, as things were known when the evidence was gathered. Live and',
    'simulated evidence go through the same function. A value is cut to its range; what is unknown or cannot be true is missing,',
    'never zero. No name of a service, namespace, node or pod is in a row.',
    ...runsBySource(FEATURES).flatMap(sectionOf),
    '',
  ].join('\n');
}

interface Run {
  readonly source: FeatureSource;
  readonly first: number;
  readonly features: readonly FeatureSpec[];
}

/** Neighbours of one source together, each run with the number of its first column. */
function runsBySource(features: readonly FeatureSpec[]): readonly Run[] {
  const starts = features.flatMap(({ source }, place) => (features[place - 1]?.source === source ? [] : [place]));
  return starts.flatMap((first, index) => {
    const run = features.slice(first, starts[index + 1]);
    const [head] = run;
    return head === undefined ? [] : [{ source: head.source, first, features: run }];
  });
}

function sectionOf({ source, first, features }: Run): readonly string[] {
  return [
    '',
    `## ${first + 1} to ${first + features.length}: ${source}`,
    '',
    SOURCES[source],
    '',
    ...tableOf([
      ['feature', 'unit', 'range', 'meaning'],
      ...features.map(({ name, unit, range: [low, high], meaning }) => [
        `\`${name}\``,
        unit,
        `${low} to ${high}`,
        meaning,
      ]),
    ]),
  ];
}

/** A table whose columns stand under each other, as the formatter of this project wants it. The first line is its head. */
function tableOf(lines: readonly (readonly string[])[]): readonly string[] {
  const widths = (lines[0] ?? []).map((_, place) => Math.max(...lines.map((line) => (line[place] ?? '').length)));
  const [head = '', ...rows] = lines.map((line) => {
    return `| ${widths.map((width, place) => (line[place] ?? '').padEnd(width)).join(' | ')} |`;
  });
  return [head, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows];
}
