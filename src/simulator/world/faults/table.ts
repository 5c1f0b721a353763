import type { Container, PodTemplate } from '../../../domain/kubernetes.ts';
import type { Kinds, PodObject } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import { isActive } from '../pods.ts';
import { containerResources } from '../resources.ts';
import type { Sickness } from '../sickness.ts';
import { serviceKey, type FaultKindName, type FaultSpec } from '../spec.ts';
import { podsOf } from '../load/signals.ts';

type Workload = Kinds['deployments'] | Kinds['statefulsets'] | Kinds['daemonsets'];

/** What a fault has to work with. */
export interface FaultContext {
  readonly kit: Kit;
  readonly sickness: Sickness;
  readonly fault: FaultSpec;
  /** How bad: the fault's strength, or the default of its kind. */
  readonly strength: number;
}

/** One kind of illness. It only ever changes the cluster's objects or the `Sickness`; what happens then is the world's doing. */
export interface FaultKind {
  readonly does: string;
  readonly curedBy: string;
  /** What `strength` means, and its default. */
  readonly strength: { readonly means: string; readonly default: number };
  start(context: FaultContext): void;
  /** Takes the cause away from outside, as its owner would; removing the fault's `Sickness` is done for all kinds alike. */
  stop?(context: FaultContext): void;
  /** Whether the cause is still in the world; when left out: while it has any `Sickness`. */
  present?(context: FaultContext): boolean;
}

const FAST_LEAK_SHARE_PER_SECOND = 1 / 300;
const SLOW_LEAK_PART = 1 / 60;

export const FAULT_TABLE: Readonly<Record<FaultKindName, FaultKind>> = {
  'bad-rollout-crash': {
    does: 'rolls out an image whose process exits with 1 soon after its start',
    curedBy: 'rolling the template back: every start of that image crashes',
    strength: { means: 'seconds until the crash', default: 2 },
    start: (context) =>
      rollOut(context, {
        crash: { afterSeconds: context.strength, exitCode: 1, log: "Error: Cannot find module './routes/v2'" },
      }),
    present: runsSickImage,
  },
  'bad-rollout-errors': {
    does: 'rolls out an image that becomes ready and then fails requests',
    curedBy: 'rolling the template back',
    strength: { means: 'share of requests that fail', default: 0.3 },
    start: (context) => rollOut(context, { errorRatio: context.strength, latencyFactor: 1.5 }),
    present: runsSickImage,
  },
  'image-pull': {
    does: 'rolls out an image that cannot be pulled',
    curedBy: 'rolling the template back',
    strength: { means: 'nothing', default: 1 },
    start: (context) => rollOut(context, { unpullable: true }),
    present: runsSickImage,
  },
  'missing-config': {
    does: 'rolls out a template that reads a ConfigMap which does not exist',
    curedBy: 'rolling the template back, or creating the ConfigMap',
    strength: { means: 'nothing', default: 1 },
    start: (context) =>
      changeContainer(context, (container) => ({
        ...container,
        envFrom: [...listOf(container['envFrom']), { configMapRef: { name: missingConfigOf(context) } }],
      })),
    stop: ({ kit, fault }) => {
      const name = missingConfigOf({ fault });
      if (kit.get('configmaps', fault.target.namespace, name) === undefined) {
        kit.create('configmaps', {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name, namespace: fault.target.namespace },
          data: {},
        });
      }
    },
    present: (context) =>
      context.kit.get('configmaps', context.fault.target.namespace, missingConfigOf(context)) === undefined &&
      JSON.stringify(templateOf(context)?.spec ?? {}).includes(`"${missingConfigOf(context)}"`),
  },
  'memory-leak': {
    does: 'the present pods leak from a spool on their own disk, so that a container that is restarted in place leaks on; new pods leak slowly',
    curedBy: 'replacing the pods',
    strength: { means: 'leak of the present pods; at 1 the first reaches its limit in about five minutes', default: 1 },
    start: ({ kit, sickness, fault, strength }) => {
      for (const [index, pod] of podsOfService(kit, fault).entries()) {
        // No two processes leak alike, so they do not all end at once.
        const leakBytesPerSecond = limitOf(pod) * FAST_LEAK_SHARE_PER_SECOND * strength * (1 - 0.1 * (index % 4));
        sickness.pods.set(pod.metadata.uid, fault.id, { leakBytesPerSecond });
        sickness.services.set(serviceKeyOf(fault), fault.id, {
          leakBytesPerSecond: leakBytesPerSecond * SLOW_LEAK_PART,
        });
      }
    },
    present: ({ sickness, fault }) => sickness.pods.keysOf(fault.id).length > 0,
  },
  overload: {
    does: 'multiplies the requests that reach the service; the additional ones it answers by itself, without its dependencies',
    curedBy: 'enough replicas, while it lasts',
    strength: { means: 'factor', default: 3 },
    start: ({ sickness, fault, strength }) => sickness.traffic.set(serviceKeyOf(fault), fault.id, strength),
  },
  'deadlock-one-pod': {
    does: 'one process answers nothing any more, not even its readiness probe',
    curedBy: 'restarting that pod',
    strength: { means: 'nothing', default: 1 },
    start: ({ kit, sickness, fault }) => {
      const pods = podsOfService(kit, fault);
      const pod = pods[Math.floor(kit.random(`fault/${fault.id}`)() * pods.length)];
      const process = (pod?.status?.containerStatuses?.[0]?.restartCount ?? 0) + 1;
      if (pod !== undefined) {
        sickness.pods.set(pod.metadata.uid, fault.id, { hung: true, process });
      }
    },
    present: ({ kit, sickness, fault }) => {
      const sick = new Set(sickness.pods.keysOf(fault.id));
      return kit.list('pods', fault.target.namespace).some(({ metadata }) => sick.has(metadata.uid));
    },
  },
  'dependency-outage': {
    does: 'what the service calls outside the cluster fails',
    curedBy: 'nothing that is done to the workload',
    strength: { means: 'share of the outside calls that fail', default: 0.9 },
    start: ({ sickness, fault, strength }) => sickness.externals.set(serviceKeyOf(fault), fault.id, strength),
  },
  'node-not-ready': {
    does: 'the kubelet of a node falls silent',
    curedBy: 'nothing for the node; its pods by being replaced on another one',
    strength: { means: 'nothing', default: 1 },
    start: ({ kit, sickness, fault }) => {
      const { namespace, service } = fault.target;
      const node = namespace === '' ? service : podsOfService(kit, fault)[0]?.spec?.nodeName;
      if (node !== undefined) {
        sickness.nodes.set(node, fault.id, kit.now());
      }
    },
  },
  blip: {
    does: 'the service fails and is slow for a moment',
    curedBy: 'waiting',
    strength: { means: 'share of requests that fail', default: 0.2 },
    start: ({ sickness, fault, strength }) =>
      sickness.services.set(serviceKeyOf(fault), fault.id, { errorRatio: strength, latencyFactor: 1 + 5 * strength }),
  },
  'crash-on-poison': {
    does: 'every process of the service, whatever its revision, reads a message that kills it',
    curedBy: 'nothing that is done to the workload',
    strength: { means: 'seconds until the crash', default: 8 },
    start: ({ sickness, fault, strength }) =>
      sickness.services.set(serviceKeyOf(fault), fault.id, {
        crash: {
          afterSeconds: strength,
          exitCode: 2,
          log: 'panic: orders: cannot decode message 4711: unexpected EOF',
        },
      }),
  },
};

/** How long a blip lasts when its fault does not say. Seconds. */
export const BLIP_SECONDS = 90;

function serviceKeyOf(fault: FaultSpec): string {
  return serviceKey({ namespace: fault.target.namespace, name: fault.target.service });
}

const WORKLOADS = [
  ['Deployment', 'deployments'],
  ['StatefulSet', 'statefulsets'],
  ['DaemonSet', 'daemonsets'],
] as const;

function workloadOf(
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

function podsOfService(kit: Kit, fault: FaultSpec): readonly PodObject[] {
  const { namespace, service: name } = fault.target;
  return WORKLOADS.flatMap(([kind]) => podsOf(kit, { kind, namespace, name }, [])).filter(isActive);
}

function templateOf({ kit, fault }: Pick<FaultContext, 'kit' | 'fault'>): PodTemplate | undefined {
  return workloadOf(kit, fault)?.object.spec?.template;
}

function limitOf(pod: PodObject): number {
  const container = pod.spec?.containers[0];
  const limit = container === undefined ? Number.POSITIVE_INFINITY : containerResources(container).memoryLimit;
  return Number.isFinite(limit) ? limit : 256 * 2 ** 20;
}

function missingConfigOf({ fault }: Pick<FaultContext, 'fault'>): string {
  return `${fault.target.service}-settings-${fault.id.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-')}`;
}

/** Changes the first container of the workload's template, as `kubectl set` would. */
function changeContainer({ kit, fault }: FaultContext, change: (container: Container) => Container): void {
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
function rollOut(context: FaultContext, effect: Parameters<Sickness['images']['set']>[2]): void {
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

function runsSickImage(context: FaultContext): boolean {
  const images = new Set(context.sickness.images.keysOf(context.fault.id));
  const asked = templateOf(context)?.spec.containers.some((container) => images.has(container.image ?? '')) === true;
  const running = podsOfService(context.kit, context.fault).some((pod) =>
    (pod.spec?.containers ?? []).some((container) => images.has(container.image ?? '')),
  );
  return asked || running;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
