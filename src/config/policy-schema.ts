const REMEDIES = ['none', 'restart-pod', 'rollout-restart', 'scale-up', 'scale-down', 'rollback'];
const MODES = ['observe', 'approve', 'auto'];
const strings = { type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } } as const;

function seconds(value: number, minimum = 0): object {
  return { type: 'integer', minimum, maximum: 604_800, default: value };
}

/** JSON Schema of the `policy` section. Limits are positive: 0 or a negative number never means "unlimited". */
export const policySchema = {
  type: 'object',
  additionalProperties: false,
  default: {},
  properties: {
    mode: { enum: MODES, default: 'observe', description: 'For workloads that no rule matches.' },
    remedies: { type: 'array', items: { enum: REMEDIES }, uniqueItems: true, default: REMEDIES },
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
          remedies: { type: 'array', items: { enum: REMEDIES }, uniqueItems: true },
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
} as const;
