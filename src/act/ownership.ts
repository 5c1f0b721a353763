import { cleanLine } from '../domain/clean-text.ts';
import type { KubernetesObject, OwnerReference } from '../domain/kubernetes.ts';
import type { Refusal } from '../domain/remedy.ts';

/** What a workload shows of who owns its spec, from an object or from the evidence. */
export interface OwnershipMarks {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly managers: readonly string[];
  /** Kinds of the owner references; evidence knows no more of them. */
  readonly ownerKinds?: readonly string[];
  /** The owner references themselves, where the object was read. */
  readonly owners?: readonly OwnerReference[];
}

export function marksOf(object: KubernetesObject): OwnershipMarks {
  const { labels = {}, annotations = {}, managedFields = [], ownerReferences = [] } = object.metadata;
  const managers = managedFields.flatMap((field) => field.manager ?? []);
  return { labels, annotations, managers, owners: ownerReferences };
}

/**
 * The refusal where somebody else writes the spec and would put back what AutoHeal changes: a GitOps controller
 * (`gitops-owned`), or the operator of a custom resource (`operator-owned`). Says where the change has to be made instead.
 */
export function gitOpsRefusal(marks: OwnershipMarks): Refusal | undefined {
  const gitOps = gitOpsOwner(marks);
  if (gitOps !== undefined) {
    const named = gitOps.name === undefined ? '' : ` (${gitOps.name})`;
    return {
      code: 'gitops-owned',
      why: `${gitOps.tool} owns it (${cleanLine(gitOps.mark, MAX_NAME)}) and would put it back`,
      suggest: `change it in Git, or revert the commit there${named}`,
    };
  }
  const operator = operatorOf(marks);
  if (operator === undefined) return undefined;
  const owner = cleanLine(operator, MAX_NAME);
  return {
    code: 'operator-owned',
    why: `it belongs to ${owner}, whose operator would put it back`,
    suggest: `change ${owner} instead`,
  };
}

/**
 * What people must know about a workload that plain Helm installed: nobody puts a change back at once, but the next upgrade
 * does. Undefined where Helm has no part in it.
 */
export function helmNote({ labels, annotations }: OwnershipMarks): string | undefined {
  const release = annotations['meta.helm.sh/release-name'];
  if (release === undefined && labels['app.kubernetes.io/managed-by'] !== 'Helm') return undefined;
  const named = release === undefined ? '' : ` of release ${cleanLine(release, MAX_NAME)}`;
  return `the next helm upgrade${named} overwrites it`;
}

/** Names come from labels and annotations: a longer one is nobody's real name. */
const MAX_NAME = 100;

interface GitOpsOwner {
  readonly tool: 'Argo CD' | 'Flux';
  /** The label, annotation or field manager that shows it. */
  readonly mark: string;
  /** `Argo CD application shop`, where the marks tell. */
  readonly name?: string;
}

function gitOpsOwner(marks: OwnershipMarks): GitOpsOwner | undefined {
  for (const { tool, prefix, manager, nameOf } of CONTROLLERS) {
    const keys = [...Object.keys(marks.labels), ...Object.keys(marks.annotations)];
    const mark = keys.find((key) => key.startsWith(prefix)) ?? marks.managers.find((each) => manager.has(each));
    if (mark === undefined) continue;
    const name = nameOf(marks);
    return { tool, mark, ...(name === undefined ? {} : { name }) };
  }
  return undefined;
}

const CONTROLLERS: readonly {
  readonly tool: GitOpsOwner['tool'];
  readonly prefix: string;
  readonly manager: ReadonlySet<string>;
  readonly nameOf: (marks: OwnershipMarks) => string | undefined;
}[] = [
  {
    tool: 'Argo CD',
    prefix: 'argocd.argoproj.io/',
    manager: new Set(['argocd-controller', 'argocd-application-controller']),
    nameOf: argoApplication,
  },
  {
    tool: 'Flux',
    prefix: 'kustomize.toolkit.fluxcd.io/',
    manager: new Set(['kustomize-controller']),
    nameOf: (marks) => fluxObject(marks, 'Kustomization', 'kustomize.toolkit.fluxcd.io/'),
  },
  {
    tool: 'Flux',
    prefix: 'helm.toolkit.fluxcd.io/',
    manager: new Set(['helm-controller']),
    nameOf: (marks) => fluxObject(marks, 'HelmRelease', 'helm.toolkit.fluxcd.io/'),
  },
];

/** By the label, or the tracking id `APPLICATION:GROUP/KIND:NAMESPACE/NAME`. Source: Argo CD, resource tracking. */
function argoApplication({ labels, annotations }: OwnershipMarks): string | undefined {
  const name =
    labels['argocd.argoproj.io/instance'] ??
    annotations['argocd.argoproj.io/instance'] ??
    annotations['argocd.argoproj.io/tracking-id']?.split(':')[0];
  return name === undefined || name === '' ? undefined : `Argo CD application ${cleanLine(name, MAX_NAME)}`;
}

function fluxObject({ labels }: OwnershipMarks, kind: string, prefix: string): string | undefined {
  const name = labels[`${prefix}name`];
  if (name === undefined) return undefined;
  const namespace = labels[`${prefix}namespace`];
  return cleanLine(`${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`, MAX_NAME);
}

/** Kinds that own workloads and are none of an operator's. */
const BUILT_IN: ReadonlySet<string> = new Set([
  'Deployment',
  'ReplicaSet',
  'ReplicationController',
  'StatefulSet',
  'DaemonSet',
  'CronJob',
  'Job',
  'Pod',
  'Node',
]);

/** Owns Deployments and puts them back without calling itself their controller. Source: Operator Lifecycle Manager. */
const OWNS_WITHOUT_CONTROLLING = 'ClusterServiceVersion';

/**
 * The custom resource that controls an object, as people write it. Evidence does not say which owner is the controlling one:
 * there any custom owner counts, rather too careful than not enough.
 */
function operatorOf({ ownerKinds = [], owners }: OwnershipMarks): string | undefined {
  if (owners === undefined) return ownerKinds.find((kind) => !BUILT_IN.has(kind));
  const owner = owners.find(
    ({ apiVersion, kind, controller }) =>
      (controller === true || kind === OWNS_WITHOUT_CONTROLLING) && (!BUILT_IN.has(kind) || isCustomGroup(apiVersion)),
  );
  return owner === undefined ? undefined : `${owner.kind} ${owner.name}`;
}

/** Other groups have a `StatefulSet` of their own. Kubernetes' own groups of workloads have no dot in them. */
function isCustomGroup(apiVersion: string): boolean {
  const [group = ''] = apiVersion.includes('/') ? apiVersion.split('/') : [];
  return group.includes('.');
}
