import { errorText } from '../domain/errors.ts';
import type { KnownKind, KubernetesObject } from '../domain/kubernetes.ts';
import { ACTION_ID_ANNOTATION, type PlannedWrite } from '../domain/remedy.ts';
import { describeWorkload, type WorkloadRef } from '../domain/workload.ts';
import type { ClusterReader } from '../ports/cluster.ts';
import { valueAt } from './objects.ts';
import type { Effect } from './remedy.ts';
import { sameJson } from './same-json.ts';

/** A write, and the action id that it is marked with. */
export type MarkedWrite = PlannedWrite & { readonly actionId: string };

/**
 * Whether a write happened, told by the object. Never throws: what cannot be read is `unknown`.
 *
 * - An eviction shows in the pod being gone, replaced or terminating.
 * - A write to `/scale` or `/resize` cannot carry a mark: it shows in the values that its undo expects.
 * - Every other write shows in the action id that the object carries. One that creates shows in an object of that name that
 *   carries it.
 */
export async function effectOf(write: MarkedWrite, cluster: ClusterReader): Promise<Effect> {
  const name = describeWorkload(write.target);
  try {
    const object = await readTarget(cluster, write);
    if (write.write.path.endsWith('/eviction')) return evicted(object, write, name);
    if (object === undefined) return { kind: 'no', why: `${name} does not exist`, current: undefined };
    const { uid, resourceVersion, annotations } = object.metadata;
    const current = { uid, resourceVersion };
    if (write.uid !== '' && uid !== write.uid) {
      return { kind: 'no', why: `${name} is another object by now`, current };
    }
    if (/\/(scale|resize)$/.test(write.write.path)) return expected(object, write, name);
    return annotations?.[ACTION_ID_ANNOTATION] === write.actionId
      ? { kind: 'yes', why: `${name} carries ${write.actionId}` }
      : { kind: 'no', why: `${name} does not carry ${write.actionId}`, current };
  } catch (error) {
    return { kind: 'unknown', why: `${name} could not be read: ${errorText(error)}` };
  }
}

function evicted(pod: KubernetesObject | undefined, { uid }: PlannedWrite, name: string): Effect {
  if (pod === undefined) return { kind: 'yes', why: `${name} is gone` };
  const { metadata } = pod;
  if (metadata.uid !== uid) return { kind: 'yes', why: `${name} was replaced` };
  if (metadata.deletionTimestamp !== undefined) return { kind: 'yes', why: `${name} is terminating` };
  return {
    kind: 'no',
    why: `${name} still runs`,
    current: { uid: metadata.uid, resourceVersion: metadata.resourceVersion },
  };
}

function expected(object: KubernetesObject, { undo }: PlannedWrite, name: string): Effect {
  const values = Object.entries(undo?.expect ?? {});
  const { uid, resourceVersion } = object.metadata;
  return values.length > 0 && values.every(([pointer, value]) => sameJson(valueAt(object, pointer), value))
    ? { kind: 'yes', why: `${name} has the new values` }
    : { kind: 'no', why: `${name} has other values`, current: { uid, resourceVersion } };
}

/**
 * The object that a write or an undo is for, as it stands now; undefined where there is none.
 *
 * @throws AutoHealError `PORT_*`.
 */
export function readTarget(
  cluster: ClusterReader,
  { target, apiVersion }: { readonly target: WorkloadRef; readonly apiVersion?: string },
): Promise<KubernetesObject | undefined> {
  const { namespace, name, kind } = target;
  const ref = { name, ...(namespace === '' ? {} : { namespace }) };
  if (apiVersion !== undefined) return cluster.getAny({ ...ref, apiVersion, kind });
  const known = WRITABLE_KINDS.find((each) => each === kind);
  if (known === undefined) throw new TypeError(`no remedy writes to a ${kind}`);
  return cluster.get(known, ref);
}

const WRITABLE_KINDS = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'HorizontalPodAutoscaler',
  'Job',
  'Pod',
  'Service',
  'Node',
] as const satisfies readonly KnownKind[];
