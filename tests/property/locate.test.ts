import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import type { Alert } from '../../src/domain/alert.ts';
import type { KubernetesObject } from '../../src/domain/kubernetes.ts';
import type { Location } from '../../src/domain/location.ts';
import { makeLocate } from '../../src/diagnose/locate/locate.ts';
import { anAlert } from '../builders/journey.ts';
import { makeSnapshotCluster } from '../fakes/snapshot-cluster.ts';
import { clusterItems, webhookAlerts, webhookNames } from '../unit/diagnose/locate/fixtures.ts';

const ITEMS: readonly KubernetesObject[] = clusterItems();
const NAMES = [...new Set(ITEMS.map(({ metadata }) => metadata.name))];
const KSM_POD = 'kps-kube-state-metrics-5b9f6c7d8-hq2wl';
const EXPORTERS = new Set([
  'kps-kube-state-metrics',
  'kps-kube-state-metrics-5b9f6c7d8',
  'kps-prometheus-node-exporter',
]);
const ADDRESSES = { [KSM_POD]: '10.244.0.7:8080', 'kps-prometheus-node-exporter-b6k9t': '10.0.0.11:9100' } as const;

const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...NAMES) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('gone-0', 'cart-5c6b7f9d84-abcde', 'cart-0123456789-abcde', '', 'A/B', '..'),
  },
  { weight: 1, arbitrary: fc.string() },
);
const namespace = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('shop', 'monitoring', 'platform', 'kube-system') },
  { weight: 1, arbitrary: fc.constantFrom('default', '', 'no-such') },
);
const alertname = fc.oneof(
  fc.constantFrom('KubePodCrashLooping', 'KubeHpaMaxedOut', 'KubeNodeNotReady', 'NodeCPUHighUsage', 'TargetDown'),
  fc.constantFrom('KubeAggregatedAPIDown', 'PrometheusBadConfig', 'KubeAPIDown', 'KubeletDown', 'Watchdog', 'MyAlert'),
  fc.string(),
);

const labels = fc.record(
  {
    alertname,
    namespace,
    exported_namespace: namespace,
    pod: name,
    exported_pod: name,
    uid: fc.constantFrom(...ITEMS.map(({ metadata }) => metadata.uid)),
    node: name,
    deployment: name,
    statefulset: name,
    daemonset: name,
    job_name: name,
    cronjob: name,
    replicaset: name,
    rollout: name,
    horizontalpodautoscaler: name,
    persistentvolumeclaim: name,
    persistentvolume: name,
    poddisruptionbudget: name,
    resourcequota: name,
    service: name,
    name,
    container: fc.constantFrom('app', 'kube-state-metrics', 'node-exporter'),
    reason: fc.constantFrom('CrashLoopBackOff', 'ImagePullBackOff'),
    job: fc.constantFrom('kube-state-metrics', 'node-exporter', 'kubelet', 'cart'),
    instance: fc.constantFrom('10.244.0.7:8080', '10.0.0.11:9100', '10.244.1.21:8080', 'node-2', 'https://x/', ':'),
  },
  { requiredKeys: [] },
);

const LABEL_OF_KIND: Readonly<Record<string, string>> = {
  Pod: 'pod',
  Deployment: 'deployment',
  StatefulSet: 'statefulset',
  DaemonSet: 'daemonset',
  Job: 'job_name',
  CronJob: 'cronjob',
  ReplicaSet: 'replicaset',
  Rollout: 'rollout',
  HorizontalPodAutoscaler: 'horizontalpodautoscaler',
  PersistentVolumeClaim: 'persistentvolumeclaim',
  PersistentVolume: 'persistentvolume',
  PodDisruptionBudget: 'poddisruptionbudget',
  ResourceQuota: 'resourcequota',
  Node: 'node',
};

/** The labels of an object that is there, beside those of a scrape. */
const trueLabels = fc
  .tuple(fc.constantFrom(...ITEMS.filter(({ kind = '' }) => kind in LABEL_OF_KIND)), labels, fc.boolean())
  .map(([{ kind = '', metadata }, { job, instance, container, service }, exported]) => {
    const prefix = exported ? 'exported_' : '';
    const scrape = { job, instance, container, service };
    return {
      ...Object.fromEntries(
        Object.entries(scrape).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
      ),
      ...(exported && { pod: KSM_POD, namespace: 'monitoring' }),
      ...(metadata.namespace !== undefined && { [`${prefix}namespace`]: metadata.namespace }),
      [`${prefix}${LABEL_OF_KIND[kind] ?? ''}`]: metadata.name,
    };
  });

/** A cluster from which some objects are gone. */
const cluster = fc
  .uniqueArray(fc.nat(ITEMS.length - 1), { maxLength: 12 })
  .map((gone) => ITEMS.filter((_, index) => !gone.includes(index)));

const question = fc.record({
  items: cluster,
  alerts: fc.array(fc.oneof(labels, trueLabels), { minLength: 1, maxLength: 2 }),
  override: fc.option(fc.tuple(fc.constantFrom('Deployment', 'Pod', 'Node', 'Secret'), namespace, name), {
    nil: undefined,
  }),
});

function alertsOf({
  alerts,
  override,
}: {
  readonly alerts: readonly Readonly<Record<string, string>>[];
  readonly override: readonly string[] | undefined;
}): readonly Alert[] {
  const annotations: Record<string, string> = override === undefined ? {} : { autoheal_target: override.join('/') };
  return alerts.map((each) => anAlert({ labels: each, annotations }));
}

function ask(items: readonly unknown[], alerts: readonly Alert[]): Promise<Location> {
  const deps = { cluster: makeSnapshotCluster({ items }), allowTargetOverride: true, monitoringNamespaces: [] };
  return makeLocate(deps)(alerts);
}

function exists(items: readonly KubernetesObject[], ref: { kind: string; namespace: string; name: string }): boolean {
  if (ref.kind === 'Cluster') return ref.namespace === '' && ref.name === '';
  return items.some(
    ({ kind, metadata }) =>
      kind === ref.kind && metadata.name === ref.name && (metadata.namespace ?? '') === ref.namespace,
  );
}

const RUNS = { numRuns: 1_500 };

describe('whatever the labels say', () => {
  test('only what exists is named, as a workload, a pod or a candidate, and nothing is thrown', async () => {
    let named = 0;
    const property = fc.asyncProperty(question, async (asked) => {
      const location = await ask(asked.items, alertsOf(asked));

      const refs = location.kind === 'located' ? [location.workload] : location.candidates;
      expect(refs.filter((ref) => !exists(asked.items, ref))).toEqual([]);
      expect(location.why).not.toBe('');
      if (location.kind === 'unlocated') {
        expect(location.reason).not.toBe('lookup-failed');
        return;
      }
      named += 1;
      const { workload, uid } = location;
      const inNamespace = location.pods.map((pod) => ({ kind: 'Pod', namespace: workload.namespace, name: pod }));
      expect(inNamespace.filter((ref) => !exists(asked.items, ref))).toEqual([]);
      const uids = asked.items.filter(
        ({ kind, metadata }) => kind === workload.kind && metadata.name === workload.name,
      );
      expect(workload.kind === 'Cluster' || uids.some(({ metadata }) => metadata.uid === uid)).toBe(true);
    });

    await fc.assert(property, RUNS);

    expect(named).toBeGreaterThan(100);
  });

  test('an exporter that is well is never named because it was scraped', async () => {
    // Only `pod` could lead to the exporter: whatever else the labels say comes from the scrape.
    const pods = ['kps-prometheus-node-exporter-b6k9t', KSM_POD] as const;
    const scraped = fc
      .tuple(fc.constantFrom(...pods), labels)
      .map(([pod, { reason, container, job, service, exported_namespace: exported }]) => {
        const by = job === 'kubelet' ? undefined : job; // Scrapes of the kubelet carry no pod of their own.
        const some = Object.entries({ reason, container, job: by, service, exported_namespace: exported });
        const kept = Object.fromEntries(some.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
        return { ...kept, alertname: 'MyAlert', namespace: 'monitoring', pod, instance: ADDRESSES[pod] };
      });
    let exporters = 0;
    const property = fc.asyncProperty(
      cluster,
      fc.array(scraped, { minLength: 1, maxLength: 2 }),
      async (items, alerts) => {
        const location = await ask(items, alertsOf({ alerts, override: undefined }));

        const owner = location.kind === 'located' ? location.workload.name : '';
        expect(EXPORTERS.has(owner)).toBe(false);
        if (location.kind === 'unlocated' && location.reason === 'exporter-only') exporters += 1;
      },
    );

    await fc.assert(property, RUNS);

    expect(exporters).toBeGreaterThan(100);
  });

  test('the order of the labels does not matter', async () => {
    const property = fc.asyncProperty(question, async (asked) => {
      const reversed = asked.alerts.map((each) => Object.fromEntries(Object.entries(each).reverse()));

      const [one, other] = [
        await ask(asked.items, alertsOf(asked)),
        await ask(asked.items, alertsOf({ ...asked, alerts: reversed })),
      ];

      expect(other).toEqual(one);
    });

    await fc.assert(property, RUNS);
  });

  test('a label that is missing never makes an alert mean another workload', async () => {
    const alerts = fc.constantFrom(...webhookNames().flatMap(webhookAlerts));
    const property = fc.asyncProperty(alerts, fc.nat(), fc.nat(), async (alert, first, second) => {
      const entries = Object.entries(alert.labels);
      const missing = new Set([first % entries.length, second % entries.length]);
      const left = Object.fromEntries(entries.filter((_, index) => !missing.has(index)));

      const [whole, less] = [await ask(ITEMS, [alert]), await ask(ITEMS, [{ ...alert, labels: left }])];

      // A node may come up where what runs on it is not named any more: nobody acts on nodes by themselves.
      const acted = less.kind === 'located' && !['Node', 'Cluster'].includes(less.workload.kind);
      expect(acted && { workload: less.workload }).toEqual(
        acted && { workload: whole.kind === 'located' && whole.workload },
      );
    });

    await fc.assert(property, RUNS);
  });

  test('a label that is added by the scrape changes nothing', async () => {
    const scrape = {
      job: 'kube-state-metrics',
      endpoint: 'http',
      service: 'kps-kube-state-metrics',
      prometheus: 'x/y',
    };
    const real = fc.constantFrom(
      'KubeDeploymentReplicasMismatch',
      'KubeHpaMaxedOut',
      'KubeNodeNotReady',
      'KubeJobFailed',
    );
    const noise = fc.dictionary(fc.stringMatching(/^x_[a-z]{1,6}$/), fc.string(), { maxKeys: 4 });
    const property = fc.asyncProperty(real, noise, async (alert, more) => {
      const alerts = webhookAlerts(alert);
      const noisy = alerts.map((each) => ({ ...each, labels: { ...each.labels, ...scrape, ...more } }));

      expect(await ask(ITEMS, noisy)).toEqual(await ask(ITEMS, alerts));
    });

    await fc.assert(property, { numRuns: 200 });
  });
});
