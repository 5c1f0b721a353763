const NOT_METRICS = new Set(
  'and or unless bool offset inf nan by on without ignoring group_left group_right start end atan2'.split(' '),
);

/** Names of the metrics that a PromQL expression selects, without those of its labels and functions. */
export function metricNamesIn(expr: string): ReadonlySet<string> {
  const bare = expr
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')
    .replaceAll(/\{[^}]*\}/g, '')
    .replaceAll(/\[[^\]]*\]/g, '')
    .replaceAll(/\b(?:by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)/g, '');
  const names = [...bare.matchAll(/(?<![\w$:.])[A-Za-z_:][\w:]*(?!\s*\(|[\w:])/g)].map(([name]) => name);
  return new Set(names.filter((name) => !NOT_METRICS.has(name.toLowerCase())));
}

/** Names that a text exposition gives samples of: a histogram's three as well. */
export function exposedNames(exposition: string): ReadonlySet<string> {
  const names = [...exposition.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type = '']) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  );
  return new Set(names);
}
