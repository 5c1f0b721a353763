import { compileQuery } from '../../adapters/prometheus/query.ts';
import type { PrometheusExaminer } from '../../adapters/prometheus/examine.ts';
import { DEFAULT_SIGNAL_TEMPLATES } from '../../adapters/prometheus/signal-templates.ts';
import { forAllWorkloads, metricsOf } from '../../adapters/prometheus/whole-cluster.ts';
import { SIGNAL_NAMES, type SignalName } from '../../domain/diagnosis.ts';
import { AutoHealError, errorText } from '../../domain/errors.ts';
import { inBatches } from '../batches.ts';
import { fail, notConfigured, ok, warn, type Check, type Finding } from '../finding.ts';
import { sourceOf } from '../signal-sources.ts';
import { prometheusOf } from './prometheus.ts';

const AT_ONCE = 3;

/** Whether Prometheus records each signal that the diagnosis asks for, with the labels it needs. */
export const signals: Check = {
  name: 'signals',
  needs: 'prometheus',
  timeoutMs: () => 120_000,
  async run({ config }, signal) {
    const { prometheus } = config;
    if (prometheus === undefined) return notConfigured('signals', 'prometheus.url');
    const templates = { ...DEFAULT_SIGNAL_TEMPLATES, ...prometheus.signals };
    compileQuery(templates); // Throws for a template that the service would refuse at its start as well.
    const examiner = prometheusOf(prometheus);
    await examiner.now(); // Throws at once where nothing answers: no need to ask for each signal.
    const series = new Map<SignalName, number | AutoHealError>();
    await inBatches(SIGNAL_NAMES, AT_ONCE, async (name) => {
      if (!signal.aborted) series.set(name, await seriesOf(examiner, templates[name]));
    });
    const present = await presentMetrics(
      examiner,
      SIGNAL_NAMES.filter((name) => series.get(name) === 0).map((name) => templates[name]),
    );
    const found = SIGNAL_NAMES.map((name) =>
      findingOf({ name, template: templates[name], replaced: prometheus.signals[name] !== undefined }, series, present),
    );
    const none = [...series.values()].every((count) => count === 0);
    return none ? [NOTHING, ...found] : found;
  },
};

const NOTHING: Finding = fail(
  'signals',
  'Prometheus has no series of any signal: the diagnosis is blind',
  'check prometheus.url: is it the Prometheus that scrapes the kubelets and kube-state-metrics of this cluster?',
);

/** How many series a template comes down to over all workloads; the refusal where the query is none. */
async function seriesOf(examiner: PrometheusExaminer, template: string): Promise<number | AutoHealError> {
  try {
    return await examiner.count(forAllWorkloads(template));
  } catch (error) {
    if (error instanceof AutoHealError && error.code === 'PORT_CLIENT') return error;
    throw error;
  }
}

async function presentMetrics(
  examiner: PrometheusExaminer,
  templates: readonly string[],
): Promise<ReadonlySet<string>> {
  return examiner.present([...new Set(templates.flatMap(metricsOf))]);
}

function findingOf(
  signal: { readonly name: SignalName; readonly template: string; readonly replaced: boolean },
  series: ReadonlyMap<SignalName, number | AutoHealError>,
  present: ReadonlySet<string>,
): Finding {
  const { name, template, replaced } = signal;
  const line = `signals/${name}`;
  const count = series.get(name) ?? 0;
  if (count instanceof AutoHealError) return refused(signal, count);
  if (count > 0) return ok(line, 'recorded');
  const today = todayOf(name);
  if (today !== undefined && (series.get(today) ?? 0) !== 0) {
    const todo = 'wait until Prometheus has an hour of history';
    return warn(line, 'nothing is recorded of an hour ago: what is unusual cannot be told by it', todo);
  }
  const metrics = metricsOf(template);
  const absent = metrics.filter((metric) => !present.has(metric));
  if (replaced || metrics.length === 0) {
    return warn(line, 'no series for any workload', `check the template prometheus.signals.${name}`);
  }
  if (absent.length > 0) {
    return warn(line, `no series: ${absent.join(', ')} not there`, sourceOf(absent[0] ?? ''));
  }
  const todo = `compare its labels with those of the query, or set prometheus.signals.${name}; ${sourceOf(metrics[0] ?? '')}`;
  return warn(
    line,
    `no series, though ${metrics.join(', ')} is there: a label is missing, or no pod has a limit`,
    todo,
  );
}

/** 400 is the answer to what is no PromQL; 422 to what cannot be computed, which for one workload may still be possible. */
function refused(
  { name, replaced }: { readonly name: SignalName; readonly replaced: boolean },
  error: AutoHealError,
): Finding {
  const line = `signals/${name}`;
  if (error.context['status'] === 422) {
    const todo = replaced
      ? `check the template prometheus.signals.${name}`
      : 'look at single workloads instead, in the dashboards';
    return warn(line, `it could not be asked for all workloads at once: ${errorText(error)}`, todo);
  }
  return fail(line, `the query is refused: ${errorText(error)}`, `correct prometheus.signals.${name}`);
}

const BASELINES: Readonly<Partial<Record<SignalName, SignalName>>> = {
  request_rate_baseline: 'request_rate',
  error_ratio_baseline: 'error_ratio',
  latency_p99_baseline_seconds: 'latency_p99_seconds',
};

/** The signal of now to a signal of an hour ago. */
function todayOf(name: SignalName): SignalName | undefined {
  return BASELINES[name];
}
