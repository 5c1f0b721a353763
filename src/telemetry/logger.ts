import { pino, type DestinationStream, type Logger } from 'pino';
import type { Log } from '../ports/log.ts';

const SECRETS = ['token', 'password', 'authorization', '*.token', '*.password', '*.authorization', 'headers.cookie'];

/**
 * JSON lines: fields first, then a constant message. Secrets are redacted by name, credentials in URLs by shape.
 *
 * @param options.stream where the lines go; stdout unless given
 */
export function makeLogger(options: {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly stream?: DestinationStream;
}): Log {
  const settings = {
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: SECRETS, censor: '[redacted]' },
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (fields: Record<string, unknown>) => Object.fromEntries(Object.entries(fields).map(withoutUserinfo)),
    },
  };
  return wrap(options.stream === undefined ? pino(settings) : pino(settings, options.stream));
}

function wrap(logger: Logger): Log {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    child: (fields) => wrap(logger.child(fields)),
  };
}

function withoutUserinfo([name, value]: [string, unknown]): [string, unknown] {
  if (typeof value !== 'string' || !value.includes('@')) return [name, value];
  return [name, value.replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/)[^/\s@]+@/gi, '$1[redacted]@')];
}
