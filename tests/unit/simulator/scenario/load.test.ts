import { describe, expect, test } from '@jest/globals';
import { compileScenario } from '../../../../src/simulator/scenario/compile.ts';
import { loadScenario } from '../../../../src/simulator/scenario/load.ts';
import type { Scenario } from '../../../../src/simulator/scenario/written.ts';
import type { ServiceSpec } from '../../../../src/simulator/world/spec.ts';

const HEAD = ['version: 1', 'name: x'];
const OWN = [
  ...HEAD,
  'world:',
  '  services:',
  '    - name: web',
  '      load: { rootRate: 20, calls: [db] }',
  '    - name: db',
  '      kind: StatefulSet',
];

function loaded(...lines: readonly string[]): Scenario {
  const result = loadScenario(lines.join('\n'), 'x.yaml');
  if (result.kind === 'invalid') throw new Error(result.problems.join('\n'));
  return result.scenario;
}

function problems(...lines: readonly string[]): readonly string[] {
  const result = loadScenario(lines.join('\n'), 'x.yaml');
  return result.kind === 'invalid' ? result.problems : [];
}

function serviceOf(scenario: Scenario, name: string): ServiceSpec {
  return compileScenario(scenario).spec.services.find((each) => each.name === name)!;
}

describe('what is wrong with a file is said with its place', () => {
  test.each<{ readonly name: string; readonly lines: readonly string[]; readonly says: RegExp }>([
    { name: 'YAML that is none', lines: ['version: [1'], says: /^x\.yaml:1:\d+: / },
    {
      name: 'a missing part',
      lines: ['version: 1', 'name: x', 'world: { demo: true }'],
      says: /^x\.yaml:1:1: .*'faults'/,
    },
    {
      name: 'an unknown key',
      lines: [...HEAD, 'world: { demo: true }', 'faults: []', 'fault: []'],
      says: /^x\.yaml:5:1 fault: unknown key/,
    },
    {
      name: 'an unknown key of a service',
      lines: [...HEAD, 'world:', '  services:', '    - name: web', '      replica: 3', 'faults: []'],
      says: /^x\.yaml:6:7 world\.services\.0\.replica: unknown key/,
    },
    {
      name: 'an unknown kind, with those that are there',
      lines: [...HEAD, 'world: { demo: true }', 'faults:', '  - kind: memleak'],
      says: /^x\.yaml:5:5 faults\.0\.kind: .*memory-leak/,
    },
    {
      name: 'a time that is none',
      lines: [...HEAD, "startsAt: '25:00'", 'world: { demo: true }', 'faults: []'],
      says: /^x\.yaml:3:1 startsAt: /,
    },
    {
      name: 'two worlds',
      lines: [...HEAD, 'world: { demo: true, topology: { services: 10 } }', 'faults: []'],
      says: /^x\.yaml:3:1 world: give exactly one of demo, topology, services/,
    },
    { name: 'no world', lines: [...HEAD, 'world: {}', 'faults: []'], says: /give exactly one of .*none is there/ },
    {
      name: 'a topology that is too small',
      lines: [...HEAD, 'world:', '  topology: { services: 3 }', 'faults: []'],
      says: /^x\.yaml:4:15 world\.topology\.services: must be >= 10/,
    },
    {
      name: 'nodes of a world that has its own',
      lines: [...HEAD, 'world:', '  demo: true', '  nodes: [{ name: n }]', 'faults: []'],
      says: /^x\.yaml:5:3 world\.nodes: goes only with `services`/,
    },
    {
      name: 'a call to nobody',
      lines: [
        ...HEAD,
        'world:',
        '  services:',
        '    - name: web',
        '      load:',
        '        calls: [cache]',
        'faults: []',
      ],
      says: /^x\.yaml:7:17 world\.services\.0\.load\.calls\.0: there is no service shop\/cache/,
    },
    {
      name: 'calls in a circle',
      lines: [
        ...HEAD,
        'world: { services: [{ name: a, load: { calls: [b] } }, { name: b, load: { calls: [a] } }] }',
        'faults: []',
      ],
      says: /in a circle/,
    },
    {
      name: 'two services of one name',
      lines: [...HEAD, 'world:', '  services:', '    - name: web', '    - name: web', 'faults: []'],
      says: /^x\.yaml:6:7 world\.services\.1\.name: there is another service shop\/web/,
    },
    {
      name: 'nodes that are too small',
      lines: [
        ...HEAD,
        'world:',
        '  services: [{ name: web, replicas: 9 }]',
        '  nodes: [{ name: n, cpu: "1" }]',
        'faults: []',
      ],
      says: /^x\.yaml:5:3 world\.nodes: the pods ask for \d+ % of the cpu of all nodes: add nodes/,
    },
    {
      name: 'a fresh process that needs more than its limit',
      lines: [...HEAD, 'world:', '  services:', '    - name: web', '      memory: 1Gi', 'faults: []'],
      says: /^x\.yaml:6:7 world\.services\.0\.memory: a fresh process needs more/,
    },
    {
      name: 'bounds of an autoscaler that contradict each other',
      lines: [
        ...HEAD,
        'world:',
        '  services:',
        '    - name: web',
        '      autoscaler: { min: 4, max: 2 }',
        'faults: []',
      ],
      says: /^x\.yaml:6:7 world\.services\.0\.autoscaler: `min` is above `max`/,
    },
    {
      name: 'an override of nobody',
      lines: [...HEAD, 'world:', '  demo: true', '  overrides:', '    kart: { replicas: 2 }', 'faults: []'],
      says: /^x\.yaml:6:5 world\.overrides\.kart: there is no service kart/,
    },
    {
      name: 'a fault in a service that is not there',
      lines: [...HEAD, 'world: { demo: true }', 'faults:', '  - kind: blip', '    target: { service: kart }'],
      says: /^x\.yaml:6:5 faults\.0\.target: there is no service kart/,
    },
    {
      name: 'bad bounds of an autoscaler that is not there',
      lines: [...OWN, 'faults:', '  - kind: bad-hpa-bounds', '    target: { service: web }'],
      says: /^x\.yaml:11:5 faults\.0\.target: bad-hpa-bounds does not fit: Deployment shop\/web has no autoscaler: give/,
    },
    {
      name: 'a filling volume that is not there',
      lines: [...OWN, 'faults:', '  - kind: disk-filling', '    target: { service: db }'],
      says: /StatefulSet shop\/db has no volume/,
    },
    {
      name: 'a bad release of what has no revision to go back to',
      lines: [
        ...OWN,
        '    - { name: old, image: old:1.0.0 }',
        'faults: [{ kind: bad-rollout-crash, target: { service: old } }]',
      ],
      says: /Deployment shop\/old has no revision to go back to: give it a `previousImage`/,
    },
    {
      name: 'an outage of what nobody calls outside',
      lines: [...OWN, 'faults: [{ kind: dependency-outage, target: { service: web } }]'],
      says: /calls nothing outside the cluster/,
    },
    {
      name: 'a random target where nobody fits',
      lines: [...OWN, 'faults: [{ kind: disk-filling }]'],
      says: /faults\.0\.kind: no service of the world can fall ill with disk-filling/,
    },
    {
      name: 'a role where nobody fits',
      lines: [...OWN, 'faults: [{ kind: disk-filling, target: { role: frontend } }]'],
      says: /no service of the role frontend can fall ill with disk-filling/,
    },
    {
      name: 'a node for a fault of services',
      lines: [...OWN, 'faults: [{ kind: blip, target: { node: node-1 } }]'],
      says: /blip is no fault of nodes/,
    },
    {
      name: 'a node that is not there',
      lines: [...OWN, 'faults: [{ kind: node-not-ready, target: { node: worker-1 } }]'],
      says: /there is no node worker-1; there are node-1/,
    },
    {
      name: 'two targets',
      lines: [...OWN, 'faults: [{ kind: blip, target: { service: web, role: leaf } }]'],
      says: /give exactly one of service, node and role/,
    },
    {
      name: 'two faults of one id',
      lines: [...OWN, 'faults: [{ kind: blip, id: a }, { kind: blip, id: a }]'],
      says: /faults\.1\.id: another fault has this id/,
    },
  ])('$name', ({ lines, says }) => {
    expect(problems(...lines).join('\n')).toMatch(says);
  });

  test('all at once', () => {
    expect(
      problems(...HEAD, 'durationSeconds: 5', 'world: { demo: true }', 'faults: [{ kind: nothing }]'),
    ).toHaveLength(2);
  });
});

describe('what a file leaves out', () => {
  const scenario = loaded(...OWN, 'faults: [{ kind: blip, target: { service: web } }]');

  test('a service needs a name only', () => {
    expect(serviceOf(scenario, 'db')).toMatchObject({
      namespace: 'shop',
      kind: 'StatefulSet',
      replicas: 2,
      image: 'shop/db:1.4.2',
      previousImage: 'shop/db:1.4.1',
      limits: { cpu: '200m', memory: '256Mi' },
      memory: '102Mi',
      port: 8080,
    });
  });

  test('the CPU of a request is such that 35 % of the limit is used', () => {
    // 20 requests per second on two replicas of 200m: 0.35 * 400 / 20.
    expect(serviceOf(scenario, 'web').load).toMatchObject({ cpuMillisPerRequest: 7 });
  });

  test('nodes, the pods of the platform, a duration, a time and an id', () => {
    const compiled = compileScenario(scenario);

    expect(compiled.spec.nodes.length).toBeGreaterThan(3);
    expect(compiled.spec.services.map(({ name }) => name)).toContain('coredns');
    expect(compiled).toMatchObject({ durationSeconds: 1_800, policy: {}, config: {}, faults: [{ id: 'f1' }] });
    expect(new Date(compiled.startAt).toISOString()).toMatch(/T10:00:00/);
  });
});

describe('what a file says', () => {
  test('overrides replace parts of a load one by one, and null takes away', () => {
    const scenario = loaded(
      ...HEAD,
      'world:',
      '  demo: true',
      '  overrides:',
      '    catalog: { autoscaler: null, replicas: 5, load: { errorRatio: 0.01 } }',
      '    shop/cart: { autoscaler: { min: 3, max: 9 } }',
      'faults: []',
    );
    const catalog = serviceOf(scenario, 'catalog');

    expect(catalog).toMatchObject({ replicas: 5, load: { errorRatio: 0.01, cpuMillisPerRequest: 3.2 } });
    expect(catalog).not.toHaveProperty('autoscaler');
    expect(serviceOf(scenario, 'cart').autoscaler).toEqual({ min: 3, max: 9, cpuPercent: 70 });
  });

  test('the world does not depend on the seed of a run, the random targets do', () => {
    const scenario = loaded(
      ...HEAD,
      'seed: 4',
      'world: { topology: { services: 30 } }',
      'faults: [{ kind: memory-leak, target: random }, { kind: blip, target: { role: middle } }]',
    );
    const runs = [1, 2, 3, 4, 5].map((seed) => compileScenario(scenario, seed));

    expect(runs.every(({ spec }) => JSON.stringify(spec) === JSON.stringify(runs[0]?.spec))).toBe(true);
    expect(new Set(runs.map(({ faults }) => faults[0]?.target.service)).size).toBeGreaterThan(1);
    expect(compileScenario(scenario, 3)).toEqual(runs[2]);
  });

  test('the node groups of a world are told to the policy, besides what the file says of it', () => {
    const scenario = loaded(
      ...HEAD,
      'world: { topology: { services: 10, seed: 1, nodeGroup: true } }',
      'faults: []',
      'policy: { cooldownSeconds: 60, limits: { quarantineSeconds: 90 } }',
    );

    expect(compileScenario(scenario).policy).toMatchObject({
      cooldownSeconds: 60,
      limits: {
        quarantineSeconds: 90,
        nodeGroups: [{ kind: 'MachineDeployment', namespace: 'infra', name: 'workers' }],
      },
    });
  });
});
