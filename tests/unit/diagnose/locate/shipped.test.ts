import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';

import { workloadKey } from '../../../../src/domain/workload.ts';
import { filesIn, shippedAlerts, textOf } from '../../../rules/shipped.ts';
import { alertOf, locateIn } from './fixtures.ts';

type Labels = Readonly<Record<string, string>>;

/** An object with a name and a uid, and the one that controls it. */
function anObject(apiVersion: string, kind: string, name: string, more: { owner?: string; spec?: object } = {}) {
  const { owner, spec = {} } = more;
  const [ownerKind, ownerName] = owner?.split('/') ?? [];
  const clusterScoped = kind === 'Node';
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(!clusterScoped && { namespace: 'shop' }),
      uid: `uid-${kind}-${name}`,
      ...(owner !== undefined && {
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: ownerKind,
            name: ownerName,
            uid: `uid-${ownerKind}-${ownerName}`,
            controller: true,
          },
        ],
      }),
    },
    spec,
  };
}

const CONTAINERS = { containers: [{ name: 'app', image: 'shop/app:1' }] };
const TEMPLATE = { template: { spec: CONTAINERS } };

/** What the cases of rules/tests are about. */
const CLUSTER = [
  anObject('v1', 'Node', 'node-1'),
  anObject('v1', 'Node', 'node-2'),
  anObject('apps/v1', 'Deployment', 'cart', { spec: TEMPLATE }),
  anObject('apps/v1', 'Deployment', 'worse', { spec: TEMPLATE }),
  anObject('apps/v1', 'ReplicaSet', 'cart-7d9', { owner: 'Deployment/cart', spec: TEMPLATE }),
  anObject('apps/v1', 'StatefulSet', 'db', {
    spec: { ...TEMPLATE, volumeClaimTemplates: [{ metadata: { name: 'data' } }] },
  }),
  ...['x', 'y'].map((name) =>
    anObject('v1', 'Pod', `cart-7d9-${name}`, { owner: 'ReplicaSet/cart-7d9', spec: CONTAINERS }),
  ),
  ...['0', '1'].map((name) => anObject('v1', 'Pod', `db-${name}`, { owner: 'StatefulSet/db', spec: CONTAINERS })),
  anObject('v1', 'Pod', 'alone', { spec: CONTAINERS }),
  anObject('v1', 'PersistentVolumeClaim', 'data-db-0'),
  anObject('batch/v1', 'Job', 'mail-1', { spec: TEMPLATE }),
  anObject('autoscaling/v2', 'HorizontalPodAutoscaler', 'cart', {
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cart' } },
  }),
];

/** The labels that promtool was shown to find on each alert that a rule raises, each set once. */
function raised(): readonly { readonly alert: string; readonly labels: Labels }[] {
  interface RuleTests {
    readonly tests: readonly {
      readonly alert_rule_test?: readonly {
        readonly alertname: string;
        readonly exp_alerts?: readonly { readonly exp_labels?: Labels }[];
      }[];
    }[];
  }
  const all = filesIn('rules/tests', '.test.yml')
    .map((file) => parse(textOf(`rules/tests/${file}`)) as RuleTests) // The files are ours; promtool checks their shape.
    .flatMap(({ tests }) => tests.flatMap(({ alert_rule_test: checks }) => checks ?? []))
    .flatMap(({ alertname, exp_alerts: alerts }) =>
      (alerts ?? []).map(({ exp_labels: labels = {} }) => ({ alert: alertname, labels })),
    );
  return [...new Map(all.map((each) => [JSON.stringify(each), each])).values()];
}

const POD = ['Deployment/shop/cart', 'StatefulSet/shop/db', 'Pod/shop/alone: bare-pod'];
const WORKLOAD = ['Deployment/shop/cart', 'Deployment/shop/worse', 'StatefulSet/shop/db'];
const NODE = ['Node//node-1', 'Node//node-2'];
/** Of nobody: reported on only, as every alert of the monitoring about itself is. */
const ITSELF = ['Cluster//: monitoring-plane'];

/** What each shipped alert may mean, by what it says. */
const MEANS: Readonly<Record<string, readonly string[]>> = {
  AutoHealVolumeFillingUp: ['StatefulSet/shop/db'],
  AutoHealAutoscalerAtMaximum: ['Deployment/shop/cart'],
  AutoHealDown: ITSELF,
  AutoHealRulesBlind: ITSELF,
  AutoHealWebhooksRefused: ITSELF,
  AutoHealQueueNotDraining: ITSELF,
  AutoHealStalled: ITSELF,
  AutoHealStoreSlow: ITSELF,
  AutoHealHealRateLow: ITSELF,
  AutoHealNotificationsFailing: ITSELF,
  AutoHealModelUnusable: ITSELF,
  AutoHealModelMiscalibrated: ITSELF,
  AutoHealModelDrifted: ITSELF,
  AutoHealJobFailed: ['Job/shop/mail-1'],
  AutoHealNodeNotReady: NODE,
  AutoHealNodePressure: NODE,
  AutoHealNodeCPUSaturated: NODE,
  AutoHealPodCrashLooping: POD,
  AutoHealOOMKilled: POD,
  AutoHealImagePullFailing: POD,
  AutoHealConfigError: POD,
  AutoHealPodNotReady: POD,
  AutoHealPodUnschedulable: POD,
  AutoHealPodsEvicted: WORKLOAD,
  AutoHealMemoryNearLimit: POD,
  AutoHealCPUSaturated: WORKLOAD,
  AutoHealContainerCPUHigh: POD,
  AutoHealCPUThrottling: POD,
  AutoHealRolloutStuck: WORKLOAD,
  AutoHealRolloutRegressedErrorRatio: WORKLOAD,
  AutoHealRolloutRegressedLatency: WORKLOAD,
  AutoHealErrorRatioHigh: WORKLOAD,
  AutoHealLatencyHigh: WORKLOAD,
};

async function meaningOf(alert: string, labels: Labels): Promise<string> {
  const location = await locateIn(CLUSTER)([alertOf({ alertname: alert, ...labels })]);
  if (location.kind === 'unlocated') return `${location.reason}: ${location.why}`;
  const { workload, notifyOnly } = location;
  return `${workloadKey(workload)}${notifyOnly === undefined ? '' : `: ${notifyOnly}`}`;
}

describe('the shipped alerts, as promtool finds them', () => {
  const cases = raised().map((each) => ({ ...each, said: Object.values(each.labels).join(' ') }));

  test.each(cases)('$alert $said', async ({ alert, labels }) => {
    expect(MEANS[alert]).toContain(await meaningOf(alert, labels));
  });

  test('what names a workload by itself means that one, not any', async () => {
    const named = cases.filter(({ labels }) => labels['workload'] !== undefined);

    for (const { alert, labels } of named) {
      const { workload_kind: kind, namespace, workload } = labels;
      expect(await meaningOf(alert, labels)).toBe(`${kind}/${namespace}/${workload}`);
    }
    expect(named.length).toBeGreaterThan(20);
  });

  test('are all of them', () => {
    const names = shippedAlerts()
      .map(({ alert }) => alert)
      .sort();

    expect(Object.keys(MEANS).sort()).toEqual(names);
    expect([...new Set(cases.map(({ alert }) => alert))].sort()).toEqual(names);
  });
});

describe('what is about AutoHeal itself', () => {
  const itself = shippedAlerts().filter(({ labels }) => labels?.['autoheal'] === 'self');

  test.each(itself)('$alert is never of a workload, whatever it names', async ({ alert }) => {
    const labels = { alertname: alert, namespace: 'shop', pod: 'cart-7d9-x', deployment: 'worse' };
    const annotations = { autoheal_target: 'Deployment/shop/cart' };

    const location = await locateIn(CLUSTER, { allowTargetOverride: true })([alertOf(labels, { annotations })]);

    expect(location).toMatchObject({ workload: { kind: 'Cluster' }, notifyOnly: 'monitoring-plane', pods: [] });
  });
});
