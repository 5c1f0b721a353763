import { configSchema } from '../../src/config/schema.ts';
import type { RemedyOptions } from '../../src/config/policy-schema.ts';

type Schema = Readonly<Record<string, unknown>>;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const named = { type: 'string', pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' } as const;
const duration = { type: 'string', pattern: '^([0-9]+(ms|s|m|h))+$' } as const;
const size = { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?(k|M|G|T|Ki|Mi|Gi|Ti)?$' } as const;
const url = { type: 'string', pattern: '^(https?://[^\\s]+)?$' } as const;
const labels = { type: 'object', additionalProperties: { type: 'string' } } as const;
/** What Kubernetes checks itself. */
const free = { type: 'object' } as const;
const port = { type: 'integer', minimum: 1, maximum: 65_535 } as const;

function closed(properties: Readonly<Record<string, object>>, required: readonly string[] = []): Schema {
  return { type: 'object', additionalProperties: false, properties, ...(required.length > 0 && { required }) };
}

function listOf(items: object): Schema {
  return { type: 'array', items };
}

function propertiesOf(schema: unknown): Readonly<Record<string, Schema>> {
  const { properties } = schema as { readonly properties: Readonly<Record<string, Schema>> }; // Every section has them.
  return properties;
}

/** A section of the configuration without the keys that the chart fills in, and without the demand for any. */
function section(schema: Schema | undefined, without: readonly string[]): Schema {
  const kept = Object.entries(propertiesOf(schema)).filter(([key]) => !without.includes(key));
  return closed(Object.fromEntries(kept));
}

/** The part of the configuration that people may give to the chart. Pure. */
function configPart(remedies: RemedyOptions): Schema {
  const { server, cluster, prometheus, alertmanager, locate, diagnose, model, policy, notify, log } = propertiesOf(
    configSchema(remedies),
  );
  const { kubernetesEvents, grafanaUrl, slack, email } = propertiesOf(notify);
  const channels = {
    ...(kubernetesEvents && { kubernetesEvents }),
    ...(grafanaUrl && { grafanaUrl }),
    slack: { ...section(slack, ['token']), required: ['channel'] },
    email: { ...section(email, ['password']), required: ['host', 'from', 'to'] },
  };
  return closed({
    server: section(server, ['host', 'port', 'auth']),
    cluster: section(cluster, ['kubeconfig', 'context', 'server', 'token', 'caFile']),
    prometheus: section(prometheus, []),
    alertmanager: section(alertmanager, []),
    notify: closed(channels),
    ...Object.fromEntries(
      Object.entries({ locate, diagnose, model, policy, log }).flatMap(([key, part]) => (part ? [[key, part]] : [])),
    ),
  });
}

const kubePrometheusStack = closed({
  enabled: flag,
  release: { type: 'string', minLength: 1 },
  namespace: named,
  prometheusUrl: url,
  alertmanagerUrl: url,
  matcherStrategy: { enum: ['None', 'OnNamespace', 'OnNamespaceExceptForAlertmanagerNamespace'] },
  serviceMonitor: closed({ enabled: flag, interval: duration, labels }),
  prometheusRule: closed({ enabled: flag, labels, runbookUrl: url }),
  alertmanagerConfig: closed({
    enabled: flag,
    labels,
    groupBy: listOf({ type: 'string', minLength: 1 }),
    groupWait: duration,
    groupInterval: duration,
    repeatInterval: duration,
  }),
  dashboards: closed({ enabled: flag, labels, annotations: labels, namespace: text }),
});

const secret = closed({
  source: { enum: ['chart', 'existing', 'external'] },
  name: text,
  // Shorter tokens are guessed.
  values: closed({
    webhookToken: { type: 'string', pattern: '^(.{16,})?$' },
    slackToken: text,
    smtpPassword: text,
  }),
  external: closed({
    store: closed({ kind: { enum: ['ClusterSecretStore', 'SecretStore'] }, name: text }),
    key: { type: 'string', minLength: 1 },
    refreshInterval: duration,
  }),
});

const accessRule = closed(
  { apiGroups: listOf(text), resources: listOf(text), resourceNames: listOf(text), verbs: listOf(text) },
  ['apiGroups', 'resources', 'verbs'],
);

/**
 * JSON Schema of the chart's values: closed, so that a misspelt key is an error of `helm install`. The part `config` comes from
 * the schema of the configuration file. Pure.
 */
export function valuesSchema(remedies: RemedyOptions, optionalResources: readonly string[]): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the chart autoheal. Made by k8s/tools/update.ts: do not edit.',
    ...closed({
      namespaces: { ...listOf(named), uniqueItems: true },
      kubePrometheusStack,
      config: configPart(remedies),
      secret,
      rbac: closed({
        create: flag,
        readOnly: flag,
        leaveOut: { ...listOf({ enum: optionalResources }), uniqueItems: true },
        clusterReads: flag,
        extraRules: listOf(accessRule),
      }),
      serviceAccount: closed({ create: flag, name: text, annotations: labels }),
      image: closed({
        repository: { type: 'string', minLength: 1 },
        tag: text,
        digest: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
        pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] },
      }),
      imagePullSecrets: listOf(closed({ name: text }, ['name'])),
      replicas: {
        type: 'integer',
        minimum: 0,
        maximum: 1,
        description: 'SQLite has one writer: more than one pod would need another store.',
      },
      persistence: closed({
        enabled: flag,
        size,
        storageClass: text,
        existingClaim: text,
        accessModes: listOf({ enum: ['ReadWriteOnce', 'ReadWriteOncePod', 'ReadWriteMany'] }),
        keep: flag,
      }),
      service: closed({ type: { enum: ['ClusterIP', 'NodePort', 'LoadBalancer'] }, port, annotations: labels }),
      ingress: closed({ enabled: flag, className: text, annotations: labels, host: text, tlsSecret: text }),
      networkPolicy: closed({
        enabled: flag,
        ingressFrom: listOf(free),
        restrictEgress: flag,
        apiServerPorts: { ...listOf(port), minItems: 1 },
        extraEgress: listOf(free),
      }),
      podDisruptionBudget: closed({ enabled: flag, maxUnavailable: { type: 'integer', minimum: 0, maximum: 1 } }),
      resources: closed({ requests: free, limits: free }),
      podAnnotations: labels,
      podLabels: labels,
      nodeSelector: labels,
      affinity: free,
      priorityClassName: text,
      tolerations: listOf(free),
      topologySpreadConstraints: listOf(free),
      extraEnv: listOf({ type: 'object', required: ['name'] }),
      nameOverride: text,
      fullnameOverride: text,
      // Helm hands these to every chart that another one depends on.
      global: free,
    }),
  };
}
