import { causes, closed, nonEmpty, patterns, seconds } from './schema-parts.ts';

/** A quantity of Kubernetes, e.g. `512Mi` or `500m`. */
const quantity = { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$' } as const;

/** JSON Schema of `policy.limits`. */
export function limitsSchema(): object {
  const properties = {
    maxDisruption: {
      type: 'number',
      minimum: 0,
      maximum: 100_000,
      default: 60,
      description: 'No action may cost more ready-replica-minutes than this.',
    },
    giveBackAfterSeconds: seconds(
      900,
      'What was changed for a time only is taken back so long after the incident is over, when the workload is well.',
    ),
    resize: closed(
      {
        factor: {
          type: 'number',
          exclusiveMinimum: 1,
          maximum: 4,
          default: 1.5,
          description: 'A limit is multiplied by this at once.',
        },
        maxMemory: { ...quantity, default: '8Gi', description: 'No memory limit is raised above this.' },
        maxCpu: { ...quantity, default: '4', description: 'No CPU limit is raised above this.' },
      },
      'Bounds of `resize`.',
    ),
    nodes: closed(
      {
        maxShareOut: {
          type: 'number',
          exclusiveMinimum: 0,
          maximum: 1,
          default: 0.2,
          description:
            'At most this share of the nodes is cordoned or not ready at once, the node in question included.',
        },
        drainDeadlineSeconds: seconds(900, 'A drain waits so long for disruption budgets.', 30),
      },
      'Bounds of `cordon` and `drain`.',
    ),
    cleanup: closed(
      {
        minAgeSeconds: seconds(600, 'Only failed and evicted pods that are older than this are removed.', 60),
        maxPods: {
          type: 'integer',
          minimum: 1,
          maximum: 100,
          default: 20,
          description: 'One action removes so many at most.',
        },
      },
      'Bounds of `cleanup`.',
    ),
    quarantineSeconds: seconds(86_400, 'A pod that `reroute` set aside for a post-mortem is removed after this.', 60),
    autoscaler: closed(
      {
        cpuPercent: {
          type: 'integer',
          minimum: 10,
          maximum: 95,
          default: 60,
          description: 'Share of the CPU requests that it aims at, in percent.',
        },
      },
      'Of an autoscaler that `ensure-hpa` makes. `policy.scale` bounds its replicas.',
    ),
    nodeGroups: {
      type: 'array',
      default: [],
      maxItems: 100,
      description: 'Objects with a scale subresource that provide nodes, for `scale-nodes`. No other is ever scaled.',
      items: nodeGroup(),
    },
    runbooks: {
      type: 'array',
      default: [],
      maxItems: 100,
      description: 'Job templates that `run-job` may start. No other is ever started.',
      items: runbook(),
    },
  };
  return closed(properties, 'Bounds of single remedies.');
}

function nodeGroup(): object {
  return closed(
    {
      apiVersion: nonEmpty('`cluster.x-k8s.io/v1beta1`, for example.'),
      kind: nonEmpty('`MachineDeployment`, for example.'),
      namespace: nonEmpty('Where it lives.'),
      name: nonEmpty('Its name.'),
      maxReplicas: { type: 'integer', minimum: 1, maximum: 10_000, description: 'It is never scaled above this.' },
      nodeLabels: {
        type: 'object',
        additionalProperties: { type: 'string' },
        default: {},
        description: 'Labels of its nodes: a pending pod must be able to land there. Empty: any pod.',
      },
    },
    'One node group.',
    { required: ['apiVersion', 'kind', 'namespace', 'name', 'maxReplicas'] },
  );
}

function runbook(): object {
  return closed(
    {
      name: nonEmpty('For people and the journal.'),
      causes: causes('The causes that it is for.'),
      configMap: closed(
        { namespace: nonEmpty('Where it lives.'), name: nonEmpty('Its name.') },
        'Holds the Job under the key `job.yaml`.',
        { required: ['namespace', 'name'] },
      ),
      namespaces: patterns('Namespaces of the workloads that it is for. Values may end in `*`.'),
    },
    'One Job template.',
    { required: ['name', 'causes', 'configMap', 'namespaces'] },
  );
}
