/** Stable error codes. Documented in docs/operating.md; metric labels and exit codes hang on them, never on messages. */
export type ErrorCode =
  | 'CONFIG_INVALID' // exit 78; the message lists all problems
  | 'PAYLOAD_INVALID' // 400
  | 'UNAUTHORIZED' // 401
  | 'PAYLOAD_TOO_LARGE' // 413
  | 'NOT_READY' // 503; the sender tries again
  | 'PORT_CLIENT' // the other side says the request is wrong (4xx)
  | 'PORT_SERVER' // 5xx
  | 'PORT_AUTH' // 401, 403
  | 'PORT_RATE_LIMITED' // 429
  | 'PORT_TIMEOUT'
  | 'PORT_UNREACHABLE'
  | 'BUG'; // an invariant is broken: fails the incident, not the process

/** An unexpected failure. Refusals and failed verifications are values, not errors. */
export class AutoHealError extends Error {
  override readonly name = 'AutoHealError';
  readonly code: ErrorCode;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; retryable?: boolean; context?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? RETRYABLE.has(code);
    this.context = options.context ?? {};
  }
}

const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  'NOT_READY',
  'PORT_SERVER',
  'PORT_RATE_LIMITED',
  'PORT_TIMEOUT',
  'PORT_UNREACHABLE',
]);

/** The text of anything thrown, for logs and reasons. Never throws. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
