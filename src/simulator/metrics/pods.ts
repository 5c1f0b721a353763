import type { Container } from '../../domain/kubernetes.ts';
import type { PodObject } from '../world/kinds.ts';
import { conditionOf, isTerminating } from '../world/pods.ts';
import { containerResources } from '../world/resources.ts';
import type { WorldView } from '../world/view.ts';
import { counter, epochSeconds, gauge, oneOf, type Family, type Labels, type Sample } from './exposition.ts';

const PHASES = ['Pending', 'Succeeded', 'Failed', 'Unknown', 'Running'];
const CONDITIONS = ['true', 'false', 'unknown'];

/** `kube_pod_*` as kube-state-metrics 2 names and labels them. */
export function podFamilies(view: WorldView): readonly Family[] {
  const pods = view.kit.list('pods');
  const perPod = (make: (pod: PodObject, labels: Labels) => readonly Sample[]): readonly Sample[] =>
    pods.flatMap((pod) => make(pod, labelsOf(pod)));
  return [
    gauge(
      'kube_pod_info',
      'Information about pod.',
      perPod((pod, labels) => [{ labels: infoLabels(pod, labels), value: 1 }]),
    ),
    gauge(
      'kube_pod_owner',
      "Information about the Pod's owner.",
      perPod((pod, labels) => [ownerSample(pod, labels)]),
    ),
    gauge(
      'kube_pod_created',
      'Unix creation timestamp',
      perPod((pod, labels) => at(labels, pod.metadata.creationTimestamp)),
    ),
    gauge(
      'kube_pod_deletion_timestamp',
      'Unix deletion timestamp',
      perPod((pod, labels) => (isTerminating(pod) ? at(labels, pod.metadata.deletionTimestamp) : [])),
    ),
    gauge(
      'kube_pod_status_phase',
      'The pods current phase.',
      perPod((pod, labels) => oneOf(labels, 'phase', PHASES, pod.status?.phase ?? 'Pending')),
    ),
    gauge(
      'kube_pod_status_ready',
      'Describes whether the pod is ready to serve requests.',
      perPod((pod, labels) => conditionSamples(pod, labels, 'Ready')),
    ),
    gauge(
      'kube_pod_status_scheduled',
      'Describes the status of the scheduling process for the pod.',
      perPod((pod, labels) => conditionSamples(pod, labels, 'PodScheduled')),
    ),
    gauge(
      'kube_pod_status_reason',
      'The pod status reasons',
      perPod((pod, labels) => REASONS.map((reason) => reasonSample(pod, labels, reason))),
    ),
    gauge(
      'kube_pod_status_unschedulable',
      'Describes the unschedulable status for the pod.',
      perPod((pod, labels) =>
        conditionOf(pod, 'PodScheduled')?.reason === 'Unschedulable' ? [{ labels, value: 1 }] : [],
      ),
    ),
    gauge(
      'kube_pod_spec_volumes_persistentvolumeclaims_info',
      'Information about persistentvolumeclaim volumes in a pod.',
      perPod((pod, labels) => claimSamples(pod, labels)),
    ),
    ...containerFamilies(perPod),
  ];
}

const REASONS = ['Evicted', 'NodeAffinity', 'NodeLost', 'Shutdown', 'UnexpectedAdmissionError'];

function reasonSample(pod: PodObject, labels: Labels, reason: string): Sample {
  return { labels: { ...labels, reason }, value: pod.status?.reason === reason ? 1 : 0 };
}

function labelsOf(pod: PodObject): Labels {
  return { namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name, uid: pod.metadata.uid };
}

function ownerOf(pod: PodObject): { readonly kind: string; readonly name: string } {
  return pod.metadata.ownerReferences?.find((owner) => owner.controller === true) ?? { kind: '', name: '' };
}

function infoLabels(pod: PodObject, labels: Labels): Labels {
  const owner = ownerOf(pod);
  return {
    ...labels,
    host_ip: pod.status?.hostIP ?? '',
    pod_ip: pod.status?.podIP ?? '',
    node: pod.spec?.nodeName ?? '',
    created_by_kind: owner.kind,
    created_by_name: owner.name,
    priority_class: '',
    host_network: 'false',
  };
}

function ownerSample(pod: PodObject, labels: Labels): Sample {
  const owner = ownerOf(pod);
  const owned = owner.name !== '';
  return {
    labels: { ...labels, owner_kind: owner.kind, owner_name: owner.name, owner_is_controller: owned ? 'true' : '' },
    value: 1,
  };
}

function at(labels: Labels, time: string | undefined): readonly Sample[] {
  const value = epochSeconds(time);
  return value === undefined ? [] : [{ labels, value }];
}

function conditionSamples(pod: PodObject, labels: Labels, type: string): readonly Sample[] {
  const condition = pod.status?.conditions?.find((candidate) => candidate.type === type);
  return condition === undefined ? [] : oneOf(labels, 'condition', CONDITIONS, condition.status.toLowerCase());
}

function claimSamples(pod: PodObject, labels: Labels): readonly Sample[] {
  return (pod.spec?.volumes ?? []).flatMap((volume) =>
    volume.persistentVolumeClaim === undefined
      ? []
      : [
          {
            labels: { ...labels, volume: volume.name, persistentvolumeclaim: volume.persistentVolumeClaim.claimName },
            value: 1,
          },
        ],
  );
}

type PerPod = (make: (pod: PodObject, labels: Labels) => readonly Sample[]) => readonly Sample[];
type ContainerStatus = NonNullable<NonNullable<PodObject['status']>['containerStatuses']>[number];

function containerFamilies(perPod: PerPod): readonly Family[] {
  const perStatus = (make: (status: ContainerStatus, labels: Labels) => readonly Sample[]): readonly Sample[] =>
    perPod((pod, labels) =>
      (pod.status?.containerStatuses ?? []).flatMap((status) => make(status, { ...labels, container: status.name })),
    );
  const flag = (holds: boolean) => (holds ? 1 : 0);
  const reason = (labels: Labels, value: string | undefined): readonly Sample[] =>
    value === undefined ? [] : [{ labels: { ...labels, reason: value }, value: 1 }];
  return [
    gauge(
      'kube_pod_container_info',
      'Information about a container in a pod.',
      perStatus((status, labels) => [
        { labels: { ...labels, image: status.image ?? '', image_spec: status.image ?? '' }, value: 1 },
      ]),
    ),
    gauge(
      'kube_pod_container_status_ready',
      'Describes whether the containers readiness check succeeded.',
      perStatus((status, labels) => [{ labels, value: flag(status.ready) }]),
    ),
    gauge(
      'kube_pod_container_status_running',
      'Describes whether the container is currently in running state.',
      perStatus((status, labels) => [{ labels, value: flag(status.state?.running !== undefined) }]),
    ),
    counter(
      'kube_pod_container_status_restarts_total',
      'The number of container restarts per container.',
      perStatus((status, labels) => [{ labels, value: status.restartCount }]),
    ),
    gauge(
      'kube_pod_container_status_waiting_reason',
      'Describes the reason the container is currently in waiting state.',
      perStatus((status, labels) => reason(labels, status.state?.waiting?.reason)),
    ),
    gauge(
      'kube_pod_container_status_terminated_reason',
      'Describes the reason the container is currently in terminated state.',
      perStatus((status, labels) => reason(labels, status.state?.terminated?.reason)),
    ),
    gauge(
      'kube_pod_container_status_last_terminated_reason',
      'Describes the last reason the container was in terminated state.',
      perStatus((status, labels) => reason(labels, status.lastState?.terminated?.reason)),
    ),
    gauge(
      'kube_pod_container_status_last_terminated_exitcode',
      'Describes the exit code for the last container in terminated state.',
      perStatus((status, labels) =>
        status.lastState?.terminated === undefined ? [] : [{ labels, value: status.lastState.terminated.exitCode }],
      ),
    ),
    gauge(
      'kube_pod_container_resource_requests',
      'The number of requested request resource by a container.',
      resourceSamples(perPod, 'Request'),
    ),
    gauge(
      'kube_pod_container_resource_limits',
      'The number of requested limit resource by a container.',
      resourceSamples(perPod, 'Limit'),
    ),
  ];
}

function resourceSamples(perPod: PerPod, which: 'Request' | 'Limit'): readonly Sample[] {
  return perPod((pod, labels) =>
    (pod.spec?.containers ?? []).flatMap((container: Container) => {
      const resources = containerResources(container);
      const shared = { ...labels, container: container.name, node: pod.spec?.nodeName ?? '' };
      const samples = [
        { labels: { ...shared, resource: 'cpu', unit: 'core' }, value: resources[`cpu${which}`] },
        { labels: { ...shared, resource: 'memory', unit: 'byte' }, value: resources[`memory${which}`] },
      ];
      return samples.filter(({ value }) => Number.isFinite(value) && value > 0);
    }),
  );
}
