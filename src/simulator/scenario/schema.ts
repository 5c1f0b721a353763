import { FAULT_KINDS, HARMLESS_KINDS } from '../world/spec.ts';
import { ROLES } from './estimate.ts';
import { FEWEST_SERVICES, MOST_SERVICES } from './topology.ts';

type Schema = Readonly<Record<string, unknown>>;

const NAME = { type: 'string', pattern: '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$' } as const;
const QUANTITY = { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?(m|[kMGT]i?)?$' } as const;
const RATIO = { type: 'number', minimum: 0, maximum: 1 } as const;
const POSITIVE = { type: 'number', exclusiveMinimum: 0, maximum: 1_000_000 } as const;
const COUNT_OR_SHARE = { type: ['integer', 'string'], minimum: 0, pattern: '^[0-9]{1,3}%$' } as const;

function closed(properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema {
  return { type: 'object', additionalProperties: false, properties, required };
}

function listOf(items: Schema, most: number): Schema {
  return { type: 'array', maxItems: most, items };
}

function said(schema: Schema, description: string): Schema {
  return { ...schema, description };
}

const SIZES = { cpu: said(QUANTITY, 'e.g. 200m'), memory: said(QUANTITY, 'e.g. 256Mi') };
const ADDRESS = { pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(/[a-z0-9]([-a-z0-9]*[a-z0-9])?)?$' } as const;

const CALL = {
  ...closed(
    {
      to: said({ type: 'string', ...ADDRESS }, 'A service of the same namespace, or namespace/name.'),
      perRequest: said({ ...POSITIVE, maximum: 100, default: 1 }, 'Calls per request that the caller handles.'),
      required: said({ type: 'boolean', default: true }, 'Whether a failed call fails the request.'),
    },
    ['to'],
  ),
  ...ADDRESS,
  type: ['object', 'string'],
  description: 'A call to another service; the bare name stands for one call per request that is required.',
};

const LOAD = closed({
  rootRate: said({ ...POSITIVE, minimum: 0 }, 'Requests per second from outside, at the mean of the day.'),
  cpuMillisPerRequest: said(
    { ...POSITIVE, maximum: 100_000 },
    'CPU of a request, in milliseconds. Left out: so much that 35 % of the CPU limit is used at the mean of the day.',
  ),
  idleCpuMillis: said(
    { type: 'number', minimum: 0, maximum: 10_000, default: 8 },
    'CPU of a process without requests.',
  ),
  latencySeconds: said({ ...POSITIVE, maximum: 60, default: 0.02 }, 'Without dependencies and without queueing.'),
  errorRatio: said({ ...RATIO, default: 0.001 }, 'Share of requests that fail in good health.'),
  calls: listOf(CALL, 50),
  externals: said(
    listOf(closed({ name: NAME, perRequest: { ...POSITIVE, maximum: 100, default: 1 } }, ['name']), 20),
    'Dependencies outside the cluster.',
  ),
});

const SERVICE_PROPERTIES = {
  namespace: said({ ...NAME, default: 'shop' }, 'Where it lives.'),
  name: NAME,
  kind: { enum: ['Deployment', 'StatefulSet', 'DaemonSet'], default: 'Deployment' },
  replicas: said({ type: 'integer', minimum: 0, maximum: 200, default: 2 }, 'Ignored for DaemonSets.'),
  image: said({ type: 'string', minLength: 1, maxLength: 200 }, 'Left out: NAMESPACE/NAME:1.4.2 after 1.4.1.'),
  previousImage: said(
    { type: 'string', minLength: 1, maxLength: 200 },
    'The image before it, so that there is a revision to go back to.',
  ),
  container: said({ ...NAME, default: 'app' }, 'The name of the container.'),
  requests: said(closed(SIZES), 'Left out: 200m and 256Mi.'),
  limits: said(closed(SIZES), 'Left out: as the requests.'),
  memory: said(QUANTITY, 'Working set of a fresh process. Left out: two fifths of the memory limit.'),
  startSeconds: said({ type: 'number', minimum: 0, maximum: 600, default: 4 }, 'From process start to ready.'),
  port: said({ type: 'integer', minimum: 1, maximum: 65_535, default: 8080 }, 'Of its Service and its probe.'),
  progressDeadlineSeconds: { type: 'integer', minimum: 10, maximum: 3_600, default: 120 },
  load: said(LOAD, 'What it does with requests. Left out: it can take some, and calls nobody.'),
  autoscaler: closed(
    {
      min: { type: 'integer', minimum: 1, maximum: 200 },
      max: { type: 'integer', minimum: 1, maximum: 200 },
      cpuPercent: { type: 'integer', minimum: 1, maximum: 500, default: 70 },
      keda: said({ const: true }, 'Made by KEDA from a ScaledObject.'),
    },
    ['min', 'max'],
  ),
  budget: said(
    { ...closed({ minAvailable: COUNT_OR_SHARE, maxUnavailable: COUNT_OR_SHARE }), minProperties: 1, maxProperties: 1 },
    'Its PodDisruptionBudget.',
  ),
  volume: said(
    closed({ size: QUANTITY, usedRatio: RATIO }, ['size', 'usedRatio']),
    'Of each replica of a StatefulSet.',
  ),
  configMap: said(NAME, 'A ConfigMap that the container reads.'),
  annotations: { type: 'object', additionalProperties: { type: 'string' } },
  route: said(
    closed({ name: NAME, fallback: NAME }, ['name', 'fallback']),
    'An HTTPRoute in front of it, with another service of its namespace to fall back on.',
  ),
  healEndpoint: closed({ path: { type: 'string', pattern: '^/' } }, ['path']),
} as const satisfies Readonly<Record<string, Schema>>;

/** What an override may take away again, by `null`. */
const REMOVABLE: ReadonlySet<string> = new Set([
  'previousImage',
  'limits',
  'load',
  'autoscaler',
  'budget',
  'volume',
  'configMap',
  'route',
  'healEndpoint',
  'port',
]);

function overrideProperties(): Readonly<Record<string, Schema>> {
  const { name: _name, namespace: _namespace, ...others } = SERVICE_PROPERTIES;
  return Object.fromEntries(
    Object.entries(others as Readonly<Record<string, Schema>>).map(([key, schema]) => {
      // A widening only.
      const { default: _default, ...bare } = schema;
      return [key, REMOVABLE.has(key) ? { ...bare, type: [schema['type'], 'null'] } : bare];
    }),
  );
}

const NODES = listOf(
  closed(
    {
      name: NAME,
      cpu: { ...QUANTITY, default: '4' },
      memory: { ...QUANTITY, default: '16Gi' },
      labels: { type: 'object', additionalProperties: { type: 'string' } },
      group: said(NAME, 'The node group that it belongs to.'),
    },
    ['name'],
  ),
  500,
);

const TOPOLOGY = closed(
  {
    services: said(
      { type: 'integer', minimum: FEWEST_SERVICES, maximum: MOST_SERVICES },
      'Besides the pods of the system and the monitoring.',
    ),
    seed: said({ type: 'integer', minimum: 0 }, 'Left out: the seed of the file.'),
    middleLayers: said({ type: 'integer', minimum: 1, maximum: 4 }, 'Layers between the gateways and the leaves.'),
    fanOut: said(
      { type: 'integer', minimum: 1, maximum: 8 },
      'Services that one of them calls at most; 3 if left out.',
    ),
    namespaces: { enum: [1, 2] },
    fill: said({ type: 'number', minimum: 0.3, maximum: 0.9 }, "Share of the nodes' CPU that the pods ask for."),
    nodeGroup: said({ type: 'boolean' }, 'Whether a MachineDeployment provides the nodes.'),
  },
  ['services'],
);

const WORLD = {
  ...closed({
    demo: said({ const: true }, 'The shop of the demo.'),
    topology: said(TOPOLOGY, 'A generated world.'),
    services: said({ ...listOf(closed(SERVICE_PROPERTIES, ['name']), 500), minItems: 1 }, 'A world of your own.'),
    nodes: said({ ...NODES, minItems: 1 }, 'Only with services. Left out: as many as they need.'),
    nodeGroups: listOf(
      closed({ namespace: NAME, name: NAME, joinSeconds: { ...POSITIVE, maximum: 3_600 } }, ['namespace', 'name']),
      20,
    ),
    platform: said(
      { type: 'boolean', default: true },
      'Only with services: whether the pods of the system and the monitoring are there too.',
    ),
    prehistorySeconds: said(
      { type: 'integer', minimum: 600, maximum: 86_400, default: 4_200 },
      'How long the cluster has run before; baselines need over an hour.',
    ),
    overrides: said(
      {
        type: 'object',
        propertyNames: { ...ADDRESS },
        additionalProperties: closed(overrideProperties()),
      },
      'Changes to services by name, or by namespace/name. Parts of `load` are replaced one by one; null takes away.',
    ),
  }),
  description: 'Exactly one of demo, topology and services.',
};

const TARGET = {
  ...closed({
    namespace: said(NAME, 'Only where services of several namespaces have the name.'),
    service: NAME,
    node: said(NAME, 'For faults of nodes.'),
    role: said({ enum: ROLES }, 'Any service that stands there and that the fault fits.'),
  }),
  type: ['object', 'string'],
  pattern: '^random$',
  description: '`random`, or an object with one of service, node and role. Left out: random.',
};

const FAULT = closed(
  {
    kind: said({ enum: [...FAULT_KINDS, ...HARMLESS_KINDS] }, 'As in the table of docs/simulator.md.'),
    id: said({ type: 'string', minLength: 1, maxLength: 63 }, 'Left out: f1, f2, ... in the order of the file.'),
    target: TARGET,
    onsetSeconds: said({ type: 'number', minimum: 0, maximum: 86_400, default: 0 }, 'From the beginning.'),
    durationSeconds: said({ ...POSITIVE, maximum: 86_400 }, 'Ends by itself so long after its onset.'),
    strength: said({ ...POSITIVE }, 'What it means depends on the kind, and each has its own default.'),
  },
  ['kind'],
);

/** JSON Schema of a scenario file. An unknown key is an error: a misspelt fault must not become a healthy world. */
export const SCENARIO_SCHEMA: Schema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'A scenario of the AutoHeal simulator',
  ...closed(
    {
      version: { const: 1 },
      name: { type: 'string', pattern: '^[a-z0-9]([-a-z0-9]{0,78}[a-z0-9])?$' },
      description: { type: 'string', maxLength: 2_000 },
      seed: said({ type: 'integer', minimum: 0, default: 1 }, 'Of the generated world and of the random targets.'),
      durationSeconds: { type: 'integer', minimum: 60, maximum: 86_400, default: 1_800 },
      startsAt: said(
        { type: 'string', pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$', default: '10:00' },
        'Time of day, UTC, in quotes: least is asked at three at night, most at three in the afternoon.',
      ),
      world: WORLD,
      faults: said(listOf(FAULT, 50), 'None: a healthy world, in which nothing should be done.'),
      policy: said({ type: 'object' }, 'Changes to the section `policy` of the configuration of AutoHeal.'),
      config: said({ type: 'object' }, 'Other sections of the configuration of AutoHeal.'),
    },
    ['version', 'name', 'world', 'faults'],
  ),
};
