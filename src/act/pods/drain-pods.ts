import type { Node, Pod } from '../../domain/kubernetes.ts';
import type { Refusal } from '../../domain/remedy.ts';
import { evictedPod } from './disruption.ts';
import { controllerOf, type Stay } from './evictions.ts';
import { fitOnNodes, podToPlace } from '../capacity/node-fit.ts';

/** A pod that is to leave its node. */
export interface Leaving {
  readonly pod: Pod;
  readonly hasEmptyDir: boolean;
}

/**
 * The pods in the order in which they leave: those with the fewest consequences first, so that a budget which stops the rest
 * leaves as much as possible done and as little as possible broken. Pods that are not ready serve nobody; of the others, those
 * go first whose controller has the most ready pods in the whole cluster.
 */
export function leavingOrder(leaving: readonly Pod[], all: readonly Pod[]): readonly Leaving[] {
  const ready = new Map<string, number>();
  for (const pod of all) {
    const owner = controllerOf(pod)?.uid ?? '';
    if (evictedPod(pod).ready) ready.set(owner, (ready.get(owner) ?? 0) + 1);
  }
  return leaving
    .map((pod) => ({
      pod,
      siblings: evictedPod(pod).ready ? (ready.get(controllerOf(pod)?.uid ?? '') ?? 0) : Number.MAX_SAFE_INTEGER,
    }))
    .sort((a, b) => b.siblings - a.siblings || compare(nameOf(a.pod), nameOf(b.pod)))
    .map(({ pod }) => ({ pod, hasEmptyDir: hasEmptyDir(pod) }));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function nameOf({ metadata }: Pod): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function hasEmptyDir({ spec }: Pod): boolean {
  return (spec.volumes ?? []).some((volume) => volume['emptyDir'] !== undefined && volume['emptyDir'] !== null);
}

/** Why the pods do not all fit on the other nodes, placed one after the other; undefined where they do. */
export function placeElsewhere(
  leaving: readonly Leaving[],
  { object, objects }: { readonly object: Node; readonly objects: readonly Node[] },
  pods: readonly Pod[],
): Refusal | undefined {
  const from = object.metadata.name;
  const nodes = objects.filter(({ metadata }) => metadata.name !== from);
  const placed = pods.filter((pod) => pod.spec.nodeName !== from);
  for (const [at, { pod }] of leaving.entries()) {
    const { fits, why } = fitOnNodes(podToPlace(pod), nodes, placed);
    const [nodeName] = fits;
    if (nodeName === undefined) {
      return {
        code: 'no-node-fits',
        why: `only ${at} of ${leaving.length} pods of node ${from} fit elsewhere; ${nameOf(pod)} does not: ${why}`,
        suggest: 'add a node first, or cordon the node only',
      };
    }
    placed.push({ ...pod, spec: { ...pod.spec, nodeName } });
  }
  return undefined;
}

/** Which pods stay, counted by reason, for people; nothing where none does. */
export function stayText(stays: readonly (Stay | undefined)[]): readonly string[] {
  const counts = Object.entries(STAY_WORDS).flatMap(([stay, words]) => {
    const count = stays.filter((each) => each === stay).length;
    return count === 0 ? [] : [`${count} ${words}`];
  });
  return counts.length === 0 ? [] : [`these stay: ${counts.join(', ')}`];
}

const STAY_WORDS = {
  daemon: 'of DaemonSets',
  static: 'static',
  protected: 'in protected namespaces',
  ended: 'that have ended',
  terminating: 'terminating already',
} as const satisfies Partial<Record<Stay, string>>;
