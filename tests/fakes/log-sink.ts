import { makeLogger } from '../../src/telemetry/logger.ts';
import type { Log } from '../../src/ports/log.ts';

export interface LogSink {
  readonly log: Log;
  /** Every line so far, parsed. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
}

/** A real logger whose lines can be read back as objects. */
export function makeLogSink(level: 'debug' | 'info' | 'warn' | 'error' = 'debug'): LogSink {
  const lines: Record<string, unknown>[] = [];
  const stream = {
    write(line: string): void {
      lines.push(JSON.parse(line) as Record<string, unknown>); // pino writes one JSON object a line.
    },
  };
  return { log: makeLogger({ level, stream }), lines };
}
