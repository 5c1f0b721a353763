import type { ContainerEvidence, PodEvidence } from '../../domain/diagnosis.ts';
import type { Condition, ContainerState, ContainerStatus, ObjectMeta, Pod } from '../../domain/kubernetes.ts';
import { cleanLine } from '../../domain/clean-text.ts';
import { parseQuantity } from '../../domain/quantity.ts';
import { ARGO_HASH_LABEL } from './argo-rollout.ts';
import { epochOf } from './time.ts';

/** What a pod shows of its health. Init containers come first; containers that never got a status are left out. */
export function podEvidence(pod: Pod): PodEvidence {
  const { metadata, spec, status = {} } = pod;
  return {
    name: metadata.name,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    ownerKind: controllerKind(metadata),
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    node: spec.nodeName ?? '',
    phase: status.phase ?? '',
    reason: status.reason ?? '',
    ...readiness(status.conditions),
    terminating: metadata.deletionTimestamp !== undefined,
    createdAt: epochOf(metadata.creationTimestamp) ?? 0,
    revisionHash: revisionHash(metadata.labels),
    unschedulable: unschedulable(status.conditions),
    containers: [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].map((container) =>
      containerEvidence(container, pod),
    ),
  };
}

function controllerKind({ ownerReferences = [] }: ObjectMeta): string {
  return ownerReferences.find(({ controller }) => controller === true)?.kind ?? '';
}

function readiness(conditions: readonly Condition[] = []): Pick<PodEvidence, 'ready' | 'readySince'> {
  const ready = conditions.find(({ type, status }) => type === 'Ready' && status === 'True');
  const readySince = epochOf(ready?.lastTransitionTime);
  return { ready: ready !== undefined, ...(readySince === undefined ? {} : { readySince }) };
}

function revisionHash(labels: Readonly<Record<string, string>> = {}): string {
  return labels['pod-template-hash'] ?? labels['controller-revision-hash'] ?? labels[ARGO_HASH_LABEL] ?? '';
}

function unschedulable(conditions: readonly Condition[] = []): string {
  const scheduled = conditions.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status !== 'False') return '';
  return cleanLine(scheduled.message ?? scheduled.reason ?? 'not scheduled');
}

function containerEvidence(status: ContainerStatus, pod: Pod): ContainerEvidence {
  const spec = pod.spec.containers.find((container) => container.name === status.name);
  const memoryLimitBytes = parseQuantity(spec?.resources?.limits?.['memory'] ?? '');
  const last = lastTermination(status);
  return {
    name: status.name,
    // What was asked for; the status names the image in the form of the container runtime.
    image: spec?.image ?? status.image ?? '',
    ready: status.ready,
    restarts: status.restartCount,
    ...stateOf(status.state),
    ...(last === undefined ? {} : { lastTermination: last }),
    ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
  };
}

function stateOf(state: ContainerState = {}): Pick<ContainerEvidence, 'stateReason' | 'stateMessage'> {
  const { waiting, terminated } = state;
  // A container that has ended for good is not ill.
  const ended = terminated?.exitCode === 0 ? undefined : terminated;
  return {
    stateReason: waiting?.reason ?? ended?.reason ?? '',
    stateMessage: cleanLine(waiting?.message ?? ended?.message ?? ''),
  };
}

/** The newest end of the container: the one it is in now, else the one before its present run. */
function lastTermination(status: ContainerStatus): ContainerEvidence['lastTermination'] {
  const ended = status.state?.terminated ?? status.lastState?.terminated;
  if (ended === undefined) return undefined;
  const finishedAt = epochOf(ended.finishedAt);
  return {
    reason: ended.reason ?? '',
    exitCode: ended.exitCode,
    ...(finishedAt === undefined ? {} : { finishedAt }),
  };
}
