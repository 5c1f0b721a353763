import { describe, expect, test } from '@jest/globals';
import { ROOT } from '../../k8s/tools/chart-files.ts';
import { kept, renderings, type Rendered } from '../../k8s/tools/golden.ts';
import { CATALOGUE, accessFor } from '../../src/act/catalogue.ts';
import type { AccessRule } from '../../src/act/remedy.ts';
import { CLUSTER_SCOPED, EVENT_ACCESS, READ_ACCESS } from '../../src/cli/access.ts';
import { accessOf, type Identity, type Rule } from '../../src/simulator/api/access.ts';
import { makeApi } from '../../src/simulator/api/handle.ts';
import { customResourcesOf } from '../../src/simulator/custom-resources.ts';
import { DEMO_WORLD } from '../../src/simulator/world/demo.ts';
import type { FaultSpec, WorldSpec } from '../../src/simulator/world/spec.ts';
import { makeIll, untilEnded } from '../scenario/lawful.ts';
import { openStage, type Stage } from '../scenario/stage.ts';

function rendered(name: string): readonly Rendered[] {
  const rendering = renderings().find((each) => each.name === name);
  if (rendering === undefined) throw new Error(`${ROOT} has no rendering ${name}`);
  return kept(rendering);
}

function rulesOf(object: Rendered): readonly Rule[] {
  return object['rules'] as readonly Rule[]; // objects.test.ts holds every role to its model.
}

/** What the service account of a rendering may do, as RBAC binds it. */
function identityOf(objects: readonly Rendered[]): Identity {
  const roles = objects.filter(({ kind }) => kind === 'Role');
  return {
    user: 'system:serviceaccount:autoheal:autoheal',
    rules: objects.filter(({ kind }) => kind === 'ClusterRole').flatMap(rulesOf),
    namespaces: Object.fromEntries(roles.map((role) => [role.metadata.namespace ?? '', rulesOf(role)])),
  };
}

function rights(rules: readonly (Rule | AccessRule)[]): readonly string[] {
  const all = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`))),
  );
  return [...new Set(all)].sort();
}

function withoutSecrets(rules: readonly AccessRule[]): readonly AccessRule[] {
  return rules.filter(({ optional, resources }) => optional === undefined || !resources.includes('secrets'));
}

/** The demo's world on six nodes, so that one may be taken out. */
const SCENARIO: WorldSpec = {
  ...DEMO_WORLD,
  nodes: Array.from({ length: 6 }, (_, index) => ({ name: `node-${index + 1}`, cpu: '4', memory: '16Gi' })),
};

const DEFAULTS = CATALOGUE.filter(({ onByDefault }) => onByDefault).map(({ name }) => name);
const EVERYTHING = CATALOGUE.map(({ name }) => name);

describe('the roles hold exactly what is declared', () => {
  const reads = [...READ_ACCESS, ...EVENT_ACCESS];
  const karpenter = { apiGroups: ['karpenter.sh'], resources: ['nodepools/scale'], verbs: ['get', 'patch'] };
  const cases = [
    {
      name: 'default',
      role: 'ClusterRole',
      declared: withoutSecrets([...reads, ...accessFor(DEFAULTS)]),
    },
    { name: 'all-remedies', role: 'ClusterRole', declared: [...reads, ...accessFor(EVERYTHING), karpenter] },
    {
      name: 'without-operator',
      role: 'ClusterRole',
      declared: [...READ_ACCESS, ...accessFor(DEFAULTS)]
        .filter(({ optional }) => optional === undefined)
        .map((rule) => ({ ...rule, verbs: rule.verbs.filter((verb) => verb === 'get' || verb === 'list') })),
    },
  ];

  test.each(cases)('$name', ({ name, role, declared }) => {
    const rules = rendered(name)
      .filter(({ kind }) => kind === role)
      .flatMap(rulesOf);

    expect(rights(rules)).toEqual(rights(declared));
  });

  test('what no namespace holds is declared for the whole cluster', () => {
    const rules = [...READ_ACCESS, ...EVENT_ACCESS, ...accessFor(EVERYTHING)];

    const wrong = rules.filter(
      ({ resources, scope }) => scope === undefined && resources.some((each) => CLUSTER_SCOPED.includes(each)),
    );
    expect(wrong).toEqual([]);
  });

  test('namespaced: those of a namespace are in its Role, those of the cluster in a ClusterRole', () => {
    const objects = rendered('namespaced');
    const roles = objects.filter(({ kind }) => kind === 'Role');
    const declared = withoutSecrets([...reads, ...accessFor(['restart-pod', 'rollout-restart', 'scale-up'])]);
    const inCluster = rights(objects.filter(({ kind }) => kind === 'ClusterRole').flatMap(rulesOf));

    expect(roles.map(({ metadata }) => metadata.namespace)).toEqual(['shop', 'warehouse']);
    expect(inCluster).toEqual(rights(declared.filter(({ scope }) => scope === 'cluster')));
    expect(inCluster.filter((right) => /^(patch|create|delete)/.test(right))).toEqual([]);
    for (const role of roles) {
      expect(rights(rulesOf(role))).toEqual(rights(declared.filter(({ scope }) => scope === undefined)));
    }
  });
});

/** A whole AutoHeal that has the rights of a rendering and no other, and what it was refused. */
async function stageOf(
  identity: Identity,
  policy: object,
): Promise<{ readonly on: Stage; readonly refused: () => readonly string[] }> {
  const refused = new Set<string>();
  const access = accessOf(identity);
  const on: Stage = await openStage({
    policy,
    scenario: SCENARIO,
    wrap: (store) => () =>
      makeApi({
        store,
        customResources: customResourcesOf(SCENARIO),
        logs: ({ namespace, pod, container, previous }) => on.world.logs(namespace, pod, container, previous),
        access: () => ({
          ...access,
          allowed(verb, group, resource, namespace) {
            const allowed = access.allowed(verb, group, resource, namespace);
            if (!allowed) refused.add(`${verb} ${group}/${resource} in ${namespace ?? 'the cluster'}`);
            return allowed;
          },
        }),
      }),
  });
  return { on, refused: () => [...refused] };
}

describe('the rights are enough for whole incidents, from the alert to its verification', () => {
  const cases: readonly (Pick<FaultSpec, 'kind' | 'strength'> & {
    readonly service: string;
    readonly namespace?: string;
    readonly does: readonly string[];
  })[] = [
    { kind: 'bad-rollout-crash', service: 'checkout', does: ['rollback'] },
    { kind: 'memory-leak', service: 'recommendation', does: ['rollout-restart'] },
    { kind: 'deadlock-one-pod', service: 'checkout', does: ['restart-pod'] },
    { kind: 'image-pull', service: 'checkout', does: ['rollback'] },
    { kind: 'unschedulable', service: 'cart', does: [] },
    { kind: 'node-pressure', service: 'node-2', namespace: '', does: ['drain'] },
  ];

  test.each(cases)('$kind', async ({ kind, service, does, ...fault }) => {
    const staged = await stageOf(identityOf(rendered('all-remedies')), { remedies: ['none', ...EVERYTHING] });
    makeIll(staged.on, kind, service, fault);

    const ended = await untilEnded(staged.on, service, 3000);
    await staged.on.close();

    expect(staged.refused()).toEqual([]);
    expect({ does: ended.attempts.map(({ intent }) => intent.remedy), because: ended.because }).toMatchObject({ does });
  });

  test.each(cases)('$kind, where nothing but reading is allowed and AutoHeal observes', async (given) => {
    const { kind, service, does, ...fault } = given;
    const identity = { user: 'system:serviceaccount:autoheal:autoheal', rules: READ_ACCESS };
    const staged = await stageOf(identity, { mode: 'observe', remedies: ['none', ...EVERYTHING] });
    makeIll(staged.on, kind, service, fault);

    const ended = await untilEnded(staged.on, service, 3000);
    await staged.on.close();

    expect(staged.refused()).toEqual([]);
    expect(ended.outcome).toBe(does.length === 0 ? 'escalated' : 'observed');
  });

  test('a node is emptied by an AutoHeal of one namespace, where drain is enabled', async () => {
    const declared = [...READ_ACCESS, ...EVENT_ACCESS, ...accessFor(['drain'])];
    const drains: Identity = {
      user: 'system:serviceaccount:autoheal:autoheal',
      rules: declared.filter(({ scope }) => scope === 'cluster'),
      namespaces: { shop: declared.filter(({ scope }) => scope === undefined) },
    };
    const staged = await stageOf(drains, { remedies: ['none', 'drain'] });
    makeIll(staged.on, 'node-pressure', 'node-2', { namespace: '' });

    const ended = await untilEnded(staged.on, 'node-2', 3000);
    await staged.on.close();

    expect(ended.attempts.map(({ intent }) => intent.remedy)).toEqual(['drain']);
    expect(staged.refused()).toEqual([]);
  });

  test('in namespaces that are named, and in no other', async () => {
    const remedies = ['none', 'restart-pod', 'rollout-restart', 'scale-up'];
    const staged = await stageOf(identityOf(rendered('namespaced')), { remedies });
    makeIll(staged.on, 'memory-leak', 'recommendation');
    const healed = await untilEnded(staged.on, 'recommendation', 3000);
    const inside = staged.refused();
    await staged.on.post({
      version: '4',
      alerts: [
        {
          status: 'firing',
          labels: { alertname: 'AutoHealPodNotReady', namespace: 'kube-system', deployment: 'coredns' },
          startsAt: new Date(healed.updatedAt).toISOString(),
        },
      ],
    });
    await staged.on.run(120);
    await staged.on.close();

    expect(healed.outcome).toBe('healed');
    expect(inside).toEqual([]);
    expect(staged.refused()).toContain('get apps/deployments in kube-system');
  });
});
