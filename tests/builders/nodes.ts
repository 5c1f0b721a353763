import type { Node, Pod, PodSpec } from '../../src/domain/kubernetes.ts';
import type { PodToPlace } from '../../src/act/capacity/node-fit.ts';

export interface NodeParts {
  readonly cpu?: string;
  readonly memory?: string;
  readonly pods?: string;
  readonly more?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: NonNullable<NonNullable<Node['spec']>['taints']>;
  readonly unschedulable?: boolean;
  readonly ready?: string;
}

/** A ready node with 4 cores, 8 GiB and places for 110 pods. */
export function aNodeObject(name: string, parts: NodeParts = {}): Node {
  const { cpu = '4', memory = '8Gi', pods = '110', more = {}, labels = {}, taints, unschedulable, ready } = parts;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      uid: `uid-${name}`,
      resourceVersion: '1',
      labels: { 'kubernetes.io/hostname': name, ...labels },
    },
    spec: { ...(taints === undefined ? {} : { taints }), ...(unschedulable === undefined ? {} : { unschedulable }) },
    status: {
      allocatable: { cpu, memory, pods, ...more },
      conditions: [{ type: 'Ready', status: ready ?? 'True' }],
    },
  };
}

/** The spec of a pod with one container that requests so much, with whatever else is given. */
export function asking(
  requests: Readonly<Record<string, string>>,
  more: Readonly<Record<string, unknown>> = {},
): PodSpec {
  return { containers: [{ name: 'app', image: 'cart:2', resources: { requests } }], ...more };
}

/** A pod of shop/cart that is to be placed. */
export function toPlace(
  requests: Readonly<Record<string, string>>,
  more: Readonly<Record<string, unknown>> = {},
): PodToPlace {
  return { namespace: 'shop', labels: { app: 'cart' }, spec: asking(requests, more) };
}

/** A pod that runs on a node. */
export function running(
  name: string,
  nodeName: string,
  requests: Readonly<Record<string, string>>,
  parts: {
    readonly phase?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly spec?: object;
    readonly owner?: string;
    readonly namespace?: string;
  } = {},
): Pod {
  const { owner = 'ReplicaSet' } = parts;
  return {
    metadata: {
      name,
      namespace: parts.namespace ?? 'shop',
      uid: `uid-${name}`,
      resourceVersion: '1',
      labels: parts.labels ?? {},
      ownerReferences: [{ apiVersion: 'apps/v1', kind: owner, name: 'owner', uid: 'uid-owner', controller: true }],
    },
    spec: { ...asking(requests), ...parts.spec, nodeName },
    status: { phase: parts.phase ?? 'Running' },
  };
}
