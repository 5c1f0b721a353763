import type { Rendered } from '../../../k8s/tools/golden.ts';

interface Container {
  readonly name: string;
  readonly ports?: readonly { readonly name?: string }[];
  readonly volumeMounts?: readonly { readonly name: string }[];
  readonly securityContext?: {
    readonly allowPrivilegeEscalation?: boolean;
    readonly readOnlyRootFilesystem?: boolean;
    readonly privileged?: boolean;
    readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
    readonly seccompProfile?: { readonly type: string };
    readonly runAsNonRoot?: boolean;
  };
  readonly resources?: { readonly requests?: object; readonly limits?: object };
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly volumes?: readonly ({ readonly name: string } & Readonly<Record<string, unknown>>)[];
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly securityContext?: {
    readonly runAsNonRoot?: boolean;
    readonly runAsUser?: number;
    readonly seccompProfile?: { readonly type: string };
  };
}

export interface Workload {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly selector: Readonly<Record<string, string>>;
  readonly pod: PodSpec;
}

/** The Deployments among rendered objects, whose fields `problemsOf` has checked. */
export function workloadsOf(objects: readonly Rendered[]): readonly Workload[] {
  return objects.flatMap((object) => {
    if (object.kind !== 'Deployment') return [];
    const { metadata } = object;
    // A Deployment without problems has these.
    const spec = object['spec'] as {
      readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
      readonly template: {
        readonly metadata: { readonly labels: Readonly<Record<string, string>> };
        readonly spec: PodSpec;
      };
    };
    return {
      name: metadata.name,
      namespace: metadata.namespace ?? '',
      labels: spec.template.metadata.labels,
      selector: spec.selector.matchLabels,
      pod: spec.template.spec,
    };
  });
}

const ALLOWED_VOLUMES = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

/**
 * What the restricted Pod Security level would refuse, and one thing more: a root file system that can be written.
 * Source: Pod Security Standards of Kubernetes, level restricted.
 */
export function securityProblems(pod: PodSpec): readonly string[] {
  const { securityContext: own = {} } = pod;
  const checks: [boolean, string][] = [
    [pod.hostNetwork === true || pod.hostPID === true || pod.hostIPC === true, 'shares a namespace of its node'],
    [own.runAsUser === 0, 'runs as root'],
    ...(pod.volumes ?? []).map((volume): [boolean, string] => [
      Object.keys(volume).some((key) => key !== 'name' && !ALLOWED_VOLUMES.has(key)),
      `volume ${volume.name} is of a kind that is not allowed`,
    ]),
    ...pod.containers.flatMap(({ name, securityContext = {} }): [boolean, string][] => {
      const seccomp = securityContext.seccompProfile ?? own.seccompProfile;
      return [
        [securityContext.privileged === true, `${name} is privileged`],
        [securityContext.allowPrivilegeEscalation !== false, `${name} may escalate privileges`],
        [securityContext.readOnlyRootFilesystem !== true, `${name} may write its root file system`],
        [(securityContext.runAsNonRoot ?? own.runAsNonRoot) !== true, `${name} may run as root`],
        [securityContext.capabilities?.drop?.includes('ALL') !== true, `${name} keeps capabilities`],
        [
          (securityContext.capabilities?.add ?? []).some((each) => each !== 'NET_BIND_SERVICE'),
          `${name} adds capabilities`,
        ],
        [seccomp?.type !== 'RuntimeDefault' && seccomp?.type !== 'Localhost', `${name} has no seccomp profile`],
      ];
    }),
  ];
  return checks.filter(([wrong]) => wrong).map(([, problem]) => problem);
}
