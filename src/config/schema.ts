import { SIGNAL_NAMES } from '../domain/diagnosis.ts';
import { policySchema, type RemedyOptions } from './policy-schema.ts';

const url = { type: 'string', pattern: '^https?://[^\\s]+$' } as const;
const timeoutMs = (value: number) => ({ type: 'integer', minimum: 50, maximum: 60_000, default: value }) as const;
const headers = { type: 'object', additionalProperties: { type: 'string' }, default: {} } as const;

/** A closed object whose missing keys get their defaults. */
function section(properties: Readonly<Record<string, object>>, required: readonly string[] = []): object {
  return { type: 'object', additionalProperties: false, properties, required };
}

function defaulted(schema: object): object {
  return { ...schema, default: {} };
}

const auth = {
  type: 'object',
  discriminator: { propertyName: 'mode' },
  required: ['mode'],
  oneOf: [
    section({ mode: { const: 'none' } }, ['mode']),
    section(
      {
        mode: { const: 'bearer' },
        tokens: { type: 'array', minItems: 1, maxItems: 2, items: { type: 'string', minLength: 8 } },
      },
      ['mode', 'tokens'],
    ),
    section(
      {
        mode: { const: 'basic' },
        username: { type: 'string', minLength: 1 },
        password: { type: 'string', minLength: 8 },
      },
      ['mode', 'username', 'password'],
    ),
  ],
  default: { mode: 'none' },
};

/** JSON Schema of the configuration file. An unknown key is an error: a misspelt limit must not become no limit. */
export function configSchema(remedies: RemedyOptions): object {
  return section({
    server: defaulted(
      section({
        host: { type: 'string', minLength: 1, default: '127.0.0.1', description: 'Address to listen on.' },
        port: { type: 'integer', minimum: 0, maximum: 65_535, default: 9095, description: '0 picks a free port.' },
        bodyLimitMiB: { type: 'integer', minimum: 1, maximum: 256, default: 32, description: 'Largest webhook.' },
        publicUrl: { ...url, description: 'How people reach this service; used for links in messages.' },
        auth,
      }),
    ),
    store: defaulted(
      section({
        path: { type: 'string', minLength: 1, default: 'autoheal.db', description: 'SQLite file: journal and state.' },
      }),
    ),
    cluster: defaulted(
      section({
        kubeconfig: {
          type: 'string',
          minLength: 1,
          description: 'Without it: $KUBECONFIG, ~/.kube/config or in-cluster.',
        },
        context: { type: 'string', minLength: 1 },
        server: { ...url, description: 'API server address, instead of a kubeconfig.' },
        token: { type: 'string', minLength: 1 },
        caFile: { type: 'string', minLength: 1 },
        timeoutMs: timeoutMs(5000),
      }),
    ),
    prometheus: section(
      {
        url,
        timeoutMs: timeoutMs(800),
        headers,
        signals: {
          ...section(Object.fromEntries(SIGNAL_NAMES.map((name) => [name, { type: 'string', minLength: 1 }]))),
          default: {},
          description: 'PromQL templates by signal name; those left out keep their defaults for kube-prometheus-stack.',
        },
      },
      ['url'],
    ),
    alertmanager: section({ url, timeoutMs: timeoutMs(2000), headers }, ['url']),
    locate: defaulted(
      section({
        allowTargetOverride: {
          type: 'boolean',
          default: false,
          description: 'Whether an alert may name its workload by the annotation autoheal_target.',
        },
        monitoringNamespaces: { type: 'array', items: { type: 'string', minLength: 1 }, default: ['monitoring'] },
      }),
    ),
    diagnose: defaulted(section({ deadlineMs: { type: 'integer', minimum: 100, maximum: 60_000, default: 3000 } })),
    model: defaulted(
      section({
        enabled: {
          type: 'boolean',
          default: true,
          description: 'Whether a model may decide where it is sure. Without it the rules decide alone.',
        },
        directory: {
          type: 'string',
          minLength: 1,
          description: 'The directory of `autoheal model`; its champion is asked before the shipped model.',
        },
        file: {
          type: 'string',
          minLength: 1,
          description: 'A model made by `autoheal train`, instead of the one that is shipped.',
        },
      }),
    ),
    policy: policySchema(remedies),
    notify: defaulted(
      section({
        kubernetesEvents: { type: 'boolean', default: true },
        grafanaUrl: {
          ...url,
          description:
            'How people reach the Grafana with the shipped dashboards; messages then link to the workload there.',
        },
        slack: section(
          {
            token: { type: 'string', minLength: 1, description: 'Bot token with chat:write.' },
            channel: { type: 'string', minLength: 1, description: 'Channel id.' },
            apiUrl: url,
            timeoutMs: timeoutMs(5000),
          },
          ['token', 'channel'],
        ),
        email: section(
          {
            host: { type: 'string', minLength: 1 },
            port: { type: 'integer', minimum: 1, maximum: 65_535, default: 587 },
            secure: { type: 'boolean', default: false, description: 'TLS from the first byte (port 465).' },
            requireTls: { type: 'boolean', default: true, description: 'Refuse to send when STARTTLS is not offered.' },
            user: { type: 'string' },
            password: { type: 'string' },
            from: { type: 'string', pattern: '@' },
            to: { type: 'array', minItems: 1, maxItems: 50, items: { type: 'string', pattern: '@' } },
            timeoutMs: timeoutMs(10_000),
          },
          ['host', 'from', 'to'],
        ),
      }),
    ),
    self: defaulted(
      section({
        namespace: { type: 'string', minLength: 1, description: 'The namespace AutoHeal runs in: never acted on.' },
        workload: section(
          {
            kind: { type: 'string', minLength: 1 },
            namespace: { type: 'string' },
            name: { type: 'string', minLength: 1 },
          },
          ['kind', 'namespace', 'name'],
        ),
      }),
    ),
    log: defaulted(section({ level: { enum: ['debug', 'info', 'warn', 'error'], default: 'info' } })),
  });
}
