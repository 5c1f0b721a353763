import { isIP } from 'node:net';
import type { KubernetesObject, Pod, PodTemplate } from '../../domain/kubernetes.ts';
import { podsBehind } from './behind.ts';
import type { Lookups } from './lookups.ts';
import { isObjectName, type SubjectLabels } from './subject-labels.ts';

/** Exporters that report on others than themselves. */
const REPORTS_ON_OTHERS = /(kube-state-metrics|node-exporter|blackbox-exporter)/;
const NAME_LABELS = ['app.kubernetes.io/name', 'k8s-app', 'app'] as const;

/** The kubelet has no pod: one that its metrics name is a pod of its node, which on the host's network has its address. */
const KUBELET_JOB = 'kubelet';

/** Whether the scrape was one of an exporter that reports on others, by the name of its job. */
export function exporterOfJob(labels: SubjectLabels): string | undefined {
  return REPORTS_ON_OTHERS.exec(labels.scraped('job') ?? '')?.[1];
}

/** Whether pods of this shape are such an exporter, by what they say of themselves: a job can be called anything. */
export function exporterOf({ metadata, spec }: Pod | PodTemplate): string | undefined {
  const texts = [
    ...NAME_LABELS.map((label) => metadata?.labels?.[label] ?? ''),
    ...spec.containers.flatMap(({ name, image = '' }) => [name, image]),
  ];
  return texts.map((text) => REPORTS_ON_OTHERS.exec(text)?.[1]).find((name) => name !== undefined);
}

/** The exporter that an owner's pods are; undefined for owners without a pod template. */
export function exporterOfOwner(
  owner: KubernetesObject & { readonly spec?: { readonly template?: PodTemplate } },
): string | undefined {
  const template = owner.spec?.template;
  return template === undefined ? undefined : exporterOf(template);
}

/**
 * Whether the pod that an alert names is only the exporter that was scraped, and not what the metric is about. It is told by
 * addresses first, for release names are anybody's choice; an exporter that is ill itself is a subject like any other.
 */
export async function isOnlyTheExporter(cluster: Lookups, pod: Pod, labels: SubjectLabels): Promise<boolean> {
  if (labels.source('pod') !== 'pod') return false; // The scrape's own pod stands in `pod`.
  if (labels.scraped('job') === KUBELET_JOB) return false;
  const byJob = exporterOfJob(labels) !== undefined;
  const byItself = exporterOf(pod) !== undefined;
  switch (await targetOf(cluster, pod, labels)) {
    case 'this-pod':
      return (byJob || byItself) && !isIllItself(pod, labels);
    case 'this-pod-for-another':
      return !isIllItself(pod, labels);
    case 'another':
      // An exporter that was restarted since has another address by now.
      return byJob && byItself && !isIllItself(pod, labels);
    case 'unknown':
      return byItself && !isIllItself(pod, labels);
  }
}

type ScrapeTarget =
  | 'this-pod'
  /** The pod was scraped, but `instance` was relabelled to something that is not this pod. */
  | 'this-pod-for-another'
  | 'another'
  | 'unknown';

async function targetOf(cluster: Lookups, pod: Pod, labels: SubjectLabels): Promise<ScrapeTarget> {
  const instance = labels.scraped('instance');
  const host = instance === undefined ? undefined : hostOf(instance);
  if (host !== undefined) return host === pod.status?.podIP ? 'this-pod' : 'another';
  const service = labels.scraped('service');
  if (service === undefined || !isObjectName(service)) return 'unknown';
  const behind = await podsBehind(cluster, { namespace: pod.metadata.namespace ?? '', name: service });
  if (!behind.some((each) => each.metadata.uid === pod.metadata.uid)) return 'another';
  const ownNames = [pod.metadata.name, pod.spec.nodeName, service];
  const named = instance === undefined || ownNames.includes(instance.replace(/:\d+$/, ''));
  return named ? 'this-pod' : 'this-pod-for-another';
}

/** The address of `ip:port`, `[ip6]:port` or a bare address; undefined where the instance is something else. */
export function hostOf(instance: string): string | undefined {
  const bracketed = /^\[([^\]]+)\](:\d+)?$/.exec(instance)?.[1];
  const host = bracketed ?? (isIP(instance) === 0 ? instance.replace(/:\d+$/, '') : instance);
  return isIP(host) === 0 ? undefined : host;
}

/** Whether the pod's own status shows what the alert says: then the label is the metric's, and the pod the subject. */
function isIllItself({ status }: Pod, labels: SubjectLabels): boolean {
  const container = labels.value('container');
  const reason = labels.value('reason');
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  const statuses = all.filter(({ name }) => container === undefined || name === container);
  if (reason !== undefined) {
    return statuses.some(({ state, lastState }) =>
      [state?.waiting?.reason, state?.terminated?.reason, lastState?.terminated?.reason].includes(reason),
    );
  }
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return statuses.some(({ state }) => state?.waiting !== undefined) || ready?.status === 'False';
}
