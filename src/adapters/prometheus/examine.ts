import { Ajv } from 'ajv';
import { AutoHealError } from '../../domain/errors.ts';
import { below, boundedRequest, codeOfStatus, parseJson } from './bounded-request.ts';

export interface LoadedRule {
  readonly name: string;
  /** `ok`, `err` or `unknown`. */
  readonly health: string;
  readonly lastError: string;
}

export interface LoadedGroup {
  readonly name: string;
  readonly rules: readonly LoadedRule[];
}

/** Looks at a Prometheus, or at anything that speaks its API. Its methods throw `PORT_*`. */
export interface PrometheusExaminer {
  /** Undefined where it does not say, as some that only speak the query API. */
  version(): Promise<string | undefined>;
  /** Its clock: epoch milliseconds. */
  now(): Promise<number>;
  /** How many series a query comes down to; those that are no number count too. */
  count(promql: string): Promise<number>;
  /** Which of these metrics have a series now. */
  present(metrics: readonly string[]): Promise<ReadonlySet<string>>;
  groups(): Promise<readonly LoadedGroup[]>;
}

/** The rules of a large installation are some megabytes, with every firing alert in them. */
const MAX_BYTES = 32 * 1024 * 1024;
const NOT_THERE: ReadonlySet<number> = new Set([404, 405, 501]);

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
}

const isVector = new Ajv().compile<{ readonly data: { readonly result: readonly Sample[] } }>({
  type: 'object',
  required: ['data'],
  properties: {
    data: {
      type: 'object',
      required: ['resultType', 'result'],
      properties: {
        resultType: { const: 'vector' },
        result: {
          type: 'array',
          items: { type: 'object', required: ['metric'], properties: { metric: { type: 'object' } } },
        },
      },
    },
  },
});

const isScalar = new Ajv().compile<{ readonly data: { readonly result: readonly [number, string] } }>({
  type: 'object',
  required: ['data'],
  properties: {
    data: {
      type: 'object',
      required: ['resultType', 'result'],
      properties: { resultType: { const: 'scalar' }, result: { type: 'array', minItems: 2, maxItems: 2 } },
    },
  },
});

interface ApiRule {
  readonly name: string;
  readonly health?: string;
  readonly lastError?: string;
}

const isRules = new Ajv().compile<{
  readonly data: { readonly groups: readonly { readonly name: string; readonly rules: readonly ApiRule[] }[] };
}>({
  type: 'object',
  required: ['data'],
  properties: {
    data: {
      type: 'object',
      required: ['groups'],
      properties: {
        groups: {
          type: 'array',
          items: {
            type: 'object',
            required: ['name', 'rules'],
            properties: {
              name: { type: 'string' },
              rules: {
                type: 'array',
                items: {
                  type: 'object',
                  required: ['name'],
                  properties: { name: { type: 'string' }, health: { type: 'string' }, lastError: { type: 'string' } },
                },
              },
            },
          },
        },
      },
    },
  },
});

export function makePrometheusExaminer(options: {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}): PrometheusExaminer {
  const { url, headers, timeoutMs } = options;

  async function get(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const endpoint = below(url, path);
    return boundedRequest({
      port: 'prometheus',
      url: endpoint,
      method: 'GET',
      headers,
      timeoutMs,
      maxBytes: MAX_BYTES,
    });
  }

  async function query(promql: string): Promise<unknown> {
    const answer = await boundedRequest({
      port: 'prometheus',
      url: below(url, '/api/v1/query'),
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ query: promql, timeout: `${timeoutMs}ms` }).toString(),
      timeoutMs,
      maxBytes: MAX_BYTES,
    });
    return successOf(answer);
  }

  async function vector(promql: string): Promise<readonly Sample[]> {
    const answer = await query(promql);
    if (!isVector(answer)) throw new AutoHealError('PORT_SERVER', 'prometheus: the answer is not a vector');
    return answer.data.result;
  }

  return {
    async version() {
      const answer = await get('/api/v1/status/buildinfo');
      if (NOT_THERE.has(answer.status)) return undefined;
      const found = successOf(answer);
      const data: unknown = typeof found === 'object' && found !== null && 'data' in found ? found.data : undefined;
      const version = typeof data === 'object' && data !== null && 'version' in data ? data.version : undefined;
      return typeof version === 'string' ? version : undefined;
    },
    async now() {
      const answer = await query('time()');
      const seconds = isScalar(answer) ? Number(answer.data.result[1]) : Number.NaN;
      if (!Number.isFinite(seconds)) throw new AutoHealError('PORT_SERVER', 'prometheus: time() is not a number');
      return seconds * 1000;
    },
    count: async (promql) => (await vector(promql)).length,
    async present(metrics) {
      if (metrics.length === 0) return new Set();
      const samples = await vector(`count by (__name__) ({__name__=~"${metrics.join('|')}"})`);
      return new Set(samples.flatMap(({ metric }) => metric['__name__'] ?? []));
    },
    async groups() {
      const answer = successOf(await get('/api/v1/rules'));
      if (!isRules(answer))
        throw new AutoHealError('PORT_SERVER', 'prometheus: the answer is not a list of rule groups');
      return answer.data.groups.map(({ name, rules }) => ({
        name,
        rules: rules.map(({ name: rule, health = 'unknown', lastError = '' }) => ({ name: rule, health, lastError })),
      }));
    },
  };
}

/** The JSON of a successful answer. Prometheus says in `error` what was wrong. */
function successOf({ status, text }: { readonly status: number; readonly text: string }): unknown {
  if (status === 200) return parseJson(text, 'prometheus');
  const said = /"error"\s*:\s*"((?:[^"\\]|\\.){0,300})/.exec(text)?.[1] ?? '';
  const message = `prometheus: answered ${status}${said === '' ? '' : `: ${said}`}`;
  throw new AutoHealError(codeOfStatus(status), message, { context: { status } });
}
