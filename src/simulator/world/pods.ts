import type { PodTemplate } from '../../domain/kubernetes.ts';
import { qosClass } from '../api/validate-pod.ts';
import type { NewObject, OwnerReference, StoredObject } from '../objects.ts';
import { canonicalJson } from './hash.ts';
import type { PodCondition, PodObject } from './kinds.ts';
import type { Kit } from './kit.ts';

/** Whether the Ready condition of a pod is True. */
export function isReady(pod: PodObject): boolean {
  return conditionOf(pod, 'Ready')?.status === 'True';
}

/** Whether a pod still counts for its controller: not ending and not ended. */
export function isActive(pod: PodObject): boolean {
  return !isTerminating(pod) && pod.status?.phase !== 'Failed' && pod.status?.phase !== 'Succeeded';
}

export function isTerminating(pod: PodObject): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

/** Ready for at least `minReadySeconds`. */
export function isAvailable(pod: PodObject, minReadySeconds: number, now: number): boolean {
  const ready = conditionOf(pod, 'Ready');
  if (ready?.status !== 'True') {
    return false;
  }
  return minReadySeconds === 0 || Date.parse(ready.lastTransitionTime ?? '') + minReadySeconds * 1_000 <= now;
}

export function conditionOf(pod: PodObject, type: string): PodCondition | undefined {
  // Asked for every pod in every step.
  for (const condition of pod.status?.conditions ?? NO_CONDITIONS) {
    if (condition.type === type) {
      return condition;
    }
  }
  return undefined;
}

const NO_CONDITIONS: readonly PodCondition[] = [];

/** The reference that a controller puts on what it owns. */
export function ownerReference(owner: StoredObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

export interface PodPlan {
  /** A fixed name, or the prefix of a generated one. */
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly nodeName?: string;
  readonly restartPolicy?: string;
  readonly volumes?: readonly {
    readonly name: string;
    readonly persistentVolumeClaim: { readonly claimName: string };
  }[];
}

/** A pod as its controller creates it, with what the API server and admission add to its spec. */
export function podFromTemplate(owner: StoredObject, template: PodTemplate, plan: PodPlan): NewObject {
  const { labels, annotations } = template.metadata ?? {};
  const spec = template.spec;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(plan.name === undefined ? { generateName: `${owner.metadata.name}-` } : { name: plan.name }),
      namespace: owner.metadata.namespace ?? 'default',
      labels: { ...labels, ...plan.labels },
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [ownerReference(owner)],
    },
    spec: {
      ...POD_DEFAULTS,
      ...spec,
      ...(plan.volumes === undefined ? {} : { volumes: [...(spec.volumes ?? []), ...plan.volumes] }),
      ...(plan.restartPolicy === undefined ? {} : { restartPolicy: plan.restartPolicy }),
      ...(plan.nodeName === undefined ? {} : { nodeName: plan.nodeName }),
    },
    status: { phase: 'Pending', qosClass: qosClass({ ...spec }) },
  };
}

const POD_DEFAULTS = {
  restartPolicy: 'Always',
  terminationGracePeriodSeconds: 30,
  dnsPolicy: 'ClusterFirst',
  serviceAccountName: 'default',
  schedulerName: 'default-scheduler',
  tolerations: ['not-ready', 'unreachable'].map((condition) => ({
    key: `node.kubernetes.io/${condition}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 300,
  })),
};

/** Begins the graceful end of a pod. One that no kubelet has is gone at once, as on a real API server. */
export function terminatePod(kit: Kit, pod: PodObject): void {
  const { namespace, name } = pod.metadata;
  if (isTerminating(pod)) {
    return;
  }
  if (pod.spec?.nodeName === undefined) {
    kit.remove('pods', namespace, name);
    return;
  }
  const grace = pod.spec.terminationGracePeriodSeconds ?? 30;
  kit.update('pods', {
    ...pod,
    metadata: {
      ...pod.metadata,
      deletionTimestamp: kit.stamp(kit.now() + grace * 1_000),
      deletionGracePeriodSeconds: grace,
    },
  });
}

/** A template without the label that the Deployment controller adds: what two revisions are compared by. */
export function comparableTemplate(template: PodTemplate | undefined): string {
  if (template === undefined) {
    return '';
  }
  const known = comparable.get(template);
  if (known !== undefined) {
    return known;
  }
  const { 'pod-template-hash': _hash, ...labels } = template.metadata?.labels ?? {};
  // An emptied map equals an absent one: rolling back an annotation must find the revision that never had it.
  const annotations =
    Object.keys(template.metadata?.annotations ?? {}).length === 0 ? {} : template.metadata?.annotations;
  const text = canonicalJson({ spec: template.spec, labels, annotations });
  comparable.set(template, text);
  return text;
}

const comparable = new WeakMap<object, string>();
