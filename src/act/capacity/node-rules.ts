import type { Node, PodSpec } from '../../domain/kubernetes.ts';
import { holds, selects } from '../../domain/label-selector.ts';
import { fieldOf, fieldsOf, listOf } from './pod-requests.ts';

/** What decides on where a pod may start. */
export interface PodToPlace {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
}

/** The rule by which a node takes no such pod, whatever runs there; undefined where there is none. */
export function hindranceOnNode({ spec }: PodToPlace, node: Node): string | undefined {
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status !== 'True') return 'not ready';
  if (node.spec?.unschedulable === true) return 'cordoned';
  const taint = untolerated(spec, node);
  if (taint !== undefined) return `tainted (${taint})`;
  if (!isSelected(spec, node)) return 'not selected by the pod (node selector or affinity)';
  return undefined;
}

function untolerated(spec: PodSpec, node: Node): string | undefined {
  const taint = node.spec?.taints?.find(
    (each) =>
      (each.effect === 'NoSchedule' || each.effect === 'NoExecute') &&
      !listOf(spec['tolerations']).some((toleration) => tolerates(toleration, each)),
  );
  return taint?.key;
}

type Taint = NonNullable<NonNullable<Node['spec']>['taints']>[number];

function tolerates(toleration: unknown, taint: Taint): boolean {
  const { effect = '', key = '', operator = 'Equal', value = '' } = fieldsOf(toleration);
  if (effect !== '' && effect !== taint.effect) return false;
  if (operator === 'Exists') return key === '' || key === taint.key;
  return operator === 'Equal' && key === taint.key && value === (taint.value ?? '');
}

function isSelected(spec: PodSpec, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  for (const [key, value] of Object.entries(fieldsOf(spec, 'nodeSelector'))) {
    if (labels[key] !== value) return false;
  }
  const required = fieldOf(fieldsOf(spec, 'affinity', 'nodeAffinity'), REQUIRED);
  if (required === undefined || required === null) return true;
  const terms = listOf(fieldOf(required, 'nodeSelectorTerms'));
  return terms.some((term) => matchesTerm(term, node));
}

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';

/** A term without any requirement selects nothing. */
function matchesTerm(term: unknown, node: Node): boolean {
  const expressions = listOf(fieldOf(term, 'matchExpressions'));
  const fields = listOf(fieldOf(term, 'matchFields'));
  if (expressions.length + fields.length === 0) return false;
  const labels = node.metadata.labels ?? {};
  const known = { 'metadata.name': node.metadata.name };
  return expressions.every((each) => meets(each, labels)) && fields.every((each) => meets(each, known));
}

/** An operator that is not known holds nowhere: better no node than the wrong one. */
function meets(expression: unknown, labels: Readonly<Record<string, string>>): boolean {
  const value = labels[String(fieldOf(expression, 'key'))];
  const values = listOf(fieldOf(expression, 'values'));
  const operator = fieldOf(expression, 'operator');
  const known = holds(operator, value, values);
  if (known !== undefined) return known;
  const [bound] = values;
  if (operator === 'Gt') return value !== undefined && integer(value) > integer(bound);
  if (operator === 'Lt') return value !== undefined && integer(value) < integer(bound);
  return false;
}

/** NaN for what is no whole number: no comparison holds for it. */
function integer(text: unknown): number {
  return typeof text === 'string' && /^[+-]?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
}

/** The parts of a cluster that a pod must not share, by topology key: node names, zones. */
export type ApartFrom = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Where required anti-affinity keeps a pod away: its own terms against the pods that are there, and theirs against it, as the
 * scheduler judges.
 */
export function apartFrom(
  pod: PodToPlace,
  rooms: readonly { readonly node: Node; readonly pods: readonly PodToPlace[] }[],
): ApartFrom {
  const own = antiAffinityOf(pod);
  const found = new Map<string, Set<string>>();
  for (const { node, pods } of rooms) {
    const against = pods.flatMap((other) => [
      ...own.filter((term) => means(term, pod, other)),
      ...antiAffinityOf(other).filter((term) => means(term, other, pod)),
    ]);
    for (const term of against) {
      const key = String(fieldOf(term, 'topologyKey'));
      const domain = domainOf(node, key);
      if (domain !== undefined) found.set(key, (found.get(key) ?? new Set()).add(domain));
    }
  }
  return found;
}

/** The rule that keeps a pod away from a node that anti-affinity says it must not share; undefined where none does. */
export function apartOn(node: Node, apart: ApartFrom): string | undefined {
  for (const [key, domains] of apart) {
    const domain = domainOf(node, key);
    if (domain !== undefined && domains.has(domain)) return `a pod is there that it must be apart from (${key})`;
  }
  return undefined;
}

function antiAffinityOf({ spec }: PodToPlace): readonly unknown[] {
  return listOf(fieldOf(fieldsOf(spec, 'affinity', 'podAntiAffinity'), REQUIRED));
}

/** Whether an anti-affinity term of one pod means another. Namespaces that are chosen by their labels may be any. */
function means(term: unknown, owner: PodToPlace, other: PodToPlace): boolean {
  const selector = fieldOf(term, 'labelSelector');
  if (typeof selector !== 'object' || selector === null) return false;
  const namespaces = listOf(fieldOf(term, 'namespaces'));
  const chosen = fieldOf(term, 'namespaceSelector') !== undefined;
  const there = namespaces.length === 0 && !chosen ? [owner.namespace] : namespaces;
  if (!chosen && !there.includes(other.namespace)) return false;
  return selects(selector, other.labels);
}

function domainOf({ metadata }: Node, key: string): string | undefined {
  return metadata.labels?.[key] ?? (key === 'kubernetes.io/hostname' ? metadata.name : undefined);
}
