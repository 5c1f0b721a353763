import type { Json } from './json.ts';
import type { ResourceType } from './resource-types.ts';

/** The names of an Event's fields: in events.k8s.io, and in the core API, which is how the store keeps them. */
const NAMES: readonly (readonly [string, string])[] = [
  ['regarding', 'involvedObject'],
  ['note', 'message'],
  ['reportingController', 'reportingComponent'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
];
const TO_CORE: ReadonlyMap<string, string> = new Map(NAMES);
const FROM_CORE: ReadonlyMap<string, string> = new Map(NAMES.map(([ours, core]) => [core, ours]));

/** The object as the store keeps it, from how the request's API writes it. */
export function toStored(type: ResourceType, object: Json): Json {
  if (type.storedAs !== 'events') {
    return object;
  }
  const core = type.group === 'events.k8s.io' ? renamed(object, TO_CORE) : object;
  // The server answers these even where they were not given.
  const defaults = { involvedObject: {}, source: {}, firstTimestamp: null, lastTimestamp: null, eventTime: null };
  return { ...defaults, reportingComponent: '', reportingInstance: '', ...core, apiVersion: 'v1', kind: 'Event' };
}

/** The object as the request's API shows it, from how the store keeps it. */
export function fromStored(type: ResourceType, object: Json): Json {
  if (type.storedAs !== 'events' || type.group !== 'events.k8s.io') {
    return object;
  }
  return { ...renamed(object, FROM_CORE), apiVersion: 'events.k8s.io/v1', kind: 'Event' };
}

function renamed(object: Json, names: ReadonlyMap<string, string>): Json {
  return Object.fromEntries(Object.entries(object).map(([field, value]) => [names.get(field) ?? field, value]));
}
