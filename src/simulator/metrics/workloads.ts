import { conditions, created, gaugesOf, nameLabels, ownerSamples, STATUSES } from './gauges.ts';
import type { WorldView } from '../world/view.ts';
import { epochSeconds, gauge, oneOf, type Family } from './exposition.ts';

/** `kube_deployment_*` and `kube_replicaset_*`. */
export function deploymentFamilies({ kit }: WorldView): readonly Family[] {
  const deployments = kit.list('deployments');
  const sets = kit.list('replicasets');
  return [
    ...gaugesOf('deployment', deployments, [
      ['created', 'Unix creation timestamp', created],
      ['spec_replicas', 'Number of desired pods for a deployment.', (item) => item.spec?.replicas ?? 1],
      ['spec_paused', 'Whether the deployment is paused.', (item) => (item.spec?.paused === true ? 1 : 0)],
      [
        'metadata_generation',
        'Sequence number representing a specific generation of the desired state.',
        (item) => item.metadata.generation,
      ],
      [
        'status_observed_generation',
        'The generation observed by the deployment controller.',
        (item) => item.status?.observedGeneration,
      ],
      ['status_replicas', 'The number of replicas per deployment.', (item) => item.status?.replicas ?? 0],
      [
        'status_replicas_ready',
        'The number of ready replicas per deployment.',
        (item) => item.status?.readyReplicas ?? 0,
      ],
      [
        'status_replicas_available',
        'The number of available replicas per deployment.',
        (item) => item.status?.availableReplicas ?? 0,
      ],
      [
        'status_replicas_unavailable',
        'The number of unavailable replicas per deployment.',
        (item) => item.status?.unavailableReplicas ?? 0,
      ],
      [
        'status_replicas_updated',
        'The number of updated replicas per deployment.',
        (item) => item.status?.updatedReplicas ?? 0,
      ],
    ]),
    gauge(
      'kube_deployment_status_condition',
      'The current status conditions of a deployment.',
      conditions('deployment', deployments, (item) => item.status?.conditions),
    ),
    ...gaugesOf('replicaset', sets, [
      ['created', 'Unix creation timestamp', created],
      ['spec_replicas', 'Number of desired pods for a ReplicaSet.', (item) => item.spec?.replicas ?? 1],
      ['status_replicas', 'The number of replicas per ReplicaSet.', (item) => item.status?.replicas ?? 0],
      [
        'status_ready_replicas',
        'The number of ready replicas per ReplicaSet.',
        (item) => item.status?.readyReplicas ?? 0,
      ],
    ]),
    gauge(
      'kube_replicaset_owner',
      "Information about the ReplicaSet's owner.",
      sets.flatMap((set) => ownerSamples('replicaset', set)),
    ),
  ];
}

/** `kube_statefulset_*` and `kube_daemonset_*`. */
export function setFamilies({ kit }: WorldView): readonly Family[] {
  return [
    ...gaugesOf('statefulset', kit.list('statefulsets'), [
      ['created', 'Unix creation timestamp', created],
      ['replicas', 'Number of desired pods for a StatefulSet.', (item) => item.spec?.replicas ?? 1],
      [
        'metadata_generation',
        'Sequence number representing a specific generation of the desired state for the StatefulSet.',
        (item) => item.metadata.generation,
      ],
      [
        'status_observed_generation',
        'The generation observed by the StatefulSet controller.',
        (item) => item.status?.observedGeneration,
      ],
      ['status_replicas', 'The number of replicas per StatefulSet.', (item) => item.status?.replicas ?? 0],
      [
        'status_replicas_ready',
        'The number of ready replicas per StatefulSet.',
        (item) => item.status?.readyReplicas ?? 0,
      ],
      [
        'status_replicas_available',
        'The number of available replicas per StatefulSet.',
        (item) => item.status?.availableReplicas ?? 0,
      ],
      [
        'status_replicas_current',
        'The number of current replicas per StatefulSet.',
        (item) => item.status?.currentReplicas ?? 0,
      ],
      [
        'status_replicas_updated',
        'The number of updated replicas per StatefulSet.',
        (item) => item.status?.updatedReplicas ?? 0,
      ],
    ]),
    ...gaugesOf('daemonset', kit.list('daemonsets'), [
      ['created', 'Unix creation timestamp', created],
      [
        'metadata_generation',
        'Sequence number representing a specific generation of the desired state.',
        (item) => item.metadata.generation,
      ],
      [
        'status_observed_generation',
        'The most recent generation observed by the daemon set controller.',
        (item) => item.status?.observedGeneration,
      ],
      [
        'status_desired_number_scheduled',
        'The number of nodes that should be running the daemon pod.',
        (item) => item.status?.desiredNumberScheduled,
      ],
      [
        'status_current_number_scheduled',
        'The number of nodes running at least one daemon pod and are supposed to.',
        (item) => item.status?.currentNumberScheduled,
      ],
      [
        'status_number_misscheduled',
        'The number of nodes running a daemon pod but are not supposed to.',
        (item) => item.status?.numberMisscheduled,
      ],
      [
        'status_number_ready',
        'The number of nodes that should be running the daemon pod and have it ready.',
        (item) => item.status?.numberReady,
      ],
      [
        'status_number_available',
        'The number of nodes that should be running the daemon pod and have it available.',
        (item) => item.status?.numberAvailable ?? 0,
      ],
      [
        'status_number_unavailable',
        'The number of nodes that should be running the daemon pod and have none available.',
        (item) => item.status?.numberUnavailable ?? 0,
      ],
      [
        'status_updated_number_scheduled',
        'The total number of nodes that are running updated daemon pod.',
        (item) => item.status?.updatedNumberScheduled ?? 0,
      ],
    ]),
  ];
}

/** `kube_job_*` and `kube_cronjob_*`. */
export function jobFamilies({ kit }: WorldView): readonly Family[] {
  const jobs = kit.list('jobs');
  const ended = (type: string) =>
    jobs.flatMap((job) => {
      const condition = job.status?.conditions?.find((candidate) => candidate.type === type);
      return condition === undefined
        ? []
        : oneOf(nameLabels('job', job), 'condition', STATUSES, condition.status.toLowerCase());
    });
  return [
    ...gaugesOf('job', jobs, [
      ['created', 'Unix creation timestamp', created],
      ['status_active', 'The number of actively running pods.', (item) => item.status?.active ?? 0],
      ['status_succeeded', 'The number of pods which reached Phase Succeeded.', (item) => item.status?.succeeded ?? 0],
      [
        'status_failed',
        'The number of pods which reached Phase Failed and the reason for failure.',
        (item) => item.status?.failed ?? 0,
      ],
      [
        'status_start_time',
        'StartTime represents time when the job was acknowledged by the Job Manager.',
        (item) => epochSeconds(item.status?.startTime),
      ],
    ]),
    gauge(
      'kube_job_owner',
      "Information about the Job's owner.",
      jobs.flatMap((job) => ownerSamples('job', job)),
    ),
    gauge('kube_job_complete', 'The job has completed its execution.', ended('Complete')),
    gauge('kube_job_failed', 'The job has failed its execution.', ended('Failed')),
    ...gaugesOf('cronjob', kit.list('cronjobs'), [
      ['created', 'Unix creation timestamp', created],
      [
        'spec_suspend',
        'Suspend flag tells the controller to suspend subsequent executions.',
        (item) => (item.spec?.suspend === true ? 1 : 0),
      ],
      [
        'status_last_schedule_time',
        'LastScheduleTime keeps information of when was the last time the job was successfully scheduled.',
        (item) => epochSeconds(item.status?.lastScheduleTime),
      ],
    ]),
  ];
}
