import { describe, expect, test } from '@jest/globals';
import { kept, renderings, type Rendered } from '../../k8s/tools/golden.ts';
import { customProblemsOf } from './support/custom-kinds.ts';
import { isBuiltIn, problemsOf } from './support/models.ts';
import { securityProblems, workloadsOf } from './support/pods.ts';

const CUSTOM_GROUPS = /^(monitoring\.coreos\.com|external-secrets\.io)\//;
const CLUSTER_KINDS = new Set(['ClusterRole', 'ClusterRoleBinding']);
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

function idOf({ kind, metadata }: Rendered): string {
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
}

/** Names of objects that the pods of a rendering refer to, and that are not rendered with them. */
function dangling(objects: readonly Rendered[]): readonly string[] {
  const there = new Set(objects.map(idOf));
  return workloadsOf(objects).flatMap(({ namespace, pod }) =>
    (pod.volumes ?? []).flatMap((volume) => {
      const { configMap, secret, persistentVolumeClaim } = volume as {
        readonly configMap?: { readonly name: string };
        readonly secret?: { readonly secretName: string };
        readonly persistentVolumeClaim?: { readonly claimName: string };
      }; // A volume without problems has these, where it has them.
      const wanted = [
        ...(configMap ? [`ConfigMap ${namespace}/${configMap.name}`] : []),
        ...(secret ? [`Secret ${namespace}/${secret.secretName}`] : []),
        ...(persistentVolumeClaim ? [`PersistentVolumeClaim ${namespace}/${persistentVolumeClaim.claimName}`] : []),
      ];
      return wanted.filter((each) => !there.has(each) && !there.has(each.replace('Secret ', 'ExternalSecret ')));
    }),
  );
}

/** What the values of a rendering say is there already. */
const THERE_ALREADY: Readonly<Record<string, readonly string[]>> = {
  'external-secret': ['PersistentVolumeClaim autoheal/healer-journal'],
  'ha-prep': ['Secret autoheal/autoheal-secrets'],
  manifests: ['Secret autoheal/autoheal'],
};

describe.each(renderings().map((rendering) => [rendering.name, rendering] as const))(
  'rendered: %s',
  (name, rendering) => {
    const objects = kept(rendering);

    test('every object has only fields that its kind has, of their types, and all that it must have', () => {
      const problems = objects.flatMap((object) =>
        CUSTOM_GROUPS.test(object.apiVersion) ? customProblemsOf(object) : problemsOf(object),
      );

      expect(objects.length).toBeGreaterThan(5);
      expect(problems).toEqual([]);
    });

    test('names are unique, can be names, and say their namespace', () => {
      const ids = objects.map(idOf);
      const nameless = objects.filter(({ metadata }) => !DNS_LABEL.test(metadata.name)).map(idOf);
      const homeless = objects
        .filter(({ kind, metadata }) => CLUSTER_KINDS.has(kind) !== (metadata.namespace === undefined))
        .map(idOf);

      expect(new Set(ids).size).toBe(ids.length);
      expect([...nameless, ...homeless]).toEqual([]);
    });

    test('pods obey the restricted Pod Security level', () => {
      expect(workloadsOf(objects).flatMap(({ pod }) => securityProblems(pod))).toEqual([]);
    });

    test('what pods, Services and budgets refer to is there', () => {
      const [workload, ...others] = workloadsOf(objects);
      if (workload === undefined) throw new Error('there is no Deployment');
      const selectors = objects.flatMap(({ kind, spec }) => {
        const { selector, podSelector } = (spec ?? {}) as {
          readonly selector?: { readonly matchLabels?: object };
          readonly podSelector?: { readonly matchLabels?: object };
        }; // Of its model.
        if (kind === 'Service') return [selector];
        if (kind === 'PodDisruptionBudget' || kind === 'Deployment') return [unwrapped(selector)];
        return kind === 'NetworkPolicy' ? [unwrapped(podSelector)] : [];
      });

      expect(others).toEqual([]);
      expect(dangling(objects)).toEqual(THERE_ALREADY[name] ?? []);
      for (const selector of selectors) expect(workload.labels).toMatchObject(selector ?? { none: 'selected' });
      for (const { volumeMounts = [] } of workload.pod.containers) {
        const volumes = (workload.pod.volumes ?? []).map((volume) => volume.name);
        expect(volumes).toEqual(expect.arrayContaining(volumeMounts.map((mount) => mount.name)));
      }
    });

    test('no role has a wildcard, nor a right to escalate', () => {
      const rules = objects.flatMap(({ kind, rules: own }) =>
        kind === 'Role' || kind === 'ClusterRole'
          ? (own as readonly { readonly apiGroups: string[]; readonly resources: string[]; readonly verbs: string[] }[])
          : [],
      );
      const words = rules.flatMap(({ apiGroups, resources, verbs }) => [...apiGroups, ...resources, ...verbs]);

      expect(rules.length).toBeGreaterThan(0);
      expect(words).not.toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^(\*|escalate|bind|impersonate|roles|clusterroles|pods\/exec)$/),
        ]),
      );
    });
  },
);

/** The labels of a LabelSelector. */
function unwrapped(selector: { readonly matchLabels?: object } | undefined): object | undefined {
  return selector?.matchLabels;
}

describe('the check of objects itself', () => {
  const good = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' } };
  const template = { metadata: {}, spec: { containers: [{ name: 'a' }] } };
  const cases = [
    {
      name: 'an unknown field',
      object: { ...good, spec: { selector: {}, template, replica: 1 } },
      says: 'spec.replica:',
    },
    {
      name: 'a wrong type',
      object: { ...good, spec: { selector: {}, template, replicas: '1' } },
      says: 'spec.replicas:',
    },
    { name: 'a missing field', object: { ...good, spec: { template } }, says: 'spec.selector: is missing' },
    {
      name: 'a field of a container',
      object: { ...good, spec: { selector: {}, template: { spec: { containers: [{ name: 'a', port: 1 }] } } } },
      says: 'containers[0].port:',
    },
    { name: 'a kind that there is not', object: { ...good, kind: 'Deploymint' }, says: 'no model' },
  ];

  test.each(cases)('finds $name', ({ object, says }) => {
    expect(problemsOf(object).join('\n')).toContain(says);
    expect(isBuiltIn(good)).toBe(true);
  });

  test('finds a field that a custom kind has not', () => {
    const object = {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'ServiceMonitor',
      metadata: {},
      spec: { endpoint: [] },
    };

    expect(customProblemsOf(object).join('\n')).toContain('endpoint');
  });
});
