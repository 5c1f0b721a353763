import type { KnownKind } from '../domain/kubernetes.ts';
import type { Mode } from '../domain/policy.ts';
import { MODE_ANNOTATION } from '../domain/remedy.ts';
import { describeWorkload, type WorkloadRef } from '../domain/workload.ts';
import type { ClusterReader } from '../ports/cluster.ts';

/** A mode, or `off`: not even looked at. */
export type Caution = Mode | 'off';

const STRICTEST_FIRST: readonly Caution[] = ['off', 'observe', 'approve', 'auto'];

/** The more careful of two modes. */
export function stricter(a: Caution, b: Caution): Caution {
  return STRICTEST_FIRST.indexOf(a) <= STRICTEST_FIRST.indexOf(b) ? a : b;
}

/** What the annotations of a workload and of its namespace ask for: the more careful of the two, and where it stands. */
export interface AnnotatedMode {
  readonly caution: Caution;
  /** `annotation autoheal.io/mode=off on namespace shop`; empty where nobody annotated anything. */
  readonly from: string;
}

/**
 * Reads the annotations that can make AutoHeal more careful, as they stand now.
 *
 * @throws AutoHealError `PORT_*` when they cannot be read.
 */
export async function annotatedMode(cluster: ClusterReader, workload: WorkloadRef): Promise<AnnotatedMode> {
  const [ofWorkload, ofNamespace] = await Promise.all([
    annotationOf(cluster, workload),
    workload.namespace === '' ? undefined : namespaceAnnotation(cluster, workload.namespace),
  ]);
  const own = cautionOf(ofWorkload, describeWorkload(workload));
  const outer = cautionOf(ofNamespace, `namespace ${workload.namespace}`);
  return stricter(own.caution, outer.caution) === own.caution && own.from !== '' ? own : outer;
}

/** A value that is not a mode is somebody's wish that cannot be read: the most careful one is taken. */
function cautionOf(value: string | undefined, where: string): AnnotatedMode {
  if (value === undefined) return { caution: 'auto', from: '' };
  const wished = value.trim().toLowerCase();
  const caution = STRICTEST_FIRST.find((each) => each === wished) ?? 'off';
  return { caution, from: `annotation ${MODE_ANNOTATION}=${value.slice(0, 40)} on ${where}` };
}

const ANNOTATED_KINDS = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'Job',
  'CronJob',
  'Pod',
  'Node',
  'Namespace',
  'PersistentVolumeClaim',
] as const satisfies readonly KnownKind[];

/** Of Argo: the one custom kind that a remedy writes to as to a workload. */
const ROLLOUT = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout' } as const;

async function annotationOf(cluster: ClusterReader, workload: WorkloadRef): Promise<string | undefined> {
  const kind = ANNOTATED_KINDS.find((each) => each === workload.kind);
  if (workload.kind === ROLLOUT.kind) {
    const rollout = await cluster.getAny({ ...ROLLOUT, ...refOf(workload) });
    return rollout?.metadata.annotations?.[MODE_ANNOTATION];
  }
  // The annotations of other custom kinds are not read: no remedy writes to them, and their namespace's are.
  if (kind === undefined) return undefined;
  const object = await cluster.get(kind, refOf(workload));
  return object?.metadata.annotations?.[MODE_ANNOTATION];
}

async function namespaceAnnotation(cluster: ClusterReader, name: string): Promise<string | undefined> {
  const namespace = await cluster.get('Namespace', { name });
  return namespace?.metadata.annotations?.[MODE_ANNOTATION];
}

function refOf({ namespace, name }: WorkloadRef): { readonly namespace?: string; readonly name: string } {
  return namespace === '' ? { name } : { namespace, name };
}
