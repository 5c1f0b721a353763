import { describe, expect, test } from '@jest/globals';
import { describeWorkload, workloadKey } from '../../../src/domain/workload.ts';

describe('workload', () => {
  test.each([
    {
      name: 'a namespaced workload',
      ref: { kind: 'Deployment', namespace: 'shop', name: 'cart' },
      key: 'Deployment/shop/cart',
      text: 'Deployment shop/cart',
    },
    {
      name: 'a node has no namespace',
      ref: { kind: 'Node', namespace: '', name: 'node-1' },
      key: 'Node//node-1',
      text: 'Node node-1',
    },
    {
      name: 'the cluster has no name',
      ref: { kind: 'Cluster', namespace: '', name: '' },
      key: 'Cluster//',
      text: 'Cluster',
    },
  ])('$name', ({ ref, key, text }) => {
    expect(workloadKey(ref)).toBe(key);
    expect(describeWorkload(ref)).toBe(text);
  });
});
