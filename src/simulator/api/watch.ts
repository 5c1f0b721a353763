import type { Call } from './context.ts';
import type { Json } from './json.ts';
import { type Selection, readSelection } from './read.ts';
import { type ResourceType, apiVersionOf } from './resource-types.ts';
import { type BodyAnswer, Refusal, badRequest, expired } from './status.ts';
import type { ObjectChange, StoredObject } from './stored.ts';
import type { RunningWatch, WatchAnswer, WatchEvent } from './watch-answer.ts';
import { shownAs } from './write.ts';

const DEFAULT_TIMEOUT_SECONDS = 1_800;
/** What the real server cannot leave out of a pod that is empty. */
const EMPTY_POD: Json = { spec: { containers: null }, status: {} };
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** Answers a list with `watch=true`. */
export function watchObjects(call: Call): WatchAnswer | BodyAnswer {
  const selection = readSelection(call);
  if (selection instanceof Refusal) {
    return selection.answer;
  }
  const from = call.query['resourceVersion'] ?? '';
  if (!/^\d*$/.test(from)) {
    return badRequest(`resourceVersion: Invalid value: "${from}": strconv.ParseUint: invalid syntax`);
  }
  const timeout = Number(call.query['timeoutSeconds'] ?? DEFAULT_TIMEOUT_SECONDS);
  return {
    status: 200,
    watch: {
      timeoutSeconds: timeout > 0 ? timeout : DEFAULT_TIMEOUT_SECONDS,
      start: (emit, end) => run({ call, selection, emit, end }, Number(from)),
    },
  };
}

interface Watcher {
  readonly call: Call;
  readonly selection: Selection;
  readonly emit: (event: WatchEvent) => void;
  readonly end: () => void;
}

function run(watcher: Watcher, from: number): RunningWatch {
  const { call, emit, end } = watcher;
  const sendsState = from === 0 || call.query['sendInitialEvents'] === 'true';
  const missed = sendsState ? [] : call.store.changesSince(from);
  if (missed === 'gone') {
    const { body } = expired(`too old resource version: ${from} (${call.store.resourceVersion()})`);
    emit({ type: 'ERROR', object: typeof body === 'string' ? {} : body });
    end();
    return { bookmark: () => undefined, stop: () => undefined };
  }
  if (sendsState) {
    sendState(watcher);
  }
  for (const change of missed) {
    tell(watcher, change);
  }
  const unsubscribe = call.store.subscribe((change) => tell(watcher, change));
  return {
    bookmark: () => {
      if (call.query['allowWatchBookmarks'] === 'true') {
        emit(bookmarkOf(call, undefined));
      }
    },
    stop: unsubscribe,
  };
}

function sendState(watcher: Watcher): void {
  const { call, selection, emit } = watcher;
  for (const object of call.store.list(call.type.storedAs, { namespace: call.path.namespace, ...selection })) {
    emit({ type: 'ADDED', object: shownAs(call.type, object) });
  }
  if (call.query['sendInitialEvents'] === 'true' && call.query['allowWatchBookmarks'] === 'true') {
    emit(bookmarkOf(call, { [INITIAL_EVENTS_END]: 'true' }));
  }
}

function bookmarkOf(call: Call, annotations: Readonly<Record<string, string>> | undefined): WatchEvent {
  const { type } = call;
  const metadata = {
    resourceVersion: String(call.store.resourceVersion()),
    ...(annotations === undefined ? {} : { annotations }),
  };
  const empty = type.kind === 'Pod' ? EMPTY_POD : {};
  return { type: 'BOOKMARK', object: { kind: type.kind, apiVersion: apiVersionOf(type), metadata, ...empty } };
}

/** An object that enters the selection is ADDED to it, one that leaves it DELETED, whatever happened to the object itself. */
function tell(watcher: Watcher, change: ObjectChange): void {
  const { call, emit } = watcher;
  if (change.resource !== call.type.storedAs) {
    return;
  }
  const { object, previous } = change;
  const isIn = selects(watcher, object);
  if (change.type !== 'MODIFIED') {
    if (isIn) {
      emit({ type: change.type, object: shownAs(call.type, object) });
    }
    return;
  }
  const wasIn = previous !== undefined && selects(watcher, previous);
  if (isIn) {
    emit({ type: wasIn ? 'MODIFIED' : 'ADDED', object: shownAs(call.type, object) });
  } else if (wasIn) {
    emit({ type: 'DELETED', object: leftSelection(call.type, previous, object) });
  }
}

function leftSelection(type: ResourceType, previous: StoredObject, object: StoredObject): Json {
  const metadata = { ...previous.metadata, resourceVersion: object.metadata.resourceVersion };
  return shownAs(type, { ...previous, metadata });
}

function selects({ call, selection }: Watcher, object: StoredObject): boolean {
  const { namespace } = call.path;
  return (
    (namespace === undefined || object.metadata.namespace === namespace) &&
    (selection.labels?.(object.metadata.labels ?? {}) ?? true) &&
    (selection.fields?.(object) ?? true)
  );
}
