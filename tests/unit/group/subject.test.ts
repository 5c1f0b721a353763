import { describe, expect, test } from '@jest/globals';

import { subjectKey } from '../../../src/group/subject.ts';

type Labels = Readonly<Record<string, string>>;

const KSM = {
  job: 'kube-state-metrics',
  instance: '10.0.0.7:8080',
  service: 'kps-kube-state-metrics',
  endpoint: 'http',
};

interface Case {
  readonly name: string;
  readonly left: Labels;
  readonly right: Labels;
  readonly same: boolean;
}

const CASES: readonly Case[] = [
  {
    name: 'two alerts of one deployment, whatever pod the exporter adds',
    left: { alertname: 'A', namespace: 'shop', deployment: 'cart', pod: 'ksm-1', ...KSM },
    right: { alertname: 'B', namespace: 'shop', deployment: 'cart', condition: 'Progressing' },
    same: true,
  },
  {
    name: 'two alerts of one pod',
    left: { alertname: 'A', namespace: 'shop', pod: 'cart-1', container: 'app', reason: 'CrashLoopBackOff', ...KSM },
    right: { alertname: 'B', namespace: 'shop', pod: 'cart-1', job: 'other', severity: 'critical' },
    same: true,
  },
  {
    name: 'exported labels go before the exporter’s own',
    left: { namespace: 'monitoring', exported_namespace: 'shop', exported_deployment: 'cart', deployment: 'ksm' },
    right: { namespace: 'shop', deployment: 'cart' },
    same: true,
  },
  {
    name: 'two pods of one deployment',
    left: { namespace: 'shop', pod: 'cart-1' },
    right: { namespace: 'shop', pod: 'cart-2' },
    same: false,
  },
  {
    name: 'two namespaces',
    left: { namespace: 'shop', deployment: 'cart' },
    right: { namespace: 'test', deployment: 'cart' },
    same: false,
  },
  {
    name: 'two clusters',
    left: { cluster: 'a', namespace: 'shop', deployment: 'cart' },
    right: { cluster: 'b', namespace: 'shop', deployment: 'cart' },
    same: false,
  },
  {
    name: 'two kinds of one name',
    left: { namespace: 'shop', deployment: 'cart' },
    right: { namespace: 'shop', statefulset: 'cart' },
    same: false,
  },
  {
    name: 'a deployment and the autoscaler over it',
    left: { namespace: 'shop', deployment: 'cart' },
    right: { namespace: 'shop', deployment: 'cart', horizontalpodautoscaler: 'cart' },
    same: false,
  },
  {
    name: 'two disks that one exporter pod reports',
    left: { namespace: 'monitoring', pod: 'node-exporter-1', device: 'sda', job: 'node-exporter' },
    right: { namespace: 'monitoring', pod: 'node-exporter-1', device: 'sdb', job: 'node-exporter' },
    same: false,
  },
  {
    name: 'values that could run together',
    left: { namespace: 'a', deployment: 'b","c' },
    right: { namespace: 'a","b', deployment: 'c' },
    same: false,
  },
];

describe('subjectKey', () => {
  test.each(CASES)('$name: $same', ({ left, right, same }) => {
    const [leftKey, rightKey] = [subjectKey(left), subjectKey(right)];

    expect(leftKey).toBeDefined();
    expect(rightKey).toBeDefined();
    expect(leftKey === rightKey).toBe(same);
  });

  test.each([
    { name: 'a namespace alone', labels: { namespace: 'shop' } },
    { name: 'a node', labels: { node: 'node-1', instance: '10.0.0.1:9100' } },
    { name: 'empty labels', labels: { namespace: 'shop', pod: '', deployment: '' } },
    { name: 'nothing', labels: {} },
  ])('no subject: $name', ({ labels }) => {
    expect(subjectKey(labels)).toBeUndefined();
  });
});
