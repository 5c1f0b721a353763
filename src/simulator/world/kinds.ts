import type {
  Condition,
  ContainerStatus,
  LabelSelector,
  PodSpec as DomainPodSpec,
  PodTemplate,
} from '../../domain/kubernetes.ts';
import type { StoredObject } from '../objects.ts';

/** The objects that the controllers work on, with the fields they read. Everything the API may leave out is optional. */

type Stored<Spec, Status> = StoredObject & { readonly spec?: Spec; readonly status?: Status };

export interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly effect?: string;
  readonly tolerationSeconds?: number;
}

export interface PodSpec extends DomainPodSpec {
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly restartPolicy?: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly tolerations?: readonly Toleration[];
}

export interface PodCondition extends Condition {
  readonly observedGeneration?: number | undefined;
  readonly lastProbeTime?: null;
}

export interface PodStatus {
  readonly phase?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly podIP?: string;
  readonly hostIP?: string;
  readonly startTime?: string;
  readonly qosClass?: string;
  readonly conditions?: readonly PodCondition[];
  readonly containerStatuses?: readonly ContainerStatus[];
}

export interface DeploymentSpec {
  readonly replicas?: number;
  readonly paused?: boolean;
  readonly minReadySeconds?: number;
  readonly revisionHistoryLimit?: number;
  readonly progressDeadlineSeconds?: number;
  readonly selector?: LabelSelector;
  readonly template?: PodTemplate;
  readonly strategy?: {
    readonly type?: string;
    readonly rollingUpdate?: { readonly maxSurge?: unknown; readonly maxUnavailable?: unknown };
  };
}

export interface DeploymentStatus {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly unavailableReplicas?: number;
  readonly terminatingReplicas?: number;
  readonly conditions?: readonly Condition[];
}

export interface ReplicaSetSpec {
  readonly replicas?: number;
  readonly minReadySeconds?: number;
  readonly selector?: LabelSelector;
  readonly template?: PodTemplate;
}

export interface ReplicaSetStatus {
  readonly replicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly terminatingReplicas?: number;
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
}

export interface StatefulSetSpec {
  readonly replicas?: number;
  readonly selector?: LabelSelector;
  readonly serviceName?: string;
  readonly template?: PodTemplate;
  readonly podManagementPolicy?: string;
  readonly updateStrategy?: { readonly type?: string; readonly rollingUpdate?: { readonly partition?: number } };
  readonly revisionHistoryLimit?: number;
  readonly volumeClaimTemplates?: readonly {
    readonly metadata: { readonly name: string };
    readonly spec?: Readonly<Record<string, unknown>>;
  }[];
}

export interface StatefulSetStatus {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly readyReplicas?: number;
  readonly currentReplicas?: number;
  readonly updatedReplicas?: number;
  readonly availableReplicas?: number;
  readonly currentRevision?: string;
  readonly updateRevision?: string;
}

export interface DaemonSetSpec {
  readonly selector?: LabelSelector;
  readonly template?: PodTemplate;
  readonly updateStrategy?: { readonly type?: string; readonly rollingUpdate?: { readonly maxUnavailable?: unknown } };
  readonly revisionHistoryLimit?: number;
}

export interface DaemonSetStatus {
  readonly currentNumberScheduled?: number;
  readonly numberMisscheduled?: number;
  readonly desiredNumberScheduled?: number;
  readonly numberReady?: number;
  readonly observedGeneration?: number;
  readonly updatedNumberScheduled?: number;
  readonly numberAvailable?: number;
  readonly numberUnavailable?: number;
}

export interface JobSpec {
  readonly completions?: number;
  readonly backoffLimit?: number;
  readonly selector?: LabelSelector;
  readonly template?: PodTemplate;
  readonly activeDeadlineSeconds?: number;
  readonly ttlSecondsAfterFinished?: number;
  readonly suspend?: boolean;
}

export interface JobStatus {
  readonly active?: number;
  readonly ready?: number;
  readonly succeeded?: number;
  readonly failed?: number;
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly conditions?: readonly Condition[];
}

export interface CronJobSpec {
  readonly schedule?: string;
  readonly suspend?: boolean;
  readonly jobTemplate?: { readonly spec?: JobSpec };
}

export interface AutoscalerSpec {
  readonly scaleTargetRef?: { readonly apiVersion?: string; readonly kind?: string; readonly name?: string };
  readonly minReplicas?: number;
  readonly maxReplicas?: number;
  readonly metrics?: readonly {
    readonly type?: string;
    readonly resource?: {
      readonly name?: string;
      readonly target?: { readonly type?: string; readonly averageUtilization?: number };
    };
  }[];
}

export interface AutoscalerStatus {
  readonly currentReplicas?: number;
  readonly desiredReplicas?: number;
  readonly lastScaleTime?: string;
  readonly conditions?: readonly Condition[];
}

export interface BudgetSpec {
  readonly selector?: LabelSelector;
  readonly minAvailable?: unknown;
  readonly maxUnavailable?: unknown;
}

export interface BudgetStatus {
  readonly observedGeneration?: number;
  readonly disruptionsAllowed?: number;
  readonly currentHealthy?: number;
  readonly desiredHealthy?: number;
  readonly expectedPods?: number;
  readonly disruptedPods?: Readonly<Record<string, string>>;
  readonly conditions?: readonly PodCondition[];
}

export interface Taint {
  readonly key: string;
  readonly effect: string;
  readonly timeAdded?: string;
}

export interface NodeSpecFields {
  readonly unschedulable?: boolean;
  readonly taints?: readonly Taint[];
}

export interface NodeStatus {
  readonly addresses?: readonly { readonly type: string; readonly address: string }[];
  readonly capacity?: Readonly<Record<string, string>>;
  readonly allocatable?: Readonly<Record<string, string>>;
  readonly conditions?: readonly (Condition & { readonly lastHeartbeatTime?: string })[];
  readonly nodeInfo?: Readonly<Record<string, string>>;
}

/** Of the Gateway API, as far as weights go. */
export interface RouteSpec {
  readonly rules?: readonly {
    readonly backendRefs?: readonly { readonly name: string; readonly namespace?: string; readonly weight?: number }[];
  }[];
}

/** Of KEDA, as far as bounds go. */
export interface ScaledObjectSpec {
  readonly scaleTargetRef?: { readonly apiVersion?: string; readonly kind?: string; readonly name?: string };
  readonly minReplicaCount?: number;
  readonly maxReplicaCount?: number;
}

/** Of Cluster API: so many nodes. */
export interface MachineDeploymentSpec {
  readonly replicas?: number;
}

export interface MachineDeploymentStatus {
  readonly replicas?: number;
  readonly readyReplicas?: number;
  readonly phase?: string;
}

/** Resource name -> the shape of its objects. */
export interface Kinds {
  readonly pods: Stored<PodSpec, PodStatus>;
  readonly deployments: Stored<DeploymentSpec, DeploymentStatus>;
  readonly replicasets: Stored<ReplicaSetSpec, ReplicaSetStatus>;
  readonly statefulsets: Stored<StatefulSetSpec, StatefulSetStatus>;
  readonly daemonsets: Stored<DaemonSetSpec, DaemonSetStatus>;
  readonly controllerrevisions: StoredObject & { readonly revision?: number; readonly data?: unknown };
  readonly jobs: Stored<JobSpec, JobStatus>;
  readonly cronjobs: Stored<CronJobSpec, { readonly lastScheduleTime?: string }>;
  readonly horizontalpodautoscalers: Stored<AutoscalerSpec, AutoscalerStatus>;
  readonly poddisruptionbudgets: Stored<BudgetSpec, BudgetStatus>;
  readonly nodes: Stored<NodeSpecFields, NodeStatus>;
  readonly namespaces: StoredObject;
  readonly configmaps: StoredObject;
  readonly secrets: StoredObject;
  readonly services: Stored<{ readonly selector?: Readonly<Record<string, string>> }, object>;
  readonly endpointslices: StoredObject & { readonly endpoints?: unknown; readonly ports?: unknown };
  readonly persistentvolumeclaims: Stored<{ readonly volumeName?: string }, { readonly phase?: string }>;
  readonly persistentvolumes: StoredObject;
  readonly resourcequotas: Stored<{ readonly hard?: Readonly<Record<string, string>> }, object>;
  readonly httproutes: Stored<RouteSpec, object>;
  readonly scaledobjects: Stored<ScaledObjectSpec, object>;
  readonly machinedeployments: Stored<MachineDeploymentSpec, MachineDeploymentStatus>;
  readonly events: StoredObject & {
    readonly lastTimestamp?: string | null;
    readonly eventTime?: string | null;
    readonly count?: number;
  };
}

export type ResourceName = keyof Kinds;
export type PodObject = Kinds['pods'];
export type NodeObject = Kinds['nodes'];
export type DeploymentObject = Kinds['deployments'];
export type ReplicaSetObject = Kinds['replicasets'];
