import type { Alert } from '../../domain/alert.ts';
import type { KnownKind } from '../../domain/kubernetes.ts';
import type { Location } from '../../domain/location.ts';
import type { ClusterReader } from '../../ports/cluster.ts';
import { unlocated } from './answer.ts';
import { walkToTop } from './owners.ts';
import { isObjectName } from './subject-labels.ts';

const OVERRIDE = 'autoheal_target';

const KINDS: ReadonlyMap<string, KnownKind> = new Map(
  (['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Job', 'Pod', 'Node'] as const).map((kind) => [
    kind.toLowerCase(),
    kind,
  ]),
);

/** The workload that a rule's author named by `autoheal_target: kind/namespace/name`; undefined where nobody did. */
export async function targetOverride(cluster: ClusterReader, alert: Alert): Promise<Location | undefined> {
  const target = alert.annotations[OVERRIDE] ?? alert.labels[OVERRIDE];
  if (target === undefined) return undefined;
  const ref = parseTarget(target);
  if (ref === undefined) return unlocated('invalid-name', `${OVERRIDE} must be kind/namespace/name of a workload`);
  const { kind, ...at } = ref;
  const object = await cluster.get(kind, at);
  if (object === undefined) return unlocated('not-found', `${OVERRIDE} names ${target}, which does not exist`);
  const pods = kind === 'Pod' ? [at.name] : [];
  return walkToTop(cluster, { kind, object }, { label: OVERRIDE, text: `${OVERRIDE} names it`, pods });
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
