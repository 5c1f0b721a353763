import { pino, type DestinationStream, type Logger } from 'pino';
import type { Log } from '../ports/log.ts';

/** Names of fields that hold a secret, however they are written: `slackToken`, `Authorization`, `client_secret`. */
const SECRET_NAME = /(token|password|passwd|authorization|secret|cookie)$/i;
const REDACTED = '[redacted]';
/** Fields are a few levels deep; what lies deeper is not written at all, so nothing of it can leak. */
const MAX_DEPTH = 6;

/**
 * JSON lines: fields first, then a constant message. At any depth secrets are redacted by name, credentials in URLs by shape.
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
    formatters: {
      level: (label: string) => ({ level: label }),
      log: withoutSecrets,
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
    // The formatter of fields does not see those of a child.
    child: (fields) => wrap(logger.child(withoutSecrets(fields))),
  };
}

function withoutSecrets(fields: Readonly<Record<string, unknown>>, depth = 0): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      SECRET_NAME.test(name) && value !== undefined ? REDACTED : withoutSecret(value, depth),
    ]),
  );
}

function withoutSecret(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return withoutUserinfo(value);
  if (value instanceof Error) return withoutUserinfo(value.message);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[too deep]';
  if (Array.isArray(value)) return value.map((each: unknown) => withoutSecret(each, depth + 1));
  return withoutSecrets({ ...value }, depth + 1);
}

function withoutUserinfo(text: string): string {
  if (!text.includes('@')) return text;
  return text.replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/)[^/\s@]+@/gi, `$1${REDACTED}@`);
}
