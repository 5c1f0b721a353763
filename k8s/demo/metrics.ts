/** Upper bounds of the buckets in seconds, wide enough for the slowest `latency`. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

export interface Observed {
  readonly method: string;
  /** One of the routes that there are, never the path of the request: each value is a series. */
  readonly route: string;
  readonly code: number;
  readonly seconds: number;
}

export interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly { readonly labels?: Readonly<Record<string, string>>; readonly value: number }[];
}

export interface RequestMetrics {
  observe(request: Observed): void;
  /** The exposition, with these gauges beside. */
  expose(gauges: readonly Gauge[]): string;
}

/** Requests in the names that AutoHeal's default signals ask for: `http_requests_total`, `http_request_duration_seconds`. */
export function makeRequestMetrics(): RequestMetrics {
  const counts = new Map<string, number>();
  const durations = new Map<string, { readonly buckets: number[]; sum: number; count: number }>();

  function lines(): readonly string[] {
    return [
      '# HELP http_requests_total Requests that were answered.',
      '# TYPE http_requests_total counter',
      ...[...counts].map(([labels, count]) => `http_requests_total{${labels}} ${count}`),
      '# HELP http_request_duration_seconds How long the answers took.',
      '# TYPE http_request_duration_seconds histogram',
      ...[...durations].flatMap(([labels, { buckets, sum, count }]) => [
        ...BUCKETS.map((le, at) => `http_request_duration_seconds_bucket{${labels},le="${le}"} ${buckets[at] ?? 0}`),
        `http_request_duration_seconds_bucket{${labels},le="+Inf"} ${count}`,
        `http_request_duration_seconds_sum{${labels}} ${sum}`,
        `http_request_duration_seconds_count{${labels}} ${count}`,
      ]),
    ];
  }

  return {
    observe({ method, route, code, seconds }) {
      const labels = labelText({ method, route, code: String(code) });
      counts.set(labels, (counts.get(labels) ?? 0) + 1);
      const of = labelText({ route });
      const duration = durations.get(of) ?? { buckets: BUCKETS.map(() => 0), sum: 0, count: 0 };
      for (const [at, le] of BUCKETS.entries()) {
        if (seconds <= le) duration.buckets[at] = (duration.buckets[at] ?? 0) + 1;
      }
      duration.sum += seconds;
      duration.count += 1;
      durations.set(of, duration);
    },
    expose(gauges) {
      const more = gauges.flatMap(({ name, help, samples }) => [
        `# HELP ${name} ${help}`,
        `# TYPE ${name} gauge`,
        ...samples.map(({ labels, value }) => `${name}${labels ? `{${labelText(labels)}}` : ''} ${value}`),
      ]);
      return `${[...lines(), ...more].join('\n')}\n`;
    },
  };
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',');
}
