import type { PodTemplate } from '../../../domain/kubernetes.ts';
import { canonicalJson, templateHash } from '../hash.ts';
import type { Kinds } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import { comparableTemplate, ownerReference } from '../pods.ts';

type Owner = Kinds['statefulsets'] | Kinds['daemonsets'];
export type Revision = Kinds['controllerrevisions'];

/** How the two kinds label their ControllerRevisions differs: pods of a DaemonSet carry the hash, of a StatefulSet the name. */
export type RevisionStyle = 'statefulset' | 'daemonset';

/**
 * The ControllerRevision of a template, made where there is none. One that exists already is used again and then carries the
 * newest number, so a rolled back workload has its old revision under a new number. Source: kubernetes `controller/history`.
 */
export function ensureRevision(kit: Kit, owner: Owner, template: PodTemplate, style: RevisionStyle): Revision {
  const all = revisionsOf(kit, owner);
  const data = { spec: { template: { $patch: 'replace', ...template } } };
  const text = canonicalJson(data);
  const found = all.find((revision) => canonicalJson(revision.data) === text);
  const newest = Math.max(0, ...all.filter((revision) => revision !== found).map((revision) => revision.revision ?? 0));
  if (found === undefined) {
    return create(kit, owner, { data, number: newest + 1, style, hash: templateHash(comparableTemplate(template)) });
  }
  return (found.revision ?? 0) > newest
    ? found
    : (kit.update('controllerrevisions', { ...found, revision: newest + 1 }) ?? found);
}

/** The revisions of a workload, oldest number first. */
export function revisionsOf(kit: Kit, owner: Owner): readonly Revision[] {
  const revisions = [...kit.owned('controllerrevisions', owner.metadata.uid)];
  return revisions.sort((left, right) => (left.revision ?? 0) - (right.revision ?? 0));
}

/** The value of `controller-revision-hash` on the pods of a revision. */
export function podRevisionLabel(revision: Revision, style: RevisionStyle): string {
  return style === 'statefulset'
    ? revision.metadata.name
    : (revision.metadata.labels?.['controller-revision-hash'] ?? revision.metadata.name);
}

/** Removes the oldest revisions beyond the limit, but none that is still in use. */
export function trimRevisions(kit: Kit, owner: Owner, inUse: ReadonlySet<string>): void {
  const spare = revisionsOf(kit, owner).filter((revision) => !inUse.has(revision.metadata.name));
  const kept = owner.spec?.revisionHistoryLimit ?? 10;
  for (const revision of spare.slice(0, Math.max(0, spare.length - kept))) {
    kit.remove('controllerrevisions', revision.metadata.namespace, revision.metadata.name);
  }
}

function create(
  kit: Kit,
  owner: Owner,
  plan: { readonly data: object; readonly number: number; readonly style: RevisionStyle; readonly hash: string },
): Revision {
  const { hash, number } = plan;
  const label = plan.style === 'statefulset' ? 'controller.kubernetes.io/hash' : 'controller-revision-hash';
  return kit.create('controllerrevisions', {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${owner.metadata.name}-${hash}`,
      namespace: owner.metadata.namespace ?? 'default',
      labels: { ...owner.spec?.template?.metadata?.labels, [label]: hash },
      ...(plan.style === 'daemonset'
        ? { annotations: { 'deprecated.daemonset.template.generation': String(number) } }
        : {}),
      ownerReferences: [ownerReference(owner)],
    },
    data: plan.data,
    revision: number,
  });
}
