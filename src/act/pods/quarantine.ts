import type { PodEvidence } from '../../domain/diagnosis.ts';
import type { Pod, Service } from '../../domain/kubernetes.ts';
import { selects } from '../../domain/label-selector.ts';
import {
  HELD_BY_ANNOTATION,
  ACTION_ID_ANNOTATION,
  QUARANTINE_LABEL,
  type Intent,
  type PlannedWrite,
  type Refusal,
} from '../../domain/remedy.ts';
import { budgetRefusal, evictedPod } from './disruption.ts';
import { annotationPointer, escapePointer, markedPatch } from '../json-patch.ts';
import { objectPath, type Rollout } from '../objects.ts';
import { ownPods } from './own-pods.ts';
import { reaches } from '../traffic/own-services.ts';
import { refused, type Plan, type PlanDeps, type RemedyContext } from '../remedy.ts';

export type Suspect =
  { readonly kind: 'pod'; readonly pod: PodEvidence } | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * The one pod that is bad, as the alerts or its status say, where another one is ready to serve in its place. Anything less
 * plain is refused: what is taken out must be the right one.
 */
export function suspectOf({ location, diagnosis }: RemedyContext): Suspect {
  if (location.workload.kind === 'StatefulSet') {
    return refused('wrong-kind', 'a pod of a StatefulSet keeps its name, and so keeps its replacement from starting');
  }
  const living = diagnosis.evidence.pods.filter((pod) => !pod.terminating);
  const named = living.filter((pod) => location.pods.includes(pod.name));
  const suspects = named.length > 0 ? named : living.filter(isIll);
  const [pod] = suspects;
  if (pod === undefined) return refused('no-pod-named', 'no alert names a living pod, and no pod is ill by its status');
  if (suspects.length > 1) return refused('no-pod-named', `${suspects.length} pods could be the bad one`);
  if (!living.some((other) => other.ready && other.name !== pod.name)) return lastHealthy(pod.name);
  return { kind: 'pod', pod };
}

function isIll({ ready, containers }: PodEvidence): boolean {
  return !ready || containers.some(({ stateReason }) => stateReason !== '' && stateReason !== 'Completed');
}

function lastHealthy(name: string): ReturnType<typeof refused> {
  return refused('last-healthy-pod', `no pod of the workload is ready besides ${name}`);
}

/**
 * The write that takes a pod out of its Services and away from its controller, which replaces it at once, and keeps it for a
 * post-mortem until its time is over.
 */
export async function planQuarantine(rollout: Rollout, context: RemedyContext, deps: PlanDeps): Promise<Plan> {
  const suspect = suspectOf(context);
  if (suspect.kind === 'refused') return suspect;
  const { namespace } = context.location.workload;
  const [pods, services] = await Promise.all([
    ownPods(deps.cluster, rollout, namespace),
    deps.cluster.list('Service', { namespace }),
  ]);
  const { name, uid } = suspect.pod;
  const pod = pods.find(({ metadata }) => metadata.uid === uid);
  if (pod === undefined) {
    return refused('changed-since', `pod ${name} is gone, is terminating or does not belong to the workload any more`);
  }
  if (!pods.some((other) => other !== pod && evictedPod(other).ready)) return lastHealthy(name);
  const labels = labelsOutside(pod, rollout, services);
  if (labels.kind === 'refused') return labels;
  const refusal = replaceableRefusal(pod) ?? (await budgetRefusal(deps.cluster, evictedPod(pod)));
  if (refusal !== undefined) return { kind: 'refused', refusal };
  return { kind: 'planned', intent: intentOf(pod, labels, context, deps) };
}

type Outside =
  | { readonly kind: 'labels'; readonly removed: readonly string[]; readonly services: readonly string[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** The labels without which neither the controller nor any Service selects the pod. */
function labelsOutside({ metadata }: Pod, { object }: Rollout, services: readonly Service[]): Outside {
  const { name, labels = {} } = metadata;
  const reaching = services.filter((service) => reaches(service, labels));
  if (reaching.length === 0) {
    return refused('no-service', `no Service sends traffic to pod ${name}: there is none to take it out of`);
  }
  const keys = new Set(Object.keys(object.spec.selector.matchLabels ?? {}));
  for (const { spec } of reaching) {
    // One label less is enough to leave a Service, but which of them means the pod's part in it nobody says.
    if (!Object.keys(spec?.selector ?? {}).some((key) => keys.has(key))) {
      for (const key of Object.keys(spec?.selector ?? {})) keys.add(key);
    }
  }
  const kept = Object.fromEntries(Object.entries(labels).filter(([key]) => !keys.has(key)));
  if (selects(object.spec.selector, kept)) {
    return refused('wrong-kind', 'its controller selects the pod by other rules than labels that it must have');
  }
  const removed = Object.keys(labels).filter((key) => keys.has(key));
  return { kind: 'labels', removed, services: reaching.map((service) => service.metadata.name) };
}

/** What the pod goes on holding keeps another one from taking its place. */
function replaceableRefusal({ metadata, spec }: Pod): Refusal | undefined {
  const ports = spec.containers.flatMap(({ ports: own }) => (Array.isArray(own) ? (own as readonly unknown[]) : [])); // An array, checked here.
  const holdsPort = ports.some((port) => typeof port === 'object' && port !== null && 'hostPort' in port);
  const claim = spec.volumes?.find(({ persistentVolumeClaim }) => persistentVolumeClaim !== undefined);
  const held =
    claim !== undefined
      ? `volume ${claim.name}`
      : holdsPort || spec['hostNetwork'] === true
        ? 'ports of its node'
        : undefined;
  if (held === undefined) return undefined;
  return {
    code: 'wrong-kind',
    why: `pod ${metadata.name} holds ${held}, which its replacement would need`,
    suggest: 'restart it instead',
  };
}

function intentOf(
  pod: Pod,
  { removed, services }: Extract<Outside, { kind: 'labels' }>,
  { limits }: RemedyContext,
  deps: PlanDeps,
): Intent {
  const { name, namespace = '', uid, resourceVersion, labels = {} } = pod.metadata;
  const target = { kind: 'Pod', namespace, name };
  const path = objectPath(target);
  const { actionId, rung, cures, now } = deps;
  const incident = labelValue(actionId.replace(/\/[^/]*$/, ''));
  const left = Object.fromEntries(Object.entries(labels).filter(([key]) => !removed.includes(key)));
  const held = { [annotationPointer(HELD_BY_ANNOTATION)]: actionId };
  const write: PlannedWrite['write'] = {
    method: 'PATCH',
    path,
    contentType: 'application/json-patch+json',
    body: markedPatch(pod, { [ACTION_ID_ANNOTATION]: actionId, [HELD_BY_ANNOTATION]: actionId }, [
      ...removed.map((key) => ({ op: 'remove', path: labelPointer(key) })),
      { op: 'add', path: labelPointer(QUARANTINE_LABEL), value: incident },
    ]),
  };
  return {
    actionId,
    rung,
    remedy: 'reroute',
    cures,
    target,
    uid,
    resourceVersion,
    write,
    // All labels, so that it is refused when anybody has changed one of them.
    undo: {
      target,
      uid,
      path,
      expect: { '/metadata/labels': { ...left, [QUARANTINE_LABEL]: incident }, ...held },
      restore: { '/metadata/labels': labels, [annotationPointer(HELD_BY_ANNOTATION)]: null },
    },
    giveBack: {
      afterMs: limits.quarantineSeconds * 1000,
      when: 'always',
      instead: { kind: 'evict', target, uid, path, expect: { [labelPointer(QUARANTINE_LABEL)]: incident, ...held } },
    },
    summary: `take pod ${name} out of Service ${services.join(', ')} and keep it for a look (${removed.join(', ')} removed)`,
    plannedAt: now,
  };
}

function labelPointer(key: string): string {
  return `/metadata/labels/${escapePointer(key)}`;
}

/** Incident ids are fit to be label values; this one is, whatever it was made from. */
function labelValue(text: string): string {
  return text
    .replaceAll(/[^A-Za-z0-9_.-]/g, '-')
    .slice(0, 63)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
}
