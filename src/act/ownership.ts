import type { KubernetesObject } from '../domain/kubernetes.ts';
import type { Refusal } from '../domain/remedy.ts';

const GITOPS_PREFIXES = ['argocd.argoproj.io/', 'kustomize.toolkit.fluxcd.io/', 'helm.toolkit.fluxcd.io/'] as const;
const GITOPS_MANAGERS: ReadonlySet<string> = new Set([
  'argocd-controller',
  'argocd-application-controller',
  'kustomize-controller',
  'helm-controller',
]);

/** What a workload shows of who owns its spec, from an object or from the evidence. */
export interface OwnershipMarks {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly managers: readonly string[];
}

export function marksOf(object: KubernetesObject): OwnershipMarks {
  const { labels = {}, annotations = {}, managedFields = [] } = object.metadata;
  return { labels, annotations, managers: managedFields.flatMap((field) => field.manager ?? []) };
}

/** The refusal where a GitOps controller owns the spec: it would put back what AutoHeal changes, within seconds. */
export function gitOpsRefusal(marks: OwnershipMarks): Refusal | undefined {
  const mark = gitOpsMark(marks);
  if (mark === undefined) return undefined;
  return { code: 'gitops-owned', why: `a GitOps controller owns it (${mark}): change it in Git` };
}

function gitOpsMark(marks: OwnershipMarks): string | undefined {
  const keys = [...Object.keys(marks.labels), ...Object.keys(marks.annotations)];
  const key = keys.find((each) => GITOPS_PREFIXES.some((prefix) => each.startsWith(prefix)));
  return key ?? marks.managers.find((manager) => GITOPS_MANAGERS.has(manager));
}
