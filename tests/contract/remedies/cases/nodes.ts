import type { Located } from '../../../../src/domain/location.ts';
import { timestamp, type ObjectStore } from '../../../../src/simulator/objects.ts';
import type { Hands, RefusalRow } from '../case.ts';
import { annotate, merge, objectOf } from '../hands.ts';
import { CORDONED } from './shop.ts';

/** The node that is ill in the cases about nodes. */
export const NODE = 'node-1';

export function theNode(objects: ObjectStore): Partial<Located> {
  const { name, uid } = objectOf(objects, 'nodes', NODE).metadata;
  return { workload: { kind: 'Node', namespace: '', name }, uid };
}

/** Sets a condition of a node as its kubelet would. */
export function condition({ objects, now }: Hands, name: string, type: string, status: string): void {
  const conditions = objectOf(objects, 'nodes', name).status?.['conditions'] as readonly { readonly type: string }[]; // A node's.
  const others = conditions.filter((each) => each.type !== type);
  merge(objects, 'nodes', name, {
    status: { conditions: [{ type, status, lastTransitionTime: timestamp(now) }, ...others] },
  });
}

export function press(hands: Hands): void {
  condition(hands, NODE, 'MemoryPressure', 'True');
}

/** A node that AutoHeal cordoned and that nobody has touched since. */
export function hold(objects: ObjectStore, name: string): void {
  merge(objects, 'nodes', name, CORDONED);
  annotate(objects, 'nodes', name, {
    'autoheal.io/action-id': 'inc-0/1',
    'autoheal.io/held-by': 'inc-0/1',
    'autoheal.io/original': '{"/spec/unschedulable":{"was":null,"left":true}}',
  });
}

const CONTROL_PLANE = { 'node-role.kubernetes.io/control-plane': '' } as const;

/** What every remedy meets that takes a node out of service. */
export const TAKE_OUT_ROWS: readonly RefusalRow[] = [
  {
    code: 'evidence-missing',
    when: 'how the nodes stand is not known',
    incident: (incident) => {
      const { allNodes: _, ...evidence } = incident.diagnosis.evidence;
      return { ...incident, diagnosis: { ...incident.diagnosis, evidence } };
    },
  },
  {
    code: 'node-recovered',
    when: 'the node is well',
    arrange: (hands) => condition(hands, NODE, 'MemoryPressure', 'False'),
  },
  {
    code: 'node-recovered',
    when: 'the node is well by now',
    arrange: (hands) => condition(hands, NODE, 'MemoryPressure', 'False'),
    at: 'after',
  },
  {
    code: 'control-plane-node',
    when: 'the node is of the control plane',
    arrange: ({ objects }) => void merge(objects, 'nodes', NODE, { metadata: { labels: CONTROL_PLANE } }),
  },
  {
    code: 'control-plane-node',
    when: 'the node has become one of the control plane',
    arrange: ({ objects }) => void merge(objects, 'nodes', NODE, { metadata: { labels: CONTROL_PLANE } }),
    at: 'after',
  },
  {
    code: 'single-node',
    when: 'no other node takes pods any more',
    arrange: ({ objects }) => {
      for (const { metadata } of objects.list('nodes')) {
        if (metadata.name !== NODE) merge(objects, 'nodes', metadata.name, CORDONED);
      }
    },
    at: 'after',
  },
  {
    code: 'too-many-nodes-out',
    when: 'another node is out already',
    arrange: ({ objects }) => void merge(objects, 'nodes', 'node-2', CORDONED),
  },
];
