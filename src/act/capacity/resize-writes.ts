import type { Container, Pod } from '../../domain/kubernetes.ts';
import { ACTION_ID_ANNOTATION, type PlannedWrite } from '../../domain/remedy.ts';
import type { WorkloadRef } from '../../domain/workload.ts';
import { annotationPointer } from '../json-patch.ts';
import { isGuaranteed, limitOf } from './new-limit.ts';
import { markedMetadata, objectPath, type Rollout } from '../objects.ts';
import { RESIZED_ANNOTATION, type Resource } from './resize-record.ts';

/** A limit that is to be set. */
export interface NewLimit {
  readonly container: string;
  readonly resource: Resource;
  /** A quantity, as the API server writes it. */
  readonly quantity: string;
  /** The same in whole units. */
  readonly amount: number;
}

/**
 * The write that gives a running pod a higher limit without a restart; undefined where the pod has as much already, or cannot be
 * resized: where the cluster does that, the kubelet reports what each container has.
 */
export function podResize(pod: Pod, limit: NewLimit, actionId: string): PlannedWrite | undefined {
  const { metadata, spec, status } = pod;
  const at = spec.containers.findIndex(({ name }) => name === limit.container);
  const container = spec.containers[at];
  const reported = status?.containerStatuses?.find(({ name }) => name === limit.container);
  const present = container === undefined ? undefined : limitOf(container, limit.resource);
  if (container === undefined || present === undefined || present >= limit.amount) return undefined;
  if (status?.phase !== 'Running' || reported === undefined || !('resources' in reported)) return undefined;
  const { name, namespace = '', uid, resourceVersion } = metadata;
  const target = { kind: 'Pod', namespace, name };
  const path = `${objectPath(target)}/resize`;
  const change = changeOf(container, `/spec/containers/${at}`, limit, isGuaranteed(spec));
  return {
    target,
    uid,
    resourceVersion,
    write: {
      method: 'PATCH',
      path,
      contentType: 'application/strategic-merge-patch+json',
      // A resize leaves the metadata as it is: the mark is kept in the audit log of the API server and nowhere else.
      body: { metadata: markedMetadata(pod, actionId), spec: { containers: [change.container] } },
    },
    undo: { target, uid, path, expect: change.expect, restore: change.restore },
  };
}

/** The write that gives new pods of a workload the higher limit, and notes the raise on the workload. */
export function templateResize(
  target: WorkloadRef,
  { object }: Rollout,
  limit: NewLimit,
  marks: { readonly actionId: string; readonly record: string },
): PlannedWrite | undefined {
  const { uid, resourceVersion, annotations = {} } = object.metadata;
  const { spec } = object.spec.template;
  const at = spec.containers.findIndex(({ name }) => name === limit.container);
  const container = spec.containers[at];
  if (container === undefined) return undefined;
  const path = objectPath(target);
  const change = changeOf(container, `/spec/template/spec/containers/${at}`, limit, isGuaranteed(spec));
  const pointer = annotationPointer(RESIZED_ANNOTATION);
  return {
    target,
    uid,
    resourceVersion,
    write: {
      method: 'PATCH',
      path,
      contentType: 'application/strategic-merge-patch+json',
      body: {
        metadata: {
          uid,
          resourceVersion,
          annotations: { [ACTION_ID_ANNOTATION]: marks.actionId, [RESIZED_ANNOTATION]: marks.record },
        },
        spec: { template: { spec: { containers: [change.container] } } },
      },
    },
    undo: {
      target,
      uid,
      path,
      expect: { ...change.expect, [pointer]: marks.record },
      restore: { ...change.restore, [pointer]: annotations[RESIZED_ANNOTATION] ?? null },
    },
  };
}

interface Change {
  /** For a strategic patch, which finds the container by its name. */
  readonly container: object;
  readonly expect: Readonly<Record<string, unknown>>;
  readonly restore: Readonly<Record<string, unknown>>;
}

/** The request moves only where the pod would change its class otherwise, and only where it was set at all. */
function changeOf({ name, resources }: Container, at: string, limit: NewLimit, guaranteed: boolean): Change {
  const { resource, quantity } = limit;
  const limitAt = `${at}/resources/limits/${resource}`;
  const requestAt = `${at}/resources/requests/${resource}`;
  const request = resources?.requests?.[resource];
  const moves = guaranteed && request !== undefined;
  return {
    container: {
      name,
      resources: { limits: { [resource]: quantity }, ...(moves ? { requests: { [resource]: quantity } } : {}) },
    },
    // The place in the list is no name: what stands there must still be the same container.
    expect: { [`${at}/name`]: name, [limitAt]: quantity, ...(moves ? { [requestAt]: quantity } : {}) },
    restore: { [limitAt]: resources?.limits?.[resource] ?? null, ...(moves ? { [requestAt]: request } : {}) },
  };
}
