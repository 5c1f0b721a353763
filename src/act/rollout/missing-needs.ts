import { AutoHealError } from '../../domain/errors.ts';
import type { PodTemplate } from '../../domain/kubernetes.ts';
import type { Refusal } from '../../domain/remedy.ts';
import type { ClusterReader } from '../../ports/cluster.ts';
import type { Revision } from './revisions.ts';
import { keyOf, needsOf, type TemplateNeed } from './template-needs.ts';

/** What the pods of a revision would lack, as a refusal; undefined where everything is there. */
export type NeedsRefusal = (revision: Revision) => Promise<Refusal | undefined>;

/**
 * Checks whether what the template of an older revision refers to still exists. Secrets are looked for only where the present
 * template does without them, so that most rollbacks need no right to read any. Each object is asked for once.
 *
 * The check throws AutoHealError `PORT_*` when the cluster cannot be read.
 */
export function makeNeedsRefusal(cluster: ClusterReader, namespace: string, present: PodTemplate): NeedsRefusal {
  const inUse = new Set(needsOf(present).map(keyOf));
  const asked = new Map<string, Promise<'exists' | 'missing' | 'forbidden'>>();

  function look(need: TemplateNeed): Promise<'exists' | 'missing' | 'forbidden'> {
    const key = keyOf(need);
    const known = asked.get(key) ?? lookFor(cluster, namespace, need);
    asked.set(key, known);
    return known;
  }

  return async ({ revision, template }) => {
    for (const need of needsOf(template)) {
      if (need.kind === 'Secret' && inUse.has(keyOf(need))) continue;
      const found = await look(need);
      if (found === 'missing') return missing(revision, need, namespace);
      if (found === 'forbidden') return forbidden(revision, need, namespace);
    }
    return undefined;
  };
}

async function lookFor(
  cluster: ClusterReader,
  namespace: string,
  { kind, name }: TemplateNeed,
): Promise<'exists' | 'missing' | 'forbidden'> {
  try {
    return (await cluster.get(kind, { namespace, name })) === undefined ? 'missing' : 'exists';
  } catch (error) {
    if (error instanceof AutoHealError && error.code === 'PORT_AUTH') return 'forbidden';
    throw error;
  }
}

function missing(revision: number, { kind, name }: TemplateNeed, namespace: string): Refusal {
  return {
    code: 'revision-needs-missing',
    why: `revision ${revision} needs ${kind} ${namespace}/${name}, which does not exist any more`,
    suggest: `create ${kind} ${namespace}/${name} again, or roll a repaired version out`,
  };
}

function forbidden(revision: number, { kind, name }: TemplateNeed, namespace: string): Refusal {
  const resource = kind === 'Secret' ? 'secrets' : 'configmaps';
  return {
    code: 'forbidden',
    why: `AutoHeal may not get ${resource} in namespace ${namespace}, so it cannot tell whether ${kind} ${name} of revision ${revision} still exists`,
    suggest: `grant verbs ["get"] on resources ["${resource}"] of apiGroups [""] in namespace ${namespace}`,
  };
}
