import { makePrometheusExaminer, type PrometheusExaminer } from '../../adapters/prometheus/examine.ts';
import type { Config } from '../../config/config.ts';
import { errorText } from '../../domain/errors.ts';
import { fail, notConfigured, ok, type Check } from '../finding.ts';
import { shownUrl } from '../secrets.ts';

/** Queries over all workloads take longer than those of one incident. */
const PATIENCE_MS = 10_000;

export function prometheusOf(prometheus: NonNullable<Config['prometheus']>): PrometheusExaminer {
  const { url, headers, timeoutMs } = prometheus;
  return makePrometheusExaminer({ url, headers, timeoutMs: Math.max(timeoutMs, PATIENCE_MS) });
}

/** Whether Prometheus answers. */
export const prometheus: Check = {
  name: 'prometheus',
  timeoutMs: () => 3 * PATIENCE_MS,
  async run({ config }) {
    if (config.prometheus === undefined) return notConfigured('prometheus', 'prometheus.url');
    const { url } = config.prometheus;
    try {
      const examiner = prometheusOf(config.prometheus);
      await examiner.now();
      const version = (await examiner.version()) ?? 'unknown version';
      return [ok('prometheus', `${version} at ${shownUrl(url)}`)];
    } catch (error) {
      const todo =
        'check prometheus.url and prometheus.headers, and the network policies between AutoHeal and Prometheus';
      return [fail('prometheus', `${shownUrl(url)}: ${errorText(error)}`, todo)];
    }
  },
};
