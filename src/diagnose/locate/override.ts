import type { Alert } from '../../domain/alert.ts';
import type { KnownKind } from '../../domain/kubernetes.ts';
import type { Location } from '../../domain/location.ts';
import { unlocated } from './answer.ts';
import type { Lookups } from './lookups.ts';
import { walkToTop } from './owners.ts';
import { isObjectName } from './subject-labels.ts';

/** The annotation or label by which a rule's author names the workload: `kind/namespace/name`. */
export const OVERRIDE = 'autoheal_target';

const KINDS: ReadonlyMap<string, KnownKind> = new Map(
  (['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Job', 'Pod', 'Node'] as const).map((kind) => [
    kind.toLowerCase(),
    kind,
  ]),
);

/**
 * The workload that a rule's author named; undefined where nobody did. One that does not exist is refused: what somebody
 * wrote down is not made up for by a guess.
 */
export async function targetOverride(cluster: Lookups, alert: Alert): Promise<Location | undefined> {
  const target = alert.annotations[OVERRIDE] ?? alert.labels[OVERRIDE];
  if (target === undefined) return undefined;
  const ref = parseTarget(target);
  if (ref === undefined) return unlocated('invalid-name', `${OVERRIDE} must be kind/namespace/name of a workload`);
  const { kind, ...at } = ref;
  const object = await cluster.get(kind, at);
  if (object === undefined) return unlocated('not-found', `${OVERRIDE} names ${kind} ${at.name}, which does not exist`);
  const say = (owners: string): string => `${OVERRIDE} names it${owners === '' ? '' : `, ${owners}`}`;
  const pods = kind === 'Pod' ? [at.name] : [];
  return walkToTop(cluster, { kind, object, builtIn: true }, { label: OVERRIDE, pods, say });
}

function parseTarget(
  target: string,
): { readonly kind: KnownKind; readonly namespace?: string; readonly name: string } | undefined {
  const [kindText = '', namespace = '', name = '', ...rest] = target.split('/');
  const kind = KINDS.get(kindText.toLowerCase());
  if (kind === undefined || rest.length > 0 || !isObjectName(name)) return undefined;
  if (kind === 'Node') return namespace === '' ? { kind, name } : undefined;
  return isObjectName(namespace) ? { kind, namespace, name } : undefined;
}
