import { LogLevel, WebClient, type Logger } from '@slack/web-api';
import type { Log } from '../../ports/log.ts';
import { makeSlackFetch } from './slack-transport.ts';

/** Slack's own client, over our transport: each call is tried once and bounded by `timeoutMs`. */
export function makeSlackClient(options: {
  readonly token: string;
  readonly apiUrl?: string;
  readonly timeoutMs: number;
  readonly log: Log;
}): WebClient {
  return new WebClient(options.token, {
    ...(options.apiUrl === undefined ? {} : { slackApiUrl: options.apiUrl }),
    fetch: makeSlackFetch(options.timeoutMs),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    logger: quietLogger(options.log),
  });
}

/** The client's warnings go to our log at debug: what matters of a failure is in the answer. */
function quietLogger(log: Log): Logger {
  const write = (...said: unknown[]): void => log.debug({ said: said.map(String) }, 'slack client');
  const ignore = (): void => undefined;
  return {
    debug: ignore,
    info: ignore,
    warn: write,
    error: write,
    setLevel: ignore,
    getLevel: () => LogLevel.WARN,
    setName: ignore,
  };
}
