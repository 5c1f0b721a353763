import { pattern } from './schema-parts.ts';
import { policySchema, type RemedyOptions } from './policy-schema.ts';
import { SIGNAL_MEANINGS } from './signal-meanings.ts';

const url = { type: 'string', pattern: '^https?://[^\\s]+$' } as const;
const timeoutMs = (value: number) =>
  ({
    type: 'integer',
    minimum: 50,
    maximum: 60_000,
    default: value,
    description: 'The longest that one request may take.',
  }) as const;
const headers = {
  type: 'object',
  additionalProperties: { type: 'string' },
  default: {},
  description: 'Sent with every request, such as `Authorization` or `X-Scope-OrgID`.',
} as const;

/** A closed object whose missing keys get their defaults. */
function section(properties: Readonly<Record<string, object>>, required: readonly string[] = []): object {
  return { type: 'object', additionalProperties: false, properties, required };
}

function defaulted(schema: object, description: string): object {
  return { ...schema, description, default: {} };
}

function text(description: string): object {
  return { type: 'string', minLength: 1, description };
}

const auth = {
  type: 'object',
  discriminator: { propertyName: 'mode' },
  required: ['mode'],
  description: 'How senders prove who they are; people and `autoheal incidents` as well.',
  oneOf: [
    section({ mode: { const: 'none', description: 'No proof: only on a loopback address.' } }, ['mode']),
    section(
      {
        mode: { const: 'bearer', description: 'A token in the header `Authorization`.' },
        tokens: {
          type: 'array',
          minItems: 1,
          maxItems: 2,
          items: { type: 'string', minLength: 8 },
          description: 'One, or two while they are rotated.',
        },
      },
      ['mode', 'tokens'],
    ),
    section(
      {
        mode: { const: 'basic', description: 'A name and a password in the header `Authorization`.' },
        username: text('The name.'),
        password: { type: 'string', minLength: 8, description: 'The password.' },
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
        host: { ...text('Address to listen on.'), default: '127.0.0.1' },
        port: { type: 'integer', minimum: 0, maximum: 65_535, default: 9095, description: '0 picks a free port.' },
        bodyLimitMiB: {
          type: 'integer',
          minimum: 1,
          maximum: 256,
          default: 32,
          description: 'Largest webhook, in MiB; a larger one is answered 413.',
        },
        publicUrl: { ...url, description: 'How people reach this service; used for links in messages.' },
        auth,
      }),
      'Where AutoHeal listens, and whom it lets in.',
    ),
    store: defaulted(
      section({ path: { ...text('SQLite file: journal and state.'), default: 'autoheal.db' } }),
      'Where the journal is. One process owns it.',
    ),
    cluster: defaulted(
      section({
        kubeconfig: text('Without it: $KUBECONFIG, ~/.kube/config or in-cluster.'),
        context: text('Context of the kubeconfig; its current one when left out.'),
        server: { ...url, description: 'API server address, instead of a kubeconfig.' },
        token: text('Bearer token for `server`.'),
        caFile: text('Certificate authority of `server`, as a PEM file.'),
        timeoutMs: timeoutMs(5000),
      }),
      'The Kubernetes API.',
    ),
    prometheus: described(
      section(
        {
          url: { ...url, description: 'Its address, without `/api/v1`.' },
          timeoutMs: timeoutMs(800),
          headers,
          signals: {
            ...section(
              Object.fromEntries(Object.entries(SIGNAL_MEANINGS).map(([name, meaning]) => [name, text(meaning)])),
            ),
            default: {},
            description:
              'PromQL templates by signal name; those left out keep their defaults for kube-prometheus-stack. Placeholders, inside quoted strings only: `{{namespace}}`, `{{workload}}`, `{{kind}}`, and behind `=~` `{{pods}}` and `{{pods_of_any_age}}`.',
          },
        },
        ['url'],
      ),
      'Without it there are no signals, and what shows in signals only is not acted on.',
    ),
    alertmanager: described(
      section(
        { url: { ...url, description: 'Its address, without `/api/v2`.' }, timeoutMs: timeoutMs(2000), headers },
        ['url'],
      ),
      'Without it silences are not asked for, and every decision says so.',
    ),
    locate: defaulted(
      section({
        allowTargetOverride: {
          type: 'boolean',
          default: false,
          description: 'Whether an alert may name its workload by the annotation autoheal_target.',
        },
        monitoringNamespaces: {
          type: 'array',
          items: pattern,
          default: ['monitoring'],
          description:
            'Namespaces of Prometheus, Alertmanager and their exporters: what is ill there is reported, never acted on. Values may end in `*`.',
        },
      }),
      'How the workload of an alert is found.',
    ),
    diagnose: defaulted(
      section({
        deadlineMs: {
          type: 'integer',
          minimum: 100,
          maximum: 60_000,
          default: 3000,
          description: 'Evidence that is not there by then counts as missing, never as healthy.',
        },
      }),
      'How evidence is gathered.',
    ),
    model: defaulted(
      section({
        enabled: {
          type: 'boolean',
          default: true,
          description: 'Whether a model may decide where it is sure. Without it the rules decide alone.',
        },
        directory: text('The directory of `autoheal model`; its champion is asked before the shipped model.'),
        file: text('A model made by `autoheal train`, instead of the one that is shipped.'),
      }),
      'The learned score: docs/learning.md.',
    ),
    policy: policySchema(remedies),
    notify: defaulted(
      section({
        kubernetesEvents: {
          type: 'boolean',
          default: true,
          description: 'Whether the workload gets a Kubernetes Event for what is done to it.',
        },
        grafanaUrl: described(
          url,
          'How people reach the Grafana with the shipped dashboards; messages then link to the workload there.',
        ),
        slack: described(slack, 'One thread per incident.'),
        email: described(email, 'One mail thread per incident.'),
      }),
      'Whom AutoHeal tells.',
    ),
    self: defaulted(
      section({
        namespace: text('The namespace AutoHeal runs in: never acted on.'),
        workload: described(
          section(
            {
              kind: text('`Deployment`, for example.'),
              namespace: { type: 'string', description: 'Its namespace.' },
              name: text('Its name.'),
            },
            ['kind', 'namespace', 'name'],
          ),
          "AutoHeal's own workload: never acted on, wherever it is.",
        ),
      }),
      'Where AutoHeal itself runs. The chart fills it in.',
    ),
    log: defaulted(
      section({
        level: {
          enum: ['debug', 'info', 'warn', 'error'],
          default: 'info',
          description: 'The least important lines that are written.',
        },
      }),
      'JSON lines on standard output.',
    ),
  });
}

function described(schema: object, description: string): object {
  return { ...schema, description };
}

const slack = section(
  {
    token: text('Bot token with chat:write.'),
    channel: text('Channel id.'),
    apiUrl: { ...url, description: "Instead of Slack's own address." },
    timeoutMs: timeoutMs(5000),
  },
  ['token', 'channel'],
);

const email = section(
  {
    host: text('Mail server.'),
    port: { type: 'integer', minimum: 1, maximum: 65_535, default: 587, description: 'Its port.' },
    secure: { type: 'boolean', default: false, description: 'TLS from the first byte (port 465).' },
    requireTls: { type: 'boolean', default: true, description: 'Refuse to send when STARTTLS is not offered.' },
    user: { type: 'string', description: 'Goes together with `password`.' },
    password: { type: 'string', description: 'Goes together with `user`.' },
    from: { type: 'string', pattern: '@', description: 'Sender address.' },
    to: {
      type: 'array',
      minItems: 1,
      maxItems: 50,
      items: { type: 'string', pattern: '@' },
      description: 'Who is told.',
    },
    timeoutMs: timeoutMs(10_000),
  },
  ['host', 'from', 'to'],
);
