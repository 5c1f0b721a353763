import { Ajv } from 'ajv';
import { AutoHealError } from '../domain/errors.ts';
import { below, boundedRequest, codeOfStatus, parseJson } from './prometheus/bounded-request.ts';

export interface AlertmanagerStatus {
  readonly version: string;
  /** `ready`, `settling`, or `disabled` where there is only one. */
  readonly cluster: string;
  readonly peers: number;
  /** Its configuration as YAML, with its secrets left out. */
  readonly config: string;
}

/** An alert of Alertmanager and where its routes send it. */
export interface RoutedAlert {
  readonly receivers: readonly string[];
  /** `active`, `suppressed` or `unprocessed`. */
  readonly state: string;
  readonly silencedBy: readonly string[];
  readonly inhibitedBy: readonly string[];
  readonly mutedBy: readonly string[];
}

export interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Epoch milliseconds. */
  readonly startsAt: number;
  readonly endsAt: number;
}

/** Looks at an Alertmanager, and posts an alert when told to. Its methods throw `PORT_*`. */
export interface AlertmanagerExaminer {
  status(): Promise<AlertmanagerStatus>;
  post(alert: PostedAlert): Promise<void>;
  /** The alert with this label; undefined where this Alertmanager does not hold it (any more). */
  find(label: string, value: string): Promise<RoutedAlert | undefined>;
  /** How many tries to tell a webhook have failed since it started; undefined where its metrics cannot be read. */
  failedWebhooks(): Promise<number | undefined>;
}

const MAX_BYTES = 16 * 1024 * 1024;
const text = { type: 'string' } as const;
const texts = { type: 'array', items: text } as const;

const isStatus = new Ajv().compile<{
  readonly versionInfo: { readonly version: string };
  readonly cluster: { readonly status: string; readonly peers?: readonly unknown[] | null };
  readonly config: { readonly original: string };
}>({
  type: 'object',
  required: ['versionInfo', 'cluster', 'config'],
  properties: {
    versionInfo: { type: 'object', required: ['version'], properties: { version: text } },
    cluster: { type: 'object', required: ['status'], properties: { status: text } },
    config: { type: 'object', required: ['original'], properties: { original: text } },
  },
});

interface ApiAlert {
  readonly receivers: readonly { readonly name: string }[];
  readonly status: {
    readonly state: string;
    readonly silencedBy: readonly string[];
    readonly inhibitedBy: readonly string[];
    /** From Alertmanager 0.28 on. */
    readonly mutedBy?: readonly string[];
  };
}

const isAlerts = new Ajv().compile<readonly ApiAlert[]>({
  type: 'array',
  items: {
    type: 'object',
    required: ['receivers', 'status'],
    properties: {
      receivers: { type: 'array', items: { type: 'object', required: ['name'], properties: { name: text } } },
      status: {
        type: 'object',
        required: ['state', 'silencedBy', 'inhibitedBy'],
        properties: { state: text, silencedBy: texts, inhibitedBy: texts, mutedBy: texts },
      },
    },
  },
});

export function makeAlertmanagerExaminer(options: {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}): AlertmanagerExaminer {
  const { url, headers, timeoutMs } = options;

  async function call(path: string, more: { readonly search?: string; readonly body?: string } = {}): Promise<string> {
    const endpoint = below(url, path);
    endpoint.search = more.search ?? '';
    const json = more.body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await boundedRequest({
      port: 'alertmanager',
      url: endpoint,
      method: more.body === undefined ? 'GET' : 'POST',
      headers: { ...headers, ...json },
      ...(more.body === undefined ? {} : { body: more.body }),
      timeoutMs,
      maxBytes: MAX_BYTES,
    });
    if (answer.status === 200) return answer.text;
    const said = answer.text.trim().slice(0, 200);
    throw new AutoHealError(codeOfStatus(answer.status), `alertmanager: answered ${answer.status}: ${said}`);
  }

  return {
    async status() {
      const answer = parseJson(await call('/api/v2/status'), 'alertmanager');
      if (!isStatus(answer)) throw new AutoHealError('PORT_SERVER', 'alertmanager: the answer is not its status');
      const { versionInfo, cluster, config } = answer;
      const peers = cluster.peers?.length ?? 0;
      return { version: versionInfo.version, cluster: cluster.status, peers, config: config.original };
    },
    async post({ labels, annotations, startsAt, endsAt }) {
      const times = { startsAt: new Date(startsAt).toISOString(), endsAt: new Date(endsAt).toISOString() };
      // Sent again when the connection broke: the same alert twice is one alert.
      await call('/api/v2/alerts', { body: JSON.stringify([{ labels, annotations, ...times }]) });
    },
    async find(label, value) {
      const search = new URLSearchParams({ filter: `${label}=${JSON.stringify(value)}` }).toString();
      const answer = parseJson(await call('/api/v2/alerts', { search }), 'alertmanager');
      if (!isAlerts(answer)) throw new AutoHealError('PORT_SERVER', 'alertmanager: the answer is not a list of alerts');
      const [alert] = answer;
      if (alert === undefined) return undefined;
      const { state, silencedBy, inhibitedBy, mutedBy = [] } = alert.status;
      return { receivers: alert.receivers.map(({ name }) => name), state, silencedBy, inhibitedBy, mutedBy };
    },
    async failedWebhooks() {
      try {
        return sumOfFailures(await call('/metrics'));
      } catch {
        return undefined; // A proxy may hide them: then nothing is known.
      }
    },
  };
}

/** Each try counts, so that a failure shows before Alertmanager gives up. */
const FAILED_WEBHOOKS = /^alertmanager_notification_requests_failed_total\{[^}]*integration="webhook"[^}]*\} (\S+)$/gm;

function sumOfFailures(metrics: string): number {
  return [...metrics.matchAll(FAILED_WEBHOOKS)].reduce((sum, [, value]) => sum + Number(value), 0);
}
