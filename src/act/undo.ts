import type { ClusterWrite, KubernetesObject } from '../domain/kubernetes.ts';
import { ACTION_ID_ANNOTATION, type Refusal, type Undo } from '../domain/remedy.ts';
import { describeWorkload } from '../domain/workload.ts';
import type { Cluster, WriteAnswer } from '../ports/cluster.ts';
import { annotationOperation, neededAccess, valueAt, writableKind } from './objects.ts';
import { sameJson } from './same-json.ts';

export type UndoAnswer =
  | { readonly kind: 'undone'; readonly detail: string }
  | { readonly kind: 'already-undone'; readonly detail: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** The write may have happened; it is not sent again. */
  | { readonly kind: 'unknown'; readonly detail: string };

/**
 * Takes an action back: restores exactly what the action changed, in one write, and only while the object is still the one
 * that was changed and everything that the action left there still stands. Whatever else changed on it since stays.
 *
 * @param actionId marks the write. The same id a second time changes nothing.
 * @throws AutoHealError `PORT_*` when the object cannot be read; nothing was sent then.
 */
export async function undo(what: Undo, cluster: Cluster, actionId: string): Promise<UndoAnswer> {
  const name = describeWorkload(what.target);
  const object = await cluster.get(writableKind(what.target.kind), what.target);
  if (object === undefined) return changed(`${name} is gone`);
  if (object.metadata.uid !== what.uid) return changed(`${name} is another object by now`);
  if (carries(object, actionId)) return { kind: 'already-undone', detail: `${name} carries ${actionId}` };
  for (const [pointer, expected] of Object.entries(what.expect)) {
    if (!sameJson(valueAt(object, pointer), expected)) return changed(`${pointer} of ${name} was changed since`);
  }
  const write = undoWrite(what, object, actionId);
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
      return (await showsUndo(what, cluster, actionId))
        ? { kind: 'undone', detail: `${name} is as it was before; the answer was lost, but it carries ${actionId}` }
        : { kind: 'unknown', detail: `the answer was lost (${answer.message}); the write is not sent again` };
  }
}

function changed(why: string): UndoAnswer {
  return { kind: 'refused', refusal: { code: 'changed-since', why } };
}

function carries(object: KubernetesObject, actionId: string): boolean {
  return object.metadata.annotations?.[ACTION_ID_ANNOTATION] === actionId;
}

/** Whether the object shows the undo; false when it cannot be read. */
async function showsUndo(what: Undo, cluster: Cluster, actionId: string): Promise<boolean> {
  try {
    const object = await cluster.get(writableKind(what.target.kind), what.target);
    return object !== undefined && object.metadata.uid === what.uid && carries(object, actionId);
  } catch {
    return false;
  }
}

function undoWrite(what: Undo, object: KubernetesObject, actionId: string): ClusterWrite {
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
  operations.push(annotationOperation(object, actionId));
  return { method: 'PATCH', path: what.path, contentType: 'application/json-patch+json', body: operations };
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
