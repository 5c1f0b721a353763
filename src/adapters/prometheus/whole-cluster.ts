/** A matcher whose string holds a placeholder: `namespace="{{namespace}}"`, `pod=~"{{pods}}"`. */
const MATCHER =
  /(?:=~|!~|!=|=)\s*(?:"(?:[^"\\]|\\[\s\S])*?\{\{\s*\w+\s*\}\}(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*?\{\{\s*\w+\s*\}\}(?:[^'\\]|\\[\s\S])*')/g;

/** A name directly before a selector or a range: what is asked of Prometheus, not a function or a label. */
const METRIC = /([a-zA-Z_:][\w:]*)\s*(?=[{[])/g;

/**
 * The query of a signal template for all workloads at once: whatever asks for one workload takes any instead. What it
 * comes down to means nothing; that it comes down to something says that the signal is recorded, with the labels it needs.
 */
export function forAllWorkloads(template: string): string {
  return template.replaceAll(MATCHER, '=~".+"');
}

/** The metrics that a template reads, each once, in their order. */
export function metricsOf(template: string): readonly string[] {
  return [...new Set([...template.matchAll(METRIC)].map(([, name = '']) => name))];
}
