import type { Json } from './json.ts';

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: Json;
}

/** A running watch. */
export interface RunningWatch {
  /** Emits a BOOKMARK where the client allowed them: to be called now and then, and before a time-out ends the watch. */
  bookmark(): void;
  /** Stops without a further event. */
  stop(): void;
}

/** An answer that goes on: events as they come, until the time is up, the client leaves, or an ERROR ends it. */
export interface WatchAnswer {
  readonly status: 200;
  readonly headers?: Readonly<Record<string, string>>;
  readonly watch: {
    /** When the caller is to end the watch, after a last bookmark. */
    readonly timeoutSeconds: number;
    /** Begins with what the client has missed, at once. `end` is called when nothing can follow any more. */
    start(emit: (event: WatchEvent) => void, end: () => void): RunningWatch;
  };
}
