import { describe, expect, test } from '@jest/globals';
import { allNodesState, isWell, nodeState } from '../../../src/domain/nodes.ts';
import type { Node } from '../../../src/domain/kubernetes.ts';

function node(name: string, changes: { conditions?: string[][]; spec?: Node['spec']; metadata?: object } = {}): Node {
  const { conditions = [['Ready', 'True']], spec = {}, metadata = {} } = changes;
  return {
    metadata: { name, uid: `uid-${name}`, resourceVersion: '1', ...metadata },
    spec,
    status: { conditions: conditions.map(([type = '', status = '']) => ({ type, status })) },
  };
}

const held = { annotations: { 'autoheal.io/held-by': 'inc-7/1' } };
const cordoned = { unschedulable: true };
const reserved = { taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] };

describe('nodeState', () => {
  test.each([
    { name: 'ready', conditions: [['Ready', 'True']], ready: true, pressures: [] },
    { name: 'not ready', conditions: [['Ready', 'False']], ready: false, pressures: [] },
    { name: 'silent', conditions: [['Ready', 'Unknown']], ready: false, pressures: [] },
    { name: 'without a status', conditions: [], ready: false, pressures: [] },
    {
      name: 'under pressure',
      conditions: [
        ['MemoryPressure', 'True'],
        ['DiskPressure', 'False'],
        ['Ready', 'True'],
      ],
      ready: true,
      pressures: ['MemoryPressure'],
    },
  ])('$name', ({ conditions, ready, pressures }) => {
    const state = nodeState(node('a', { conditions, spec: cordoned }));

    expect(state).toEqual({ name: 'a', ready, pressures, unschedulable: true });
    expect(isWell(state)).toBe(ready && pressures.length === 0);
  });

  test('says who holds it and whether it is of the control plane', () => {
    const state = nodeState(
      node('a', { metadata: { ...held, labels: { 'node-role.kubernetes.io/control-plane': '' } } }),
    );

    expect(state).toMatchObject({ controlPlane: true, heldBy: 'inc-7/1' });
  });
});

describe('who holds a cordoned node', () => {
  const cordonOwner = (manager: string) => ({ manager, fieldsV1: { 'f:spec': { 'f:unschedulable': {} } } });
  const other = { manager: 'autoheal', fieldsV1: { 'f:metadata': {} } };
  test.each([
    { name: 'the annotation where nothing is said of owners', managedFields: undefined, heldBy: 'inc-7/1' },
    { name: 'AutoHeal, which owns the field', managedFields: [cordonOwner('autoheal')], heldBy: 'inc-7/1' },
    {
      name: 'a person who cordoned it again',
      managedFields: [other, cordonOwner('kubectl-cordon')],
      heldBy: undefined,
    },
  ])('$name', ({ managedFields, heldBy }) => {
    const metadata = { ...held, ...(managedFields !== undefined && { managedFields }) };

    expect(nodeState(node('a', { spec: cordoned, metadata })).heldBy).toBe(heldBy);
  });
});

describe('allNodesState', () => {
  test.each([
    { name: 'all well', nodes: [node('a'), node('b')], total: 2, out: 0, held: [] },
    { name: 'cordoned by a person', nodes: [node('a', { spec: cordoned }), node('b')], total: 2, out: 1, held: [] },
    {
      name: 'cordoned by AutoHeal',
      nodes: [node('a', { spec: cordoned, metadata: held }), node('b')],
      total: 2,
      out: 1,
      held: ['a'],
    },
    { name: 'held once, uncordoned since', nodes: [node('a', { metadata: held })], total: 1, out: 0, held: [] },
    {
      name: 'not ready and cordoned counts once',
      nodes: [node('a', { spec: cordoned, conditions: [['Ready', 'Unknown']] })],
      total: 1,
      out: 1,
      held: [],
    },
    {
      name: 'a node that is kept for the control plane is no place for pods',
      nodes: [node('a', { spec: reserved, conditions: [] }), node('b')],
      total: 1,
      out: 0,
      held: [],
    },
  ])('$name', ({ nodes, total, out, held: names }) => {
    const state = allNodesState(nodes);

    expect({ ...state, held: state.held.map((each) => each.name) }).toEqual({ total, out, held: names });
  });
});
