import type { ContainerEvidence, PodEvidence } from '../../domain/diagnosis.ts';

/** Whether the pod has ended and will not run again. */
export function isFinished(pod: PodEvidence): boolean {
  return pod.phase === 'Succeeded' || pod.phase === 'Failed';
}

/** How much a pod deserves to be looked at first: named by an alert, then unhealthy, then often restarted. */
export function sickestFirst(pods: readonly PodEvidence[], named: readonly string[]): readonly PodEvidence[] {
  const weigh = (pod: PodEvidence): number => {
    const restarts = Math.min(
      pod.containers.reduce((sum, container) => sum + container.restarts, 0),
      999,
    );
    const sick = !pod.ready && pod.phase !== 'Succeeded';
    return (named.includes(pod.name) ? 10_000 : 0) + (sick ? 1_000 : 0) + restarts;
  };
  return pods
    .map((pod) => ({ pod, weight: weigh(pod) }))
    .sort((a, b) => b.weight - a.weight || a.pod.name.localeCompare(b.pod.name))
    .map(({ pod }) => pod);
}

/** Whether the container's last run ended badly and left a log to read. */
export function leftLogs(container: ContainerEvidence): boolean {
  return container.restarts > 0 && container.lastTermination !== undefined;
}
