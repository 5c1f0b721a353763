import { Ajv } from 'ajv';

/**
 * The parts of the custom kinds that the chart writes, closed: a field that is not here was never held against its CRD. Written
 * by hand from the API references of the Prometheus operator and the External Secrets operator.
 */
const text = { type: 'string', minLength: 1 };
const labels = { type: 'object', additionalProperties: { type: 'string' } };
const duration = { type: 'string', pattern: '^([0-9]+(ms|s|m|h|d|w|y))+$' };
/** Go's `time.Duration`, which the External Secrets operator takes. */
const goDuration = { type: 'string', pattern: '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$' };

function closed(required: Readonly<Record<string, object>>, optional: Readonly<Record<string, object>> = {}): object {
  return {
    type: 'object',
    additionalProperties: false,
    required: Object.keys(required),
    properties: { ...required, ...optional },
  };
}

function listOf(items: object): object {
  return { type: 'array', minItems: 1, items };
}

const metadata = closed({ name: text, namespace: text, labels }, { annotations: labels });

function kind(apiVersion: string, name: string, spec: object): object {
  return closed({ apiVersion: { const: apiVersion }, kind: { const: name }, metadata, spec });
}

const alertingRule = closed(
  { alert: text, expr: text },
  { for: duration, keep_firing_for: duration, labels, annotations: labels },
);
const recordingRule = closed({ record: text, expr: text }, { labels });

const KINDS: Readonly<Record<string, object>> = {
  ServiceMonitor: kind(
    'monitoring.coreos.com/v1',
    'ServiceMonitor',
    closed({
      selector: closed({ matchLabels: labels }),
      namespaceSelector: closed({ matchNames: listOf(text) }),
      endpoints: listOf(closed({ port: text, path: text, interval: duration })),
    }),
  ),
  PrometheusRule: kind(
    'monitoring.coreos.com/v1',
    'PrometheusRule',
    closed({
      groups: listOf(
        closed({ name: text, rules: listOf({ oneOf: [alertingRule, recordingRule] }) }, { interval: duration }),
      ),
    }),
  ),
  AlertmanagerConfig: kind(
    'monitoring.coreos.com/v1alpha1',
    'AlertmanagerConfig',
    closed({
      route: closed({
        receiver: text,
        matchers: listOf(closed({ name: text, value: text, matchType: { enum: ['=', '!=', '=~', '!~'] } })),
        groupBy: listOf(text),
        groupWait: duration,
        groupInterval: duration,
        repeatInterval: duration,
      }),
      receivers: listOf(
        closed({
          name: text,
          webhookConfigs: listOf(
            closed({
              url: { type: 'string', pattern: '^https?://' },
              sendResolved: { type: 'boolean' },
              maxAlerts: { type: 'integer', minimum: 0 },
              httpConfig: closed({
                authorization: closed({ type: text, credentials: closed({ name: text, key: text }) }),
              }),
            }),
          ),
        }),
      ),
    }),
  ),
  ExternalSecret: kind(
    'external-secrets.io/v1',
    'ExternalSecret',
    closed({
      refreshInterval: goDuration,
      secretStoreRef: closed({ kind: { enum: ['SecretStore', 'ClusterSecretStore'] }, name: text }),
      target: closed({ name: text, creationPolicy: { enum: ['Owner', 'Orphan', 'Merge', 'None'] } }),
      data: listOf(closed({ secretKey: text, remoteRef: closed({ key: text, property: text }) })),
    }),
  ),
};

const ajv = new Ajv({ allErrors: true });

/** What is wrong with an object of a custom kind, one sentence each; that its kind is unknown, too. */
export function customProblemsOf(object: { readonly kind: string }): readonly string[] {
  const schema = KINDS[object.kind];
  if (schema === undefined) return [`${object.kind}: is no kind that the tests know`];
  const { kind: name } = object;
  const validate = ajv.compile(schema);
  if (validate(object)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${name}${instancePath}: ${message} ${JSON.stringify(params)}`,
  );
}
