import { describe, expect, test } from '@jest/globals';

import { hostOf } from '../../../../src/diagnose/locate/exporters.ts';
import { alertOf, clusterItems, itemOf, locateIn, type Item } from './fixtures.ts';

const KSM_POD = 'kps-kube-state-metrics-5b9f6c7d8-hq2wl';

function withAddresses(node: string, addresses: readonly { type: string; address: string }[]): Item[] {
  const items = clusterItems();
  itemOf(items, 'Node', node)['status'] = { addresses };
  return items;
}

/** An exporter under names that give nothing away. */
function withRenamedExporter(name: string): Item[] {
  const items = clusterItems();
  const pod = itemOf(items, 'Pod', name);
  pod.metadata = { ...pod.metadata, labels: { app: 'machines' } };
  pod['spec'] = {
    nodeName: 'node-2',
    hostNetwork: true,
    containers: [{ name: 'main', image: 'example.org/machines:v1' }],
  };
  return items;
}

describe('the node that an alert means', () => {
  const unreachable = { alertname: 'KubeletInstanceUnreachable', instance: '10.0.0.11:10250', job: 'kubelet' };
  const faults = { alertname: 'NodeMemoryMajorPagesFaults', instance: '10.0.0.12:9100', namespace: 'monitoring' };

  test.each([
    {
      name: 'is not the one on which another exporter runs',
      labels: { ...faults, pod: KSM_POD, job: 'kube-state-metrics' },
      expected: { workload: { kind: 'Node', namespace: '', name: 'node-2' }, decidedBy: 'instance' },
    },
    {
      name: 'is the one on which the scraped pod runs, whatever the job is called',
      labels: { ...faults, pod: 'kps-prometheus-node-exporter-v3h8d', job: 'machines' },
      expected: { workload: { kind: 'Node', namespace: '', name: 'node-2' }, decidedBy: 'pod' },
    },
    {
      name: 'is that of the scraped pod, whatever it and the job are called',
      labels: { ...faults, pod: 'kps-prometheus-node-exporter-v3h8d', job: 'machines' },
      items: withRenamedExporter('kps-prometheus-node-exporter-v3h8d'),
      expected: { workload: { kind: 'Node', namespace: '', name: 'node-2' }, decidedBy: 'pod' },
    },
    {
      name: 'is told by its internal address',
      labels: unreachable,
      items: withAddresses('node-2', [{ type: 'ExternalIP', address: '10.0.0.11' }]),
      expected: { workload: { kind: 'Node', namespace: '', name: 'node-1' }, decidedBy: 'instance' },
    },
    {
      name: 'is ambiguous where two nodes have the address',
      labels: unreachable,
      items: withAddresses('node-2', [{ type: 'InternalIP', address: '10.0.0.11' }]),
      expected: {
        reason: 'ambiguous',
        candidates: [
          { kind: 'Node', namespace: '', name: 'node-1' },
          { kind: 'Node', namespace: '', name: 'node-2' },
        ],
      },
    },
    {
      name: 'cannot be told without node and instance',
      labels: { alertname: 'KubeletTooManyPods' },
      expected: { reason: 'no-subject' },
    },
  ])('$name', async ({ labels, items = clusterItems(), expected }) => {
    expect(await locateIn(items)([alertOf(labels)])).toMatchObject(expected);
  });
});

describe('the address of an instance', () => {
  test.each([
    { instance: '10.0.0.1:9100', host: '10.0.0.1' },
    { instance: '10.0.0.1', host: '10.0.0.1' },
    { instance: '[fd00::7]:8080', host: 'fd00::7' },
    { instance: 'fd00::7', host: 'fd00::7' },
    { instance: 'node-1:9100', host: undefined },
    { instance: 'https://10.0.0.1:9100/', host: undefined },
    { instance: '10.0.0.300:9100', host: undefined },
    { instance: ':', host: undefined },
  ])('of $instance is $host', ({ instance, host }) => {
    expect(hostOf(instance)).toBe(host);
  });
});
