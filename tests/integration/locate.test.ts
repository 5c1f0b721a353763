import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { makeKubernetesCluster } from '../../src/adapters/kubernetes/cluster.ts';
import type { Locate } from '../../src/diagnose/locate/locate.ts';
import { startSnapshot } from '../../src/simulator/snapshot.ts';
import { alertOf, clusterItems, locateIn, webhookAlerts } from '../unit/diagnose/locate/fixtures.ts';

let locateOverHttp: Locate;
let close = async (): Promise<void> => undefined;

beforeAll(async () => {
  const api = await startSnapshot(clusterItems(), () => Date.UTC(2026, 10, 21, 3));
  close = () => api.close();
  const cluster = makeKubernetesCluster({ connection: { server: api.url }, timeoutMs: 5_000 });
  locateOverHttp = locateIn([], { cluster });
});
afterAll(() => close());

// Together they ask for every kind of thing that the search can ask: gets, custom kinds, label selectors, whole lists.
test.each([
  { name: 'a pod and its owners', alerts: webhookAlerts('KubePodCrashLooping'), kind: 'located' },
  { name: 'a pod whose name has dots', alerts: webhookAlerts('KubeContainerWaiting'), kind: 'located' },
  { name: 'an autoscaler', alerts: webhookAlerts('KubeHpaMaxedOut'), kind: 'located' },
  { name: 'a budget and its selector', alerts: webhookAlerts('KubePdbNotEnoughHealthyPods'), kind: 'located' },
  {
    name: 'a volume, its claim and who mounts it',
    alerts: webhookAlerts('KubePersistentVolumeErrors'),
    kind: 'located',
  },
  { name: 'a Service and its EndpointSlices', alerts: webhookAlerts('TargetDown'), kind: 'located' },
  { name: 'an APIService', alerts: webhookAlerts('KubeAggregatedAPIDown'), kind: 'located' },
  { name: 'the address of a node', alerts: webhookAlerts('KubeletInstanceUnreachable'), kind: 'located' },
  { name: 'the node of an exporter', alerts: webhookAlerts('NodeFilesystemSpaceFillingUp'), kind: 'located' },
  { name: 'a pod of a custom kind', alerts: [podAlert('events-kafka-0')], kind: 'located' },
  { name: 'a pod of an Argo Rollout', alerts: [podAlert('checkout-5d5f6c8f7b-t9c4j')], kind: 'located' },
  { name: 'a pod that is gone', alerts: [podAlert('cart-5c6b7f9d84-abcde')], kind: 'located' },
  { name: 'a pod that never was', alerts: [podAlert('cart-0123456789-abcde')], kind: 'unlocated' },
])('the real adapter gives the same answer: $name', async ({ alerts, kind }) => {
  const overHttp = await locateOverHttp(alerts);

  expect(overHttp).toMatchObject({ kind });
  expect(overHttp).toEqual(await locateIn(clusterItems())(alerts));
});

function podAlert(pod: string): ReturnType<typeof alertOf> {
  return alertOf({ alertname: 'KubePodCrashLooping', namespace: 'shop', pod });
}
