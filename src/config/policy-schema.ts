import type { RemedyName } from '../domain/remedy.ts';

const MODES = ['observe', 'approve', 'auto'];
const strings = { type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } } as const;

/** A quantity of Kubernetes, e.g. `512Mi` or `500m`. */
const quantity = { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$' } as const;

function seconds(value: number, minimum = 0): object {
  return { type: 'integer', minimum, maximum: 604_800, default: value };
}

/** The remedies that exist, and which of them are on without a word. */
export type RemedyOptions = readonly { readonly name: RemedyName; readonly onByDefault: boolean }[];

/** JSON Schema of the `policy` section. Limits are positive: 0 or a negative number never means "unlimited". */
export function policySchema(options: RemedyOptions): object {
  const names = ['none', ...options.map(({ name }) => name)];
  const on = ['none', ...options.filter(({ onByDefault }) => onByDefault).map(({ name }) => name)];
  return {
    type: 'object',
    additionalProperties: false,
    default: {},
    properties: {
      mode: { enum: MODES, default: 'observe', description: 'For workloads that no rule matches.' },
      remedies: { type: 'array', items: { enum: names }, uniqueItems: true, default: on },
      rules: {
        type: 'array',
        default: [],
        maxItems: 500,
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['name', 'match'],
          properties: {
            name: { type: 'string', minLength: 1 },
            match: {
              type: 'object',
              additionalProperties: false,
              // An empty match would be every workload of the cluster: say so with namespaces: ['*'].
              minProperties: 1,
              properties: {
                namespaces: strings,
                workloads: strings,
                kinds: strings,
                alertnames: strings,
                causes: strings,
              },
            },
            mode: { enum: MODES },
            remedies: { type: 'array', items: { enum: names }, uniqueItems: true },
          },
        },
      },
      protectedNamespaces: {
        type: 'array',
        items: { type: 'string', minLength: 1 },
        default: ['kube-system', 'kube-public', 'kube-node-lease', 'monitoring'],
      },
      protectedWorkloads: { type: 'array', items: { type: 'string', pattern: '^[^/]+/[^/]*/[^/]+$' }, default: [] },
      cooldownSeconds: seconds(600),
      maxActionsPerHour: { type: 'integer', minimum: 1, maximum: 10_000, default: 20 },
      maxActionsPerWorkloadPerDay: { type: 'integer', minimum: 1, maximum: 1000, default: 6 },
      minimumScore: { type: 'number', minimum: 0, maximum: 1, default: 0.5 },
      maxEvidenceAgeSeconds: seconds(120, 5),
      approvalTtlSeconds: seconds(1800, 10),
      scale: {
        type: 'object',
        additionalProperties: false,
        default: {},
        properties: {
          minReplicas: { type: 'integer', minimum: 1, maximum: 1000, default: 1 },
          maxReplicas: { type: 'integer', minimum: 1, maximum: 1000, default: 10 },
          maxFactor: { type: 'number', exclusiveMinimum: 1, maximum: 10, default: 2 },
        },
      },
      limits: {
        type: 'object',
        additionalProperties: false,
        default: {},
        properties: {
          maxDisruption: {
            type: 'number',
            minimum: 0,
            maximum: 100_000,
            default: 60,
            description: 'No action may cost more ready-replica-minutes than this.',
          },
          giveBackAfterSeconds: seconds(900),
          resize: {
            type: 'object',
            additionalProperties: false,
            default: {},
            properties: {
              factor: { type: 'number', exclusiveMinimum: 1, maximum: 4, default: 1.5 },
              maxMemory: { ...quantity, default: '8Gi' },
              maxCpu: { ...quantity, default: '4' },
            },
          },
          nodes: {
            type: 'object',
            additionalProperties: false,
            default: {},
            properties: {
              maxShareOut: { type: 'number', exclusiveMinimum: 0, maximum: 1, default: 0.2 },
              drainDeadlineSeconds: seconds(900, 30),
            },
          },
          cleanup: {
            type: 'object',
            additionalProperties: false,
            default: {},
            properties: {
              minAgeSeconds: seconds(600, 60),
              maxPods: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
            },
          },
          quarantineSeconds: seconds(86_400, 60),
          autoscaler: {
            type: 'object',
            additionalProperties: false,
            default: {},
            properties: { cpuPercent: { type: 'integer', minimum: 10, maximum: 95, default: 60 } },
          },
          nodeGroups: {
            type: 'array',
            default: [],
            maxItems: 100,
            items: {
              type: 'object',
              additionalProperties: false,
              required: ['apiVersion', 'kind', 'namespace', 'name', 'maxReplicas'],
              properties: {
                apiVersion: { type: 'string', minLength: 1 },
                kind: { type: 'string', minLength: 1 },
                namespace: { type: 'string', minLength: 1 },
                name: { type: 'string', minLength: 1 },
                maxReplicas: { type: 'integer', minimum: 1, maximum: 10_000 },
                nodeLabels: { type: 'object', additionalProperties: { type: 'string' }, default: {} },
              },
            },
          },
          runbooks: {
            type: 'array',
            default: [],
            maxItems: 100,
            items: {
              type: 'object',
              additionalProperties: false,
              required: ['name', 'causes', 'configMap', 'namespaces'],
              properties: {
                name: { type: 'string', minLength: 1 },
                causes: strings,
                configMap: {
                  type: 'object',
                  additionalProperties: false,
                  required: ['namespace', 'name'],
                  properties: {
                    namespace: { type: 'string', minLength: 1 },
                    name: { type: 'string', minLength: 1 },
                  },
                },
                namespaces: strings,
              },
            },
          },
        },
      },
      verification: {
        type: 'object',
        additionalProperties: false,
        default: {},
        properties: {
          firstCheckSeconds: seconds(15, 1),
          intervalSeconds: seconds(10, 1),
          stableSeconds: seconds(60),
          deadlineSeconds: seconds(600, 5),
        },
      },
      maxRungs: { type: 'integer', minimum: 1, maximum: 5, default: 2 },
      alertLagSeconds: seconds(900),
    },
  };
}
