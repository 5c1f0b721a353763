export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** For the series of a histogram: `_bucket`, `_sum`, `_count`. */
  readonly suffix?: string;
}

export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** Metric families as Prometheus text exposition 0.0.4. Families without samples are left out. */
export function exposition(families: readonly Family[]): string {
  const lines: string[] = [];
  for (const { name, type, help, samples } of families) {
    if (samples.length > 0) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
      for (const sample of samples) {
        lines.push(`${name}${sample.suffix ?? ''}${labelText(sample.labels)} ${numberText(sample.value)}`);
      }
    }
  }
  return `${lines.join('\n')}\n`;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

/** At most six decimals: enough for seconds and requests, and the same text on every machine. */
function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) {
    return '+Inf';
  }
  return String(Math.round(value * 1e6) / 1e6);
}

export function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, type: 'gauge', help, samples };
}

export function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, type: 'counter', help, samples };
}

/** One sample for each possible value of a closed set, 1 for the present one: kube-state-metrics' way to show a state. */
export function oneOf(labels: Labels, label: string, states: readonly string[], present: string): readonly Sample[] {
  return states.map((state) => ({ labels: { ...labels, [label]: state }, value: state === present ? 1 : 0 }));
}

/** Epoch seconds of a Kubernetes time; undefined when there is none. */
export function epochSeconds(time: string | undefined): number | undefined {
  const parsed = time === undefined ? Number.NaN : Date.parse(time);
  return Number.isNaN(parsed) ? undefined : parsed / 1_000;
}
