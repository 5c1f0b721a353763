import type { Kinds, NodeObject, PodObject } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import { isReady, isTerminating, podFromTemplate, terminatePod } from '../pods.ts';
import { intOrPercent } from '../int-or-percent.ts';
import { makeSettled } from '../settled.ts';
import { createPod, noteFailedCreate } from './pod-control.ts';
import { ensureRevision, podRevisionLabel, trimRevisions, type Revision } from './revisions.ts';

type DaemonSet = Kinds['daemonsets'];

/** One pod on every node that fits the selector; updated so many nodes at a time. Source: kubernetes pkg/controller/daemon. */
export function reconcileDaemonSets(kit: Kit): void {
  for (const set of kit.list('daemonsets')) {
    const { uid } = set.metadata;
    const inputs = [kit.owned('pods', uid), kit.owned('controllerrevisions', uid), kit.list('nodes')];
    if (settled.has(set, inputs)) {
      continue;
    }
    const before = kit.version();
    if (set.metadata.deletionTimestamp === undefined && set.spec?.template !== undefined) {
      reconcile(kit, set);
    }
    if (kit.version() === before) {
      settled.add(set, inputs);
    }
  }
}

const settled = makeSettled();

function reconcile(kit: Kit, set: DaemonSet): void {
  const template = set.spec?.template;
  if (template === undefined) {
    return;
  }
  const revision = ensureRevision(kit, set, template, 'daemonset');
  const label = podRevisionLabel(revision, 'daemonset');
  const nodes = kit.list('nodes').filter((node) => fits(set, node));
  const names = new Set(nodes.map((node) => node.metadata.name));
  for (const pod of kit.owned('pods', set.metadata.uid)) {
    if (!names.has(pod.spec?.nodeName ?? '') || pod.status?.phase === 'Failed') {
      terminatePod(kit, pod);
    }
  }
  for (const node of nodes) {
    const present = kit.owned('pods', set.metadata.uid).some((pod) => pod.spec?.nodeName === node.metadata.name);
    if (!present) {
      const plan = { labels: { 'controller-revision-hash': label }, nodeName: node.metadata.name };
      const pod = createPod(kit, set, podFromTemplate(set, template, plan));
      if (typeof pod === 'string') {
        noteFailedCreate(kit, set, { message: pod, component: 'daemonset-controller' });
      }
    }
  }
  updateOutdated(kit, set, label);
  syncStatus(kit, { set, desired: nodes.length, label });
  trimRevisions(kit, set, new Set([revision.metadata.name]));
}

/** DaemonSet pods tolerate unready and cordoned nodes, so only the selector decides. */
function fits(set: DaemonSet, node: NodeObject): boolean {
  const selector = set.spec?.template?.spec['nodeSelector'];
  const wanted = typeof selector === 'object' && selector !== null ? Object.entries(selector) : [];
  return wanted.every(([key, value]) => node.metadata.labels?.[key] === value);
}

function isCurrent(pod: PodObject, label: Revision['metadata']['name']): boolean {
  return pod.metadata.labels?.['controller-revision-hash'] === label;
}

function updateOutdated(kit: Kit, set: DaemonSet, label: string): void {
  if (set.spec?.updateStrategy?.type === 'OnDelete') {
    return;
  }
  const pods = kit.owned('pods', set.metadata.uid);
  const wanted = set.spec?.updateStrategy?.rollingUpdate?.maxUnavailable;
  const most = Math.max(1, intOrPercent(wanted ?? 1, pods.length, Math.ceil) ?? 1);
  let unavailable = pods.filter((pod) => isTerminating(pod) || !isReady(pod)).length;
  for (const pod of pods.filter((candidate) => !isCurrent(candidate, label) && !isTerminating(candidate))) {
    if (!isReady(pod)) {
      terminatePod(kit, pod); // It is not available anyway, so ending it costs nothing.
    } else if (unavailable < most) {
      terminatePod(kit, pod);
      unavailable += 1;
    }
  }
}

function syncStatus(
  kit: Kit,
  { set, desired, label }: { readonly set: DaemonSet; readonly desired: number; readonly label: string },
): void {
  const pods = kit.owned('pods', set.metadata.uid).filter((pod) => !isTerminating(pod));
  const ready = pods.filter(isReady).length;
  const updated = pods.filter((pod) => isCurrent(pod, label)).length;
  kit.updateStatus('daemonsets', set, {
    currentNumberScheduled: pods.length,
    numberMisscheduled: 0,
    desiredNumberScheduled: desired,
    numberReady: ready,
    observedGeneration: set.metadata.generation,
    ...(updated === 0 ? {} : { updatedNumberScheduled: updated }),
    ...(ready === 0 ? {} : { numberAvailable: ready }),
    ...(desired === ready ? {} : { numberUnavailable: desired - ready }),
  });
}
