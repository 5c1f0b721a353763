import type { HorizontalPodAutoscaler, PodSpec } from '../../domain/kubernetes.ts';
import { ACTION_ID_ANNOTATION, type Intent, type Refusal } from '../../domain/remedy.ts';
import { DECIDER_ACCESS, deciderOf, type Bounds } from '../capacity/autoscaler.ts';
import { costsNothing } from '../cost.ts';
import { effectOf } from '../effect.ts';
import { fit } from '../fit.ts';
import { collectionPath, objectPath, readRollout } from '../objects.ts';
import { gitOpsRefusal, marksOf } from '../ownership.ts';
import { fieldOf, fieldsOf, listOf } from '../capacity/pod-requests.ts';
import { refused, type Consideration, type Plan, type PlanDeps, type Remedy, type RemedyContext } from '../remedy.ts';
import { boundIntent, type ScalableRollout } from '../capacity/scale.ts';

const BASIS = {
  name: 'ensure-hpa',
  // Slower than adding replicas: the autoscaler looks every 15 s and needs metrics first. It keeps helping afterwards.
  cures: { 'cpu-saturation': 0.65, 'autoscaler-at-maximum': 0.7 },
  kinds: ['Deployment', 'StatefulSet'],
} as const;

const MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by';
const MANAGED_BY = 'autoheal';

/** Gives a workload an autoscaler where it has none, and a wider one where the one it has is AutoHeal's. */
export const ensureHpa: Remedy = {
  name: BASIS.name,
  cures: BASIS.cures,
  summary:
    'Creates an autoscaler within the bounds of the policy where there is none, or widens the one that AutoHeal made.',
  kinds: BASIS.kinds,
  needs: ['autoscaler', 'requests'],
  refusals: [
    'bare-pod',
    'wrong-kind',
    'does-not-cure',
    'already-tried',
    'upstream-cause',
    'autoscaler-exists',
    'no-requests-set',
    'gitops-owned',
    'operator-owned',
    'at-upper-bound',
    'at-lower-bound',
    'changed-since',
  ],
  undoes:
    'Deletes the autoscaler it made, or sets its earlier maximum again, when a person asks. It is meant to stay, so AutoHeal never does so by itself; the replicas stay as many as they are then.',
  afterwards: 'Move the autoscaler into the manifests of the workload itself, with bounds that fit its load.',
  changes: ['capacity'],
  onByDefault: false,
  disruption: () => costsNothing('the autoscaler starts from the replicas that there are'),
  consider,
  plan,
  tookEffect: effectOf,
  rbac: [
    { apiGroups: ['apps'], resources: ['deployments', 'statefulsets'], verbs: ['get'] },
    {
      apiGroups: ['autoscaling'],
      resources: ['horizontalpodautoscalers'],
      verbs: ['get', 'create', 'patch', 'delete'],
    },
    ...DECIDER_ACCESS,
  ],
};

function consider(context: RemedyContext): Consideration {
  const { evidence, causes } = context.diagnosis;
  if (causes[0].name === 'dependency-failure') {
    return refused('upstream-cause', 'a dependency fails: more replicas would only put more load on it');
  }
  const fitting = fit(BASIS, context);
  if (fitting.kind === 'refused') return fitting;
  const { state, autoscaler } = evidence;
  // The one that AutoHeal makes is called like the workload; whether this is really it, the object itself tells.
  if (autoscaler !== undefined && autoscaler.name !== context.location.workload.name) {
    return { kind: 'refused', refusal: exists(autoscaler.name) };
  }
  const gitops = state === undefined ? undefined : gitOpsRefusal(state);
  if (gitops !== undefined) return { kind: 'refused', refusal: gitops };
  if (state?.desired === 0) return refused('at-lower-bound', SCALED_TO_ZERO);
  return { kind: 'applies', cures: fitting.cause.name, because: fitting.cause.because };
}

const SCALED_TO_ZERO = 'it is scaled to zero, which somebody did on purpose';

function exists(name: string): Refusal {
  return {
    code: 'autoscaler-exists',
    why: `autoscaler ${name} is there already, and AutoHeal did not make it`,
    suggest: `check the bounds and the target of ${name}`,
  };
}

async function plan(context: RemedyContext, deps: PlanDeps): Promise<Plan> {
  const { workload, uid } = context.location;
  const rollout = await readRollout(deps.cluster, workload);
  if (rollout === undefined || rollout.object.metadata.uid !== uid) {
    return refused('changed-since', 'the workload is gone or is another object by now');
  }
  if (rollout.kind === 'DaemonSet') return refused('wrong-kind', 'a DaemonSet has as many pods as nodes');
  const gitops = gitOpsRefusal(marksOf(rollout.object));
  if (gitops !== undefined) return { kind: 'refused', refusal: gitops };
  const decider = await deciderOf(deps.cluster, workload);
  switch (decider.kind) {
    case 'refused':
      // Whatever keeps AutoHeal from touching it, it is an autoscaler that somebody else made.
      return { kind: 'refused', refusal: { ...decider.refusal, code: 'autoscaler-exists' } };
    case 'autoscaler': {
      const { hpa, bounds } = decider;
      if (hpa === undefined || !isOwn(hpa)) return { kind: 'refused', refusal: exists(bounds.target.name) };
      return widen(bounds, rollout, context, deps);
    }
    case 'workload':
      return create(rollout, context, deps);
  }
}

/** The label and the mark of an action, both: the label alone is easily copied. */
function isOwn({ metadata }: HorizontalPodAutoscaler): boolean {
  const { labels = {}, annotations = {} } = metadata;
  return labels[MANAGED_BY_LABEL] === MANAGED_BY && annotations[ACTION_ID_ANNOTATION] !== undefined;
}

function widen(bounds: Bounds, { object }: ScalableRollout, { scale }: RemedyContext, deps: PlanDeps): Plan {
  const current = Math.max(object.spec.replicas ?? 1, bounds.current);
  if (current === 0) return refused('at-lower-bound', SCALED_TO_ZERO);
  const { name } = bounds.target;
  if (current < bounds.max) {
    const why = `autoscaler ${name} may go up to ${bounds.max} and is at ${current}: its maximum is not what holds it back`;
    return refused('at-upper-bound', why);
  }
  const replicas = largest(current, scale);
  if (replicas <= bounds.max) return refused('at-upper-bound', atPolicy(bounds.max, scale));
  const how = { bounds, path: objectPath(bounds.target) };
  return { kind: 'planned', intent: boundIntent(BASIS.name, how, { bound: 'max', replicas }, { deps }) };
}

function largest(current: number, scale: RemedyContext['scale']): number {
  return Math.min(scale.maxReplicas, Math.ceil(current * scale.maxFactor));
}

function atPolicy(replicas: number, { maxReplicas }: RemedyContext['scale']): string {
  return `${replicas} replicas are as many as the policy allows (${maxReplicas} at most)`;
}

async function create(rollout: ScalableRollout, context: RemedyContext, deps: PlanDeps): Promise<Plan> {
  const { kind, object } = rollout;
  const { namespace, name } = context.location.workload;
  const current = object.spec.replicas ?? 1;
  if (current === 0) return refused('at-lower-bound', SCALED_TO_ZERO);
  const without = withoutRequest(object.spec.template.spec);
  if (without !== undefined) {
    const why = `container ${without} requests no CPU: there is nothing that its use could be compared with`;
    const suggest = `set resources.requests.cpu of container ${without}`;
    return { kind: 'refused', refusal: { code: 'no-requests-set', why, suggest } };
  }
  const maxReplicas = largest(current, context.scale);
  if (maxReplicas <= current) return refused('at-upper-bound', atPolicy(current, context.scale));
  const namesake = await deps.cluster.get('HorizontalPodAutoscaler', { namespace, name });
  if (namesake !== undefined) return { kind: 'refused', refusal: exists(name) };
  const { cpuPercent } = context.limits.autoscaler;
  const spec = {
    scaleTargetRef: { apiVersion: 'apps/v1', kind, name },
    minReplicas: current,
    maxReplicas,
    metrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: cpuPercent } },
      },
    ],
  };
  return { kind: 'planned', intent: creation({ namespace, name }, spec, deps) };
}

/** A container, or a sidecar, that has neither a CPU request nor a limit that stands in for one. */
function withoutRequest(spec: PodSpec): string | undefined {
  if (hasCpu(spec)) return undefined;
  const sidecars = listOf(spec['initContainers']).filter((each) => fieldOf(each, 'restartPolicy') === 'Always');
  const without = [...spec.containers, ...sidecars].find((each) => !hasCpu(each));
  return without === undefined ? undefined : String(fieldOf(without, 'name'));
}

function hasCpu(part: unknown): boolean {
  return ['requests', 'limits'].some((each) => fieldsOf(part, 'resources', each)['cpu'] !== undefined);
}

function creation(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  spec: { readonly minReplicas: number; readonly maxReplicas: number } & Readonly<Record<string, unknown>>,
  deps: PlanDeps,
): Intent {
  const target = { kind: 'HorizontalPodAutoscaler', namespace, name };
  return {
    actionId: deps.actionId,
    rung: deps.rung,
    remedy: BASIS.name,
    cures: deps.cures,
    target,
    uid: '',
    resourceVersion: '',
    write: {
      method: 'POST',
      path: collectionPath(target),
      contentType: 'application/json',
      body: {
        apiVersion: 'autoscaling/v2',
        kind: target.kind,
        metadata: {
          name,
          namespace,
          labels: { [MANAGED_BY_LABEL]: MANAGED_BY },
          annotations: { [ACTION_ID_ANNOTATION]: deps.actionId },
        },
        spec,
      },
    },
    undo: {
      kind: 'delete',
      target,
      uid: '',
      path: objectPath(target),
      // Whoever has moved its bounds has made it theirs.
      expect: { '/spec/minReplicas': spec.minReplicas, '/spec/maxReplicas': spec.maxReplicas },
    },
    summary: `create autoscaler ${name}: ${spec.minReplicas} to ${spec.maxReplicas} replicas`,
    plannedAt: deps.now,
  };
}
