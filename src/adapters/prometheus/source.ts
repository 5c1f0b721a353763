import type { SignalName } from '../../domain/diagnosis.ts';
import { AutoHealError } from '../../domain/errors.ts';
import type { Log } from '../../ports/log.ts';
import type { MetricSource } from '../../ports/metrics.ts';
import { recentTemplates } from './signal-templates.ts';
import { readAnswer } from './answer.ts';
import { below, boundedRequest, codeOfStatus, parseJson } from './bounded-request.ts';
import { compileQuery } from './query.ts';

export interface PrometheusOptions {
  /** Address of Prometheus, or of anything that speaks its query API; may end in a path. */
  readonly url: string;
  /** For the whole request, a second try included. 800 unless given. */
  readonly timeoutMs?: number;
  /** For example `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** One PromQL text per signal; `signal-templates.ts` holds those for kube-prometheus-stack. */
  readonly templates: Readonly<Record<SignalName, string>>;
  readonly log?: Log;
}

/** An answer holds one sample per signal; this leaves room for warnings. */
const MAX_ANSWER_BYTES = 256 * 1024;

/**
 * Signals from Prometheus: all of them in one POST to `/api/v1/query`. A signal without data is left out.
 *
 * @throws AutoHealError `CONFIG_INVALID` at once for a template that cannot be filled safely.
 */
export function makePrometheusSource({
  url,
  timeoutMs = 800,
  headers = {},
  templates,
  log,
}: PrometheusOptions): MetricSource {
  const query = compileQuery(templates);
  const recentQuery = compileQuery(recentTemplates(templates));
  const endpoint = below(url, '/api/v1/query');
  return {
    signals: async (target) => {
      const { status, text } = await boundedRequest({
        port: 'prometheus',
        url: endpoint,
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
        // Prometheus gives up as well, instead of working for nobody.
        body: new URLSearchParams({
          query: (target.recent === true ? recentQuery : query)(target),
          timeout: `${timeoutMs}ms`,
        }).toString(),
        timeoutMs,
        maxBytes: MAX_ANSWER_BYTES,
      });
      if (status !== 200) throw refused(status, text);
      const { signals, remarks } = readAnswer(parseJson(text, 'prometheus'));
      if (remarks.length > 0) {
        log?.warn({ workload: target.workload, remarks: remarks.slice(0, 10) }, 'prometheus remarked on the query');
      }
      return signals;
    },
  };
}

/** Prometheus says what was wrong in `error`; a proxy before it may say anything. */
function refused(status: number, text: string): AutoHealError {
  const said = /"error"\s*:\s*("(?:[^"\\]|\\.){0,500})/.exec(text)?.[1]?.slice(1) ?? '';
  return new AutoHealError(codeOfStatus(status), `prometheus: answered ${status}${said === '' ? '' : `: ${said}`}`, {
    context: { status },
  });
}
