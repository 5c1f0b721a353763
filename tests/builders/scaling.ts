import { makeExecute } from '../../src/act/execute.ts';
import { makePlan, type MakePlanDeps } from '../../src/act/plan.ts';
import type { Plan, Remedy } from '../../src/act/remedy.ts';
import { undo, type UndoAnswer } from '../../src/act/undo.ts';
import type { CauseName, Evidence } from '../../src/domain/diagnosis.ts';
import type { IncidentId } from '../../src/domain/incident.ts';
import type { Policy } from '../../src/domain/policy.ts';
import {
  actionId,
  type ActionId,
  type ActionResult,
  type Intent,
  type WaitingResult,
} from '../../src/domain/remedy.ts';
import type { CustomResource } from '../../src/simulator/api/resource-types.ts';
import { accessOf } from '../../src/simulator/api/access.ts';
import type { NewObject, OwnerReference, StoredObject } from '../../src/simulator/objects.ts';
import { recordingEndpoints } from '../fakes/endpoints.ts';
import { simulatedCluster, type SimulatedCluster } from '../fakes/simulated-cluster.ts';
import { candidate, decidedIncident, diagnosis, LOCATED, NOW, POLICY } from './incident.ts';

/** What a test of the scaling remedies says about its world; the rest is shop/cart with two replicas on one roomy node. */
export interface ScalingParts {
  readonly kind?: 'Deployment' | 'StatefulSet';
  readonly replicas?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly owners?: readonly OwnerReference[];
  readonly containers?: readonly object[];
  /** Fields of the pods' spec beside the containers. */
  readonly podSpec?: object;
  readonly nodes?: readonly NewObject[];
  readonly more?: Readonly<Record<string, readonly NewObject[]>>;
  /** Kinds that the cluster serves beside its own; KEDA's and Cluster API's when left out. */
  readonly custom?: readonly CustomResource[];
  /** The rights of AutoHeal; all when left out. */
  readonly rbac?: Remedy['rbac'];
}

export const CUSTOM: readonly CustomResource[] = [
  { group: 'keda.sh', version: 'v1alpha1', plural: 'scaledobjects', kind: 'ScaledObject', status: true },
  {
    group: 'cluster.x-k8s.io',
    version: 'v1beta1',
    plural: 'machinedeployments',
    kind: 'MachineDeployment',
    scale: { minimum: 0, maximum: 100 },
    status: true,
  },
];

/** The owner reference of a workload that an operator made. */
export const AN_OPERATOR: OwnerReference = {
  apiVersion: 'acme.example/v1',
  kind: 'Shop',
  name: 'cart',
  uid: 'uid-shop',
  controller: true,
};
export const CART = { app: 'cart' } as const;
const HALF_A_CORE = { name: 'app', image: 'cart:2', resources: { requests: { cpu: '500m', memory: '128Mi' } } };

export function aNamedNode(
  name: string,
  cpu = '4',
  more: { readonly labels?: object; readonly spec?: object } = {},
): NewObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...more.labels } },
    spec: more.spec ?? {},
    status: { allocatable: { cpu, memory: '16Gi', pods: '110' }, conditions: [{ type: 'Ready', status: 'True' }] },
  };
}

export function anHpa(
  spec: { readonly min?: number; readonly max: number; readonly current?: number },
  metadata: Partial<NewObject['metadata']> = {},
  targetKind = 'Deployment',
): NewObject {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'cart', namespace: 'shop', ...metadata },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: targetKind, name: 'cart' },
      ...(spec.min === undefined ? {} : { minReplicas: spec.min }),
      maxReplicas: spec.max,
    },
    status: { currentReplicas: spec.current ?? 2, desiredReplicas: spec.current ?? 2 },
  };
}

export function aScaledObject(spec: object, metadata: Partial<NewObject['metadata']> = {}): NewObject {
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name: 'cart-scaler', namespace: 'shop', ...metadata },
    spec: { scaleTargetRef: { name: 'cart' }, triggers: [{ type: 'cron' }], ...spec },
  };
}

/** A cluster with the workload in it, and AutoHeal's rights on it. */
export async function scalingWorld(parts: ScalingParts = {}): Promise<SimulatedCluster> {
  const { kind = 'Deployment', replicas = 2, annotations, nodes = [aNamedNode('node-1')], rbac } = parts;
  const template = {
    metadata: { labels: CART },
    spec: { containers: parts.containers ?? [HALF_A_CORE], ...parts.podSpec },
  };
  const workload: NewObject = {
    apiVersion: 'apps/v1',
    kind,
    metadata: {
      name: 'cart',
      namespace: 'shop',
      labels: CART,
      ...(annotations === undefined ? {} : { annotations }),
      ...(parts.owners === undefined ? {} : { ownerReferences: parts.owners }),
    },
    spec: {
      replicas,
      selector: { matchLabels: CART },
      template,
      ...(kind === 'StatefulSet' ? { serviceName: 'cart' } : {}),
    },
    status: { observedGeneration: 1, replicas, updatedReplicas: replicas, readyReplicas: replicas },
  };
  const namespace: NewObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
  return simulatedCluster(
    { namespaces: [namespace], nodes, [PLURALS[kind]]: [workload], ...parts.more },
    {
      customResources: parts.custom ?? CUSTOM,
      ...(rbac === undefined ? {} : { access: () => accessOf({ user: 'autoheal', rules: rbac }) }),
    },
  );
}

const PLURALS = { Deployment: 'deployments', StatefulSet: 'statefulsets' } as const;

/** The workload as it stands. */
export function cartIn({ objects }: SimulatedCluster): StoredObject {
  const found = objects.get('deployments', 'shop', 'cart') ?? objects.get('statefulsets', 'shop', 'cart');
  if (found === undefined) throw new Error('cart is gone');
  return found;
}

export interface Asked {
  readonly cause: CauseName;
  readonly found?: Partial<Evidence>;
  readonly limits?: Partial<Policy['limits']>;
  readonly incident?: string;
  /** Of the workload that was diagnosed; of the one that is there when left out. */
  readonly uid?: string;
}

export interface Using {
  readonly action: ActionId;
  plan(): Promise<Plan>;
  /** @throws Error where it is refused. */
  planned(): Promise<Intent>;
  execute(intent: Intent): Promise<ActionResult | WaitingResult>;
  undo(intent: Intent): Promise<UndoAnswer>;
}

/** The remedy as a whole AutoHeal would use it: considered, planned afresh, rehearsed, executed, undone. */
export function using(world: SimulatedCluster, remedy: Remedy, asked: Asked): Using {
  const { cause, found = {}, limits = {}, incident = 'inc-1' } = asked;
  const { cluster } = world;
  const policy = { ...POLICY, limits: { ...POLICY.limits, ...limits } };
  const deps: MakePlanDeps = { cluster, clock: { now: () => NOW }, catalogue: [remedy], policy };

  async function plan(): Promise<Plan> {
    const { kind, metadata } = cartIn(world);
    const location = { ...LOCATED, workload: { ...LOCATED.workload, kind }, uid: asked.uid ?? metadata.uid };
    const id = incident as IncidentId; // Ids are branded strings; tests choose them.
    return makePlan(deps)(
      decidedIncident({ id, location, diagnosis: diagnosis(cause, found) }),
      candidate({ remedy: remedy.name, cures: cause }),
    );
  }

  return {
    action: actionId(incident, 1),
    plan,
    async planned(): Promise<Intent> {
      const answer = await plan();
      if (answer.kind === 'refused') throw new Error(`refused: ${answer.refusal.code} ${answer.refusal.why}`);
      return answer.intent;
    },
    execute: (intent: Intent): Promise<ActionResult | WaitingResult> =>
      makeExecute({ ...deps, endpoints: recordingEndpoints() })(intent),
    undo: (intent: Intent): Promise<UndoAnswer> => {
      if (intent.undo === undefined) throw new Error('there is no undo');
      return undo(intent.undo, cluster, { actionId: intent.actionId, undoId: `${intent.actionId}/undo` });
    },
  };
}
