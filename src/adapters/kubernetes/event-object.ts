import type { ClusterEventRecord } from '../../ports/cluster.ts';

/** The API server counts bytes, and refuses an Event with a longer note. */
const MAX_NOTE_BYTES = 1024;
const MAX_WORD_LENGTH = 128;

/** Events about objects without a namespace live in this one. */
const CLUSTER_EVENTS_NAMESPACE = 'default';

/** An Event of `events.k8s.io/v1` for an `ClusterEventRecord`, and the namespace to create it in. */
export function eventObject(event: ClusterEventRecord): { readonly namespace: string; readonly object: object } {
  const { regarding, type, reason, action, note, at } = event;
  const namespace = regarding.namespace === '' ? CLUSTER_EVENTS_NAMESPACE : regarding.namespace;
  const { namespace: within, ...named } = regarding;
  return {
    namespace,
    object: {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { generateName: 'autoheal-', namespace },
      eventTime: microTime(at),
      reportingController: 'autoheal.io/controller',
      reportingInstance: 'autoheal',
      action: action.slice(0, MAX_WORD_LENGTH),
      reason: reason.slice(0, MAX_WORD_LENGTH),
      type,
      note: cutBytes(note, MAX_NOTE_BYTES),
      regarding: within === '' ? named : regarding,
    },
  };
}

/** RFC 3339 with microseconds: the API server refuses an `eventTime` without them. */
function microTime(at: number): string {
  return new Date(at).toISOString().replace('Z', '000Z');
}

/** At most so many bytes of UTF-8, cut between characters. */
function cutBytes(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1; // 10xxxxxx continues a character.
  return bytes.subarray(0, end).toString();
}
