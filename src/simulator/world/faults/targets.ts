import type { RemedyName } from '../../../domain/remedy.ts';
import type { Container, PodTemplate } from '../../../domain/kubernetes.ts';
import type { Kinds, PodObject } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import type { Held } from '../kubelet/eviction.ts';
import { podsOf } from '../load/signals.ts';
import { isActive } from '../pods.ts';
import { containerResources } from '../resources.ts';
import type { Sickness } from '../sickness.ts';
import { serviceKey, type FaultSpec } from '../spec.ts';

type Workload = Kinds['deployments'] | Kinds['statefulsets'] | Kinds['daemonsets'];

/** What a fault has to work with. */
export interface FaultContext {
  readonly kit: Kit;
  readonly sickness: Sickness;
  readonly fault: FaultSpec;
  /** How bad: the fault's strength, or the default of its kind. */
  readonly strength: number;
  /** What the pods of a node hold now. */
  readonly heldOn: (node: string) => Held;
}

/** One kind of illness. It only ever changes the cluster's objects or the `Sickness`; what happens then is the world's doing. */
export interface FaultKind {
  readonly does: string;
  readonly curedBy: string;
  /** The remedies that can cure it where its workload allows them; empty where nothing that is done to the workload does. */
  readonly cures: readonly RemedyName[];
  /** The remedies that end or lessen what people suffer from, while the cause stays. */
  readonly eases: readonly RemedyName[];
  /** What else it does, to whom; empty where it stays with its target. */
  readonly sideEffects: string;
  /** What `strength` means, and its default. */
  readonly strength: { readonly means: string; readonly default: number };
  /** Ends by itself so long after its onset, unless the fault says otherwise. */
  readonly lastsSeconds?: number;
  start(context: FaultContext): void;
  /** Called in each step while it lasts, with the seconds since its onset. */
  step?(context: FaultContext, seconds: number): void;
  /** Takes the cause away from outside, as its owner would; removing the fault's `Sickness` is done for all kinds alike. */
  stop?(context: FaultContext): void;
  /** Whether the cause is still in the world; when left out: while it has any `Sickness`. */
  present?(context: FaultContext): boolean;
}

/** The id of a fault as part of a name or as the value of a label. */
export function labelOf(fault: string): string {
  return fault.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}

export function needNamespace(kit: Kit, name: string): void {
  if (kit.get('namespaces', undefined, name) === undefined) {
    const metadata = { name, labels: { 'kubernetes.io/metadata.name': name } };
    kit.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata, spec: {}, status: { phase: 'Active' } });
  }
}

export function serviceKeyOf(fault: FaultSpec): string {
  return serviceKey({ namespace: fault.target.namespace, name: fault.target.service });
}

const WORKLOADS = [
  ['Deployment', 'deployments'],
  ['StatefulSet', 'statefulsets'],
  ['DaemonSet', 'daemonsets'],
] as const;

export function workloadOf(
  kit: Kit,
  fault: FaultSpec,
): { readonly resource: (typeof WORKLOADS)[number][1]; readonly object: Workload } | undefined {
  for (const [, resource] of WORKLOADS) {
    const object = kit.get(resource, fault.target.namespace, fault.target.service);
    if (object !== undefined) {
      return { resource, object };
    }
  }
  return undefined;
}

export function podsOfService(kit: Kit, fault: FaultSpec): readonly PodObject[] {
  const { namespace, service: name } = fault.target;
  return WORKLOADS.flatMap(([kind]) => podsOf(kit, { kind, namespace, name }, [])).filter(isActive);
}

export function templateOf({ kit, fault }: Pick<FaultContext, 'kit' | 'fault'>): PodTemplate | undefined {
  return workloadOf(kit, fault)?.object.spec?.template;
}

export function limitOf(pod: PodObject): number {
  const container = pod.spec?.containers[0];
  const limit = container === undefined ? Number.POSITIVE_INFINITY : containerResources(container).memoryLimit;
  return Number.isFinite(limit) ? limit : 256 * 2 ** 20;
}

/** The CPU limit of a pod's first container; one core where there is none. */
export function cpuLimitOf(pod: PodObject): number {
  const container = pod.spec?.containers[0];
  const limit = container === undefined ? Number.POSITIVE_INFINITY : containerResources(container).cpuLimit;
  return Number.isFinite(limit) ? limit : 1;
}

/** The memory limit that the workload's template gives its first container. */
export function limitOfTemplate(context: Pick<FaultContext, 'kit' | 'fault'>): number {
  const container = templateOf(context)?.spec.containers[0];
  const limit = container === undefined ? Number.POSITIVE_INFINITY : containerResources(container).memoryLimit;
  return Number.isFinite(limit) ? limit : 256 * 2 ** 20;
}

export function missingConfigOf({ fault }: Pick<FaultContext, 'fault'>): string {
  return `${fault.target.service}-settings-${fault.id.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-')}`;
}

/** Changes the first container of the workload's template, as `kubectl set` would. */
export function changeContainer({ kit, fault }: FaultContext, change: (container: Container) => Container): void {
  const workload = workloadOf(kit, fault);
  const template = workload?.object.spec?.template;
  const [first, ...others] = template?.spec.containers ?? [];
  if (workload === undefined || template === undefined || first === undefined) {
    return;
  }
  const changed = { ...template, spec: { ...template.spec, containers: [change(first), ...others] } };
  kit.update(workload.resource, { ...workload.object, spec: { ...workload.object.spec, template: changed } });
}

/** Publishes the next version of the service's image with an effect in it, and rolls it out. */
export function rollOut(context: FaultContext, effect: Parameters<Sickness['images']['set']>[2]): void {
  const image = nextImage(context);
  context.sickness.images.set(image, context.fault.id, effect);
  changeContainer(context, (container) => ({ ...container, image }));
}

/** The image with its minor version raised until it is one that no other fault has used. */
function nextImage(context: FaultContext): string {
  const image = templateOf(context)?.spec.containers[0]?.image ?? 'app:1.0.0';
  const [, name = image, major = '1', minor = '0'] = /^(.*):([0-9]+)\.([0-9]+)\.[0-9]+$/.exec(image) ?? [];
  for (let next = Number(minor) + 1; ; next += 1) {
    const candidate = `${name}:${major}.${next}.0`;
    // One that was rolled out before would bring back its old revision, and look as old as that.
    if (context.sickness.images.of(candidate).length === 0 && !wasRolledOut(context, candidate)) {
      return candidate;
    }
  }
}

function wasRolledOut({ kit, fault }: FaultContext, image: string): boolean {
  const uid = workloadOf(kit, fault)?.object.metadata.uid ?? '';
  const past = [...kit.owned('replicasets', uid), ...kit.owned('controllerrevisions', uid)];
  return past.some((revision) => JSON.stringify(revision).includes(`"${image}"`));
}

export function runsSickImage(context: FaultContext): boolean {
  const images = new Set(context.sickness.images.keysOf(context.fault.id));
  const asked = templateOf(context)?.spec.containers.some((container) => images.has(container.image ?? '')) === true;
  const running = podsOfService(context.kit, context.fault).some((pod) =>
    (pod.spec?.containers ?? []).some((container) => images.has(container.image ?? '')),
  );
  return asked || running;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The node that a fault means: by its name, or that of the service's first pod. */
export function nodeOf({ kit, fault }: Pick<FaultContext, 'kit' | 'fault'>): string | undefined {
  const { namespace, service } = fault.target;
  return namespace === '' ? service : podsOfService(kit, fault)[0]?.spec?.nodeName;
}

/** One pod of the service, the same for the same seed and fault, and the number of its present process. */
export function onePod({
  kit,
  fault,
}: Pick<FaultContext, 'kit' | 'fault'>): { readonly pod: PodObject; readonly process: number } | undefined {
  const pods = podsOfService(kit, fault);
  const pod = pods[Math.floor(kit.random(`fault/${fault.id}`)() * pods.length)];
  return pod === undefined ? undefined : { pod, process: (pod.status?.containerStatuses?.[0]?.restartCount ?? 0) + 1 };
}

/** Whether a pod that the fault sits in is still there. */
export function hasSickPod({ kit, sickness, fault }: FaultContext): boolean {
  const sick = new Set(sickness.pods.keysOf(fault.id));
  return kit.list('pods', fault.target.namespace).some(({ metadata }) => sick.has(metadata.uid));
}
