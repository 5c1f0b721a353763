import type { KubernetesObject, Node, Pod } from '../../domain/kubernetes.ts';
import { selectorText } from '../../domain/label-selector.ts';
import type { NodeGroup } from '../../domain/policy.ts';
import { NODE_GROUP_ANNOTATION, type Intent, type Refusal } from '../../domain/remedy.ts';
import { costsNothing } from '../cost.ts';
import { effectOf } from '../effect.ts';
import { fit } from '../fit.ts';
import { fitOnNodes, podToPlace } from '../capacity/node-fit.ts';
import { markedMetadata, readRollout, valueAt, type Rollout } from '../objects.ts';
import { gitOpsRefusal, marksOf } from '../ownership.ts';
import { refused, type Consideration, type Plan, type PlanDeps, type Remedy, type RemedyContext } from '../remedy.ts';
import { LIVING } from '../capacity/room.ts';

const BASIS = {
  name: 'scale-nodes',
  // Sure to help where room is what is missing; a node takes minutes to come, and sometimes none is to be had.
  cures: { unschedulable: 0.75 },
  kinds: ['Deployment', 'StatefulSet'],
} as const;

/**
 * Adds one node to a node group that the policy names, for pods that find no node. One at a time: the next one is for the next
 * incident, once this one has come.
 */
export const scaleNodes: Remedy = {
  name: BASIS.name,
  cures: BASIS.cures,
  summary: 'Adds one node to a node group of the policy when a waiting pod of the workload would fit on it.',
  kinds: BASIS.kinds,
  needs: ['nodes', 'node groups'],
  refusals: [
    'bare-pod',
    'wrong-kind',
    'does-not-cure',
    'already-tried',
    'no-node-group',
    'at-upper-bound',
    'no-node-fits',
    'rollout-in-progress',
    'paused',
    'gitops-owned',
    'operator-owned',
    'changed-since',
  ],
  undoes:
    'Sets the earlier number again, when a person asks; which node goes then is for the node group to choose. AutoHeal never does so by itself: autoscalers and people take nodes away.',
  afterwards: 'Check whether the node is still needed when the load is gone; AutoHeal does not take it away.',
  changes: ['capacity'],
  onByDefault: false,
  disruption: () => costsNothing('a node is added, none is touched'),
  consider,
  plan,
  tookEffect: effectOf,
  rbac: [
    { apiGroups: ['apps'], resources: ['deployments', 'statefulsets'], verbs: ['get'] },
    { apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['list'], scope: 'cluster' },
    { apiGroups: [''], resources: ['namespaces'], verbs: ['get'] },
    // Groups of other kinds need the same two rights on theirs.
    { apiGroups: ['cluster.x-k8s.io'], resources: ['machinedeployments', 'machinepools'], verbs: ['get'] },
    {
      apiGroups: ['cluster.x-k8s.io'],
      resources: ['machinedeployments/scale', 'machinepools/scale'],
      verbs: ['patch'],
    },
  ],
};

function consider(context: RemedyContext): Consideration {
  const fitting = fit(BASIS, context);
  if (fitting.kind === 'refused') return fitting;
  if (context.limits.nodeGroups.length === 0) return { kind: 'refused', refusal: noGroup('the policy names none') };
  const waiting = context.diagnosis.evidence.pods.find(({ unschedulable }) => unschedulable !== '');
  if (waiting === undefined) return refused('does-not-cure', 'no pod of the workload waits for a node');
  return { kind: 'applies', cures: fitting.cause.name, because: fitting.cause.because };
}

function noGroup(why: string): Refusal {
  return { code: 'no-node-group', why, suggest: 'add the node group to limits.nodeGroups of the policy' };
}

async function plan(context: RemedyContext, deps: PlanDeps): Promise<Plan> {
  const { workload, uid } = context.location;
  const rollout = await readRollout(deps.cluster, workload);
  if (rollout === undefined || rollout.object.metadata.uid !== uid) {
    return refused('changed-since', 'the workload is gone or is another object by now');
  }
  const choice = await chosenGroups(rollout, context, deps);
  if (choice.kind === 'refused') return choice;
  const waiting = await waitingPod(rollout, deps);
  if (waiting.kind === 'refused') return waiting;
  let first: Plan | undefined;
  for (const group of choice.groups) {
    const answer = await planGroup(group, waiting, deps);
    if (answer.kind === 'planned') return answer;
    first ??= answer;
  }
  return first ?? { kind: 'refused', refusal: noGroup('the policy names none') };
}

type Choice = { readonly kind: 'chosen'; readonly groups: readonly NodeGroup[] } | ReturnType<typeof refused>;

/** The groups of the policy, in its order; the one alone that the workload's annotation names, or its namespace's. */
async function chosenGroups(
  { object }: Rollout,
  { location, limits }: RemedyContext,
  { cluster }: PlanDeps,
): Promise<Choice> {
  const namespace = await cluster.get('Namespace', { name: location.workload.namespace });
  const annotated =
    object.metadata.annotations?.[NODE_GROUP_ANNOTATION] ?? namespace?.metadata.annotations?.[NODE_GROUP_ANNOTATION];
  if (annotated === undefined) return { kind: 'chosen', groups: limits.nodeGroups };
  const groups = limits.nodeGroups.filter((group) => nameOf(group) === annotated);
  if (groups.length > 0) return { kind: 'chosen', groups };
  return { kind: 'refused', refusal: noGroup(`the annotation names ${annotated}, which the policy does not`) };
}

function nameOf({ apiVersion, kind, namespace, name }: NodeGroup): string {
  return `${apiVersion}/${kind}/${namespace}/${name}`;
}

interface Waiting {
  readonly kind: 'waiting';
  readonly pod: Pod;
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
}

/** A pod of the workload that finds no node now, and the nodes that do not take it. */
async function waitingPod({ object }: Rollout, { cluster }: PlanDeps): Promise<Waiting | ReturnType<typeof refused>> {
  const { namespace = '' } = object.metadata;
  const [own, nodes, pods] = await Promise.all([
    cluster.list('Pod', { namespace, labelSelector: selectorText(object.spec.selector) }),
    cluster.list('Node', {}),
    cluster.list('Pod', { fieldSelector: LIVING }),
  ]);
  const waiting = own.filter(isWaiting);
  const [first] = waiting;
  if (first === undefined) return refused('changed-since', 'no pod of the workload waits for a node any more');
  for (const pod of waiting) {
    const { fits } = fitOnNodes(podToPlace(pod), nodes, pods);
    const [node] = fits;
    if (node === undefined) return { kind: 'waiting', pod, nodes, pods };
  }
  // A volume in another zone, for instance: what keeps it waiting is not the room.
  const why = `there is room for pod ${first.metadata.name} now: it starts soon, or it waits for something else`;
  return refused('does-not-cure', why);
}

function isWaiting({ metadata, spec, status }: Pod): boolean {
  if (metadata.deletionTimestamp !== undefined || (spec.nodeName ?? '') !== '') return false;
  return (status?.conditions ?? []).some(
    ({ type, status: value, reason }) => type === 'PodScheduled' && value === 'False' && reason === 'Unschedulable',
  );
}

async function planGroup(group: NodeGroup, waiting: Waiting, deps: PlanDeps): Promise<Plan> {
  const { apiVersion, kind, namespace, name } = group;
  const ref = { apiVersion, kind, namespace, name };
  const [object, path] = await Promise.all([deps.cluster.getAny(ref), deps.cluster.pathOf(ref)]);
  const replicas = object === undefined ? undefined : valueAt(object, '/spec/replicas');
  if (object === undefined || path === undefined || typeof replicas !== 'number') {
    return { kind: 'refused', refusal: noGroup(`there is no ${kind} ${namespace}/${name} with replicas`) };
  }
  const refusal = stateRefusal(object, replicas, group) ?? roomRefusal(group, waiting);
  if (refusal !== undefined) return { kind: 'refused', refusal };
  return { kind: 'planned', intent: additionTo(group, { object, path, replicas, pod: waiting.pod }, deps) };
}

/** Why the group as it stands gets no further node. */
function stateRefusal(object: KubernetesObject, replicas: number, group: NodeGroup): Refusal | undefined {
  const name = `${group.kind} ${group.name}`;
  if (replicas >= group.maxReplicas) {
    const why = `${name} has ${replicas} nodes, and the policy allows ${group.maxReplicas}`;
    return { code: 'at-upper-bound', why, suggest: 'raise maxReplicas of the node group in the policy' };
  }
  if (valueAt(object, '/spec/paused') === true || object.metadata.annotations?.[PAUSED_ANNOTATION] !== undefined) {
    return { code: 'paused', why: `${name} is paused; somebody holds it` };
  }
  const ready = valueAt(object, '/status/readyReplicas');
  if (typeof ready === 'number' && ready < replicas) {
    return {
      code: 'rollout-in-progress',
      why: `${ready} of ${replicas} nodes of ${name} are ready: one is on its way`,
    };
  }
  return gitOpsRefusal(marksOf(object));
}

/** Of Cluster API. */
const PAUSED_ANNOTATION = 'cluster.x-k8s.io/paused';

/** Whether the pod could start on a new node of the group. Where no node shows what that is like, it is tried. */
function roomRefusal({ kind, name, nodeLabels }: NodeGroup, { pod, nodes, pods }: Waiting): Refusal | undefined {
  const wanted = Object.entries(nodeLabels);
  if (wanted.length === 0) return undefined;
  const model = nodes.find(({ metadata }) => wanted.every(([key, value]) => metadata.labels?.[key] === value));
  if (model === undefined) return undefined;
  const { metadata } = model;
  const standing = pods.filter((each) => each.spec.nodeName === metadata.name && isOfTheNode(each));
  const { fits, why } = fitOnNodes(podToPlace(pod), [asNew(model)], standing);
  if (fits.length > 0) return undefined;
  const sort = `a new node of ${kind} ${name} (like ${metadata.name})`;
  return {
    code: 'no-node-fits',
    why: `pod ${pod.metadata.name} would not fit on ${sort}: ${why}`,
    suggest: 'name a node group with larger nodes or other labels, or lower what the pod requests',
  };
}

/** Pods that every node of the group starts with. */
function isOfTheNode({ metadata }: Pod): boolean {
  return (metadata.ownerReferences ?? []).some(({ kind }) => kind === 'DaemonSet' || kind === 'Node');
}

/** What has befallen the model since it joined does not befall a new node. */
function asNew(model: Node): Node {
  const { unschedulable: _, taints = [], ...spec } = model.spec ?? {};
  const { 'kubernetes.io/hostname': _own, ...labels } = model.metadata.labels ?? {};
  return {
    ...model,
    metadata: { ...model.metadata, labels },
    spec: { ...spec, taints: taints.filter(({ key }) => !key.startsWith('node.kubernetes.io/')) },
    status: { ...model.status, conditions: [{ type: 'Ready', status: 'True' }] },
  };
}

function additionTo(
  group: NodeGroup,
  found: { readonly object: KubernetesObject; readonly path: string; readonly replicas: number; readonly pod: Pod },
  deps: PlanDeps,
): Intent {
  const { apiVersion, kind, namespace, name } = group;
  const { uid, resourceVersion } = found.object.metadata;
  const target = { kind, namespace, name };
  const path = `${found.path}/scale`;
  const replicas = found.replicas + 1;
  return {
    actionId: deps.actionId,
    rung: deps.rung,
    remedy: BASIS.name,
    cures: deps.cures,
    target,
    apiVersion,
    uid,
    resourceVersion,
    write: {
      method: 'PATCH',
      path,
      contentType: 'application/merge-patch+json',
      // A Scale keeps no annotations: the number is what shows that it happened. The mark is for the API server's audit log.
      body: { metadata: markedMetadata(found.object, deps.actionId), spec: { replicas } },
    },
    undo: {
      target,
      apiVersion,
      uid,
      path,
      expect: { '/spec/replicas': replicas },
      restore: { '/spec/replicas': found.replicas },
    },
    summary: `${kind} ${name}: ${found.replicas} -> ${replicas} nodes, for pod ${found.pod.metadata.name}`,
    plannedAt: deps.now,
  };
}
