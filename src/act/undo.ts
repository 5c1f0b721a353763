import type { ClusterWrite } from '../domain/cluster-write.ts';
import type { KubernetesObject } from '../domain/kubernetes.ts';
import { ACTION_ID_ANNOTATION, type DeleteUndo, type Refusal, type RestoreUndo, type Undo } from '../domain/remedy.ts';
import { describeWorkload } from '../domain/workload.ts';
import type { Cluster, WriteAnswer } from '../ports/cluster.ts';
import { readTarget } from './effect.ts';
import { annotationOperation, neededAccess, valueAt } from './objects.ts';
import { sameJson } from './same-json.ts';

export type UndoAnswer =
  | { readonly kind: 'undone'; readonly detail: string }
  | { readonly kind: 'already-undone'; readonly detail: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** The write may have happened; it is not sent again. */
  | { readonly kind: 'unknown'; readonly detail: string };

/** The action that an undo belongs to, and the id that the undo's own write carries. */
export interface UndoIds {
  readonly actionId: string;
  readonly undoId: string;
}

/**
 * Takes a write back: restores exactly what it changed, or deletes what it created, in one write, and only while the object
 * is still the one that was changed and everything that the write left there still stands. Whatever else changed on it
 * since stays. The same undo a second time changes nothing.
 *
 * @throws AutoHealError `PORT_*` when the object cannot be read; nothing was sent then.
 */
export async function undo(what: Undo, cluster: Cluster, ids: UndoIds): Promise<UndoAnswer> {
  const name = describeWorkload(what.target);
  const object = await readTarget(cluster, what);
  const hindrance = await hindranceOf(what, object, ids);
  if (hindrance !== undefined) return hindrance;
  if (object === undefined) return changed(`${name} is gone`); // `hindranceOf` has said so already.
  const write = undoWrite(what, object, ids.undoId);
  const rehearsal = await cluster.send(write, { dryRun: true });
  if (rehearsal.kind === 'maybe') {
    return {
      kind: 'refused',
      refusal: { code: 'api-unavailable', why: `no answer to the dry run: ${rehearsal.message}` },
    };
  }
  if (rehearsal.kind === 'refused') return { kind: 'refused', refusal: refusalOf(rehearsal, write, 'dry-run-refused') };
  const answer = await cluster.send(write, { dryRun: false });
  switch (answer.kind) {
    case 'ok':
      return { kind: 'undone', detail: `${name} is as it was before` };
    case 'refused':
      return { kind: 'refused', refusal: refusalOf(answer, write, 'changed-since') };
    case 'maybe':
      return (await showsUndo(what, cluster, ids))
        ? { kind: 'undone', detail: `${name} is as it was before; the answer was lost, but the object shows it` }
        : { kind: 'unknown', detail: `the answer was lost (${answer.message}); the write is not sent again` };
  }
}

/** Why nothing is sent: it is undone already, or somebody changed the object. */
async function hindranceOf(
  what: Undo,
  object: KubernetesObject | undefined,
  ids: UndoIds,
): Promise<UndoAnswer | undefined> {
  const name = describeWorkload(what.target);
  if (isUndone(what, object, ids)) return { kind: 'already-undone', detail: `${name} shows the undo already` };
  if (object === undefined) return changed(`${name} is gone`);
  if (!isTheSame(what, object, ids)) return changed(`${name} is another object by now`);
  for (const [pointer, expected] of Object.entries(what.expect)) {
    // `null` expects that nothing is there.
    if (!sameJson(valueAt(object, pointer) ?? null, expected))
      return changed(`${pointer} of ${name} was changed since`);
  }
  return undefined;
}

function isUndone(what: Undo, object: KubernetesObject | undefined, ids: UndoIds): boolean {
  if (!isRestore(what)) return object === undefined || object.metadata.deletionTimestamp !== undefined;
  if (object === undefined || object.metadata.uid !== what.uid) return false;
  if (!isSubresource(what.path)) return carries(object, ids.undoId);
  // It takes no mark: what stands there tells.
  const values = Object.entries(what.restore);
  return values.length > 0 && values.every(([pointer, value]) => sameJson(valueAt(object, pointer) ?? null, value));
}

/** An object that AutoHeal created had no uid when the undo was written down: its mark tells that it is the one. */
function isTheSame({ uid }: Undo, object: KubernetesObject, { actionId }: UndoIds): boolean {
  return uid === '' ? carries(object, actionId) : object.metadata.uid === uid;
}

function isRestore(what: Undo): what is RestoreUndo {
  return what.kind === undefined || what.kind === 'restore';
}

function isSubresource(path: string): boolean {
  return /\/(scale|resize|status)$/.test(path);
}

function changed(why: string): UndoAnswer {
  return { kind: 'refused', refusal: { code: 'changed-since', why } };
}

function carries(object: KubernetesObject, id: string): boolean {
  return object.metadata.annotations?.[ACTION_ID_ANNOTATION] === id;
}

/** Whether the object shows the undo; false when it cannot be read. */
async function showsUndo(what: Undo, cluster: Cluster, ids: UndoIds): Promise<boolean> {
  try {
    return isUndone(what, await readTarget(cluster, what), ids);
  } catch {
    return false;
  }
}

function undoWrite(what: Undo, object: KubernetesObject, undoId: string): ClusterWrite {
  return isRestore(what) ? restoringWrite(what, object, undoId) : removingWrite(what, object, undoId);
}

function restoringWrite(what: RestoreUndo, object: KubernetesObject, undoId: string): ClusterWrite {
  const { uid, resourceVersion } = object.metadata;
  const operations: Readonly<Record<string, unknown>>[] = [
    { op: 'test', path: '/metadata/uid', value: uid },
    { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
  ];
  for (const [path, value] of Object.entries(what.restore)) {
    const present = valueAt(object, path) !== undefined;
    if (value !== null) operations.push({ op: present ? 'replace' : 'add', path, value });
    else if (present) operations.push({ op: 'remove', path });
  }
  // A subresource takes no annotations: there the restored values themselves are what shows.
  if (!isSubresource(what.path)) operations.push(annotationOperation(object, undoId));
  return { method: 'PATCH', path: what.path, contentType: 'application/json-patch+json', body: operations };
}

function removingWrite(what: DeleteUndo, object: KubernetesObject, undoId: string): ClusterWrite {
  const { uid, resourceVersion, name, namespace = '' } = object.metadata;
  const preconditions = { uid, resourceVersion };
  if (what.kind === 'delete') {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background', preconditions };
    return { method: 'DELETE', path: what.path, contentType: 'application/json', body };
  }
  return {
    method: 'POST',
    path: `${what.path}/eviction`,
    contentType: 'application/json',
    body: {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name, namespace, annotations: { [ACTION_ID_ANNOTATION]: undoId } },
      deleteOptions: { preconditions },
    },
  };
}

function refusalOf(
  answer: Extract<WriteAnswer, { kind: 'refused' }>,
  write: ClusterWrite,
  whenInvalid: 'dry-run-refused' | 'changed-since',
): Refusal {
  switch (answer.code) {
    case 'CONFLICT':
    case 'NOT_FOUND':
      return { code: 'changed-since', why: answer.message };
    case 'FORBIDDEN':
      return { code: 'forbidden', why: `AutoHeal may not ${neededAccess(write)}: ${answer.message}` };
    case 'INVALID':
      return { code: whenInvalid, why: answer.message };
    case 'BUDGET':
    case 'RATE_LIMITED':
    case 'OTHER':
      return { code: 'api-unavailable', why: `the API server answered ${answer.status}: ${answer.message}` };
  }
}
