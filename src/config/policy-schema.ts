import type { RemedyName } from '../domain/remedy.ts';
import { limitsSchema } from './limits-schema.ts';
import { causes, closed, nonEmpty, pattern, patterns, seconds } from './schema-parts.ts';

const MODES = ['observe', 'approve', 'auto'];

/** The remedies that exist, and which of them are on without a word. */
export type RemedyOptions = readonly { readonly name: RemedyName; readonly onByDefault: boolean }[];

/** JSON Schema of the `policy` section. Limits are positive: 0 or a negative number never means "unlimited". */
export function policySchema(options: RemedyOptions): object {
  const names = ['none', ...options.map(({ name }) => name)];
  const on = ['none', ...options.filter(({ onByDefault }) => onByDefault).map(({ name }) => name)];
  const properties = {
    mode: {
      enum: MODES,
      default: 'observe',
      description:
        'For workloads that no rule matches: `observe` only says what would be done, `approve` asks a person first, `auto` acts.',
    },
    remedies: {
      type: 'array',
      items: { enum: names },
      uniqueItems: true,
      default: on,
      description: 'The remedies that may be used where no rule says otherwise: names of docs/remedies.md.',
    },
    rules: {
      type: 'array',
      default: [],
      maxItems: 500,
      description: 'The first rule that matches a workload decides; without one the defaults above do.',
      items: rule(names),
    },
    protectedNamespaces: {
      type: 'array',
      items: pattern,
      default: ['kube-system', 'kube-public', 'kube-node-lease', 'monitoring'],
      description:
        'Never acted on, whatever the rules say. The first three, the monitoring and AutoHeal itself stay protected even where this list leaves them out. Values may end in `*`.',
    },
    protectedWorkloads: {
      type: 'array',
      items: { type: 'string', pattern: '^[^/*]+/[^/*]*/([^/*]+\\*?|\\*)$' },
      default: [],
      description: 'Never acted on: `kind/namespace/name`. Values may end in `*`.',
    },
    cooldownSeconds: seconds(
      600,
      'After an action on a workload no other incident acts on it for so long. The rungs of one incident do not wait for each other.',
    ),
    maxActionsPerHour: {
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
      default: 20,
      description: 'So many actions within any hour, over all workloads.',
    },
    maxActionsPerWorkloadPerDay: {
      type: 'integer',
      minimum: 1,
      maximum: 1000,
      default: 6,
      description: 'So many actions on one workload within any 24 hours.',
    },
    minimumScore: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.5,
      description: 'A remedy that scores less is not applied.',
    },
    maxEvidenceAgeSeconds: seconds(120, 'Nothing is done by evidence that is older than this.', 5),
    approvalTtlSeconds: seconds(
      1800,
      'In mode `approve`: so long an incident waits for a person; then it ends as `expired`.',
      10,
    ),
    scale: closed(
      {
        minReplicas: {
          type: 'integer',
          minimum: 1,
          maximum: 1000,
          default: 1,
          description: 'Nothing is scaled below this. At most `maxReplicas`.',
        },
        maxReplicas: {
          type: 'integer',
          minimum: 1,
          maximum: 1000,
          default: 10,
          description: 'Nothing is scaled above this.',
        },
        maxFactor: {
          type: 'number',
          exclusiveMinimum: 1,
          maximum: 10,
          default: 2,
          description: 'One action multiplies the replicas by this at most.',
        },
      },
      'Bounds of `scale-up`, `scale-down` and of autoscalers that AutoHeal makes.',
    ),
    limits: limitsSchema(),
    verification: closed(
      {
        firstCheckSeconds: seconds(15, 'So long after the write the workload is looked at for the first time.', 1),
        intervalSeconds: seconds(10, 'And so often after that.', 1),
        stableSeconds: seconds(60, 'It must be healthy for so long without a break before it counts as recovered.'),
        deadlineSeconds: seconds(
          600,
          'Not recovered by then: the next rung, or people. Must be longer than `firstCheckSeconds` and `stableSeconds` together.',
          5,
        ),
      },
      'How a recovery is verified.',
    ),
    maxRungs: {
      type: 'integer',
      minimum: 1,
      maximum: 5,
      default: 2,
      description:
        'So many different remedies are tried in one incident before people are called; one that goes in steps is one of them.',
    },
    alertLagSeconds: seconds(
      900,
      'After a verified recovery the same alert may go on firing for so long without counting as a new illness: the lookback of its rule and the group interval of Alertmanager.',
    ),
  };
  return closed(properties, 'What AutoHeal may do, where, and how much of it: docs/policy.md.');
}

function rule(names: readonly string[]): object {
  return closed(
    {
      name: nonEmpty('For people and the journal. No two rules have the same.'),
      match: closed(
        {
          namespaces: patterns('Namespaces of the workload.'),
          workloads: patterns('Names of workloads, or `kind/namespace/name`.'),
          kinds: patterns('Kinds: `Deployment`, `StatefulSet`, `Node`.'),
          alertnames: patterns('At least one firing alert of the incident has such a name.'),
          causes: causes('The cause that the remedy is meant to cure.'),
        },
        "All given fields must match. Values may end in `*`, and capitals make no difference. An empty match is an error: every workload is `namespaces: ['*']`.",
        // An empty match would be every workload of the cluster.
        { minProperties: 1 },
      ),
      mode: { enum: MODES, description: 'Without it `policy.mode` holds.' },
      remedies: {
        type: 'array',
        items: { enum: names },
        uniqueItems: true,
        description: 'Instead of `policy.remedies`. Without it that list holds.',
      },
    },
    'One rule.',
    { required: ['name', 'match'] },
  );
}
