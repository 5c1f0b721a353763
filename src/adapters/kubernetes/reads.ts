import pRetry from 'p-retry';
import { AutoHealError } from '../../domain/errors.ts';
import type { Log } from '../../ports/log.ts';
import { errorOf, objectOf, type Asked } from './answers.ts';
import type { ApiAnswer, Transport } from './transport.ts';

/** Answers longer than this are not held in memory: a list of 500 large objects stays well below. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024;
const MAX_LOG_BYTES = 256 * 1024;
const PAGE_SIZE = 500;
const MAX_LIST_ITEMS = 100_000;
const GONE = 410;

export interface ReadsOptions {
  readonly transport: Transport;
  readonly log?: Pick<Log, 'debug'>;
  /** The wait before the first of two retries, in milliseconds; doubled before the second. */
  readonly retryMs: number;
}

export interface Reads {
  /** The JSON object at a path, or undefined for 404. */
  object(path: string): Promise<object | undefined>;
  /** The items of all pages of a list. */
  items(path: string, query: Readonly<Record<string, string>>): Promise<readonly unknown[]>;
  /** The text of a log; empty where there is none. */
  log(path: string, query: Readonly<Record<string, string>>): Promise<string>;
}

/** GET requests. One that may succeed later is tried at most twice more; reading twice does no harm. */
export function makeReads({ transport, log, retryMs }: ReadsOptions): Reads {
  async function get(
    asked: Asked,
    how: {
      readonly query?: Readonly<Record<string, string>>;
      readonly accepts: readonly number[];
      readonly maxBytes?: number;
    },
  ): Promise<ApiAnswer> {
    const { query = {}, accepts, maxBytes = MAX_BODY_BYTES } = how;
    async function once(): Promise<ApiAnswer> {
      const answer = await transport({ method: 'GET', path: asked.path, query, maxBytes });
      if ((answer.status >= 200 && answer.status < 300) || accepts.includes(answer.status)) return answer;
      throw errorOf(answer, asked);
    }
    return pRetry(once, {
      retries: 2,
      minTimeout: retryMs,
      factor: 2,
      randomize: true,
      shouldRetry: ({ error }) => error instanceof AutoHealError && error.retryable,
      onFailedAttempt: ({ error, retriesLeft }) => {
        log?.debug({ path: asked.path, err: error.message, retriesLeft }, 'kubernetes read failed');
      },
    });
  }

  /** All pages; undefined when the list changed so much in between that its next page is gone. */
  async function pages(asked: Asked, query: Readonly<Record<string, string>>): Promise<readonly unknown[] | undefined> {
    const items: unknown[] = [];
    let position: Readonly<Record<string, string>> = {};
    for (;;) {
      const paged = { ...query, limit: String(PAGE_SIZE), ...position };
      const answer = await get(asked, { query: paged, accepts: 'continue' in position ? [GONE] : [] });
      if (answer.status === GONE) return undefined;
      const page = pageOf(objectOf(answer, asked));
      items.push(...page.items);
      if (page.next === '') return items;
      if (items.length >= MAX_LIST_ITEMS) {
        const message = `kubernetes: ${asked.path} lists more than ${MAX_LIST_ITEMS} objects`;
        throw new AutoHealError('PORT_SERVER', message, { retryable: false });
      }
      position = { continue: page.next };
    }
  }

  return {
    async object(path) {
      const asked = { verb: 'get', path } as const;
      const answer = await get(asked, { accepts: [404] });
      return answer.status === 404 ? undefined : objectOf(answer, asked);
    },
    async items(path, query) {
      const asked = { verb: 'list', path } as const;
      const items = (await pages(asked, query)) ?? (await pages(asked, query));
      if (items !== undefined) return items;
      throw new AutoHealError('PORT_SERVER', `kubernetes: the list ${path} changes faster than it can be read`);
    },
    async log(path, query) {
      // 400 is the answer for a container that has not run before, 404 for a pod that is gone.
      const limited = { ...query, limitBytes: String(MAX_LOG_BYTES) };
      const how = { query: limited, accepts: [400, 404], maxBytes: MAX_LOG_BYTES };
      const { status, text } = await get({ verb: 'get', path }, how);
      return status === 200 ? text : '';
    },
  };
}

function pageOf(list: object): { readonly items: readonly unknown[]; readonly next: string } {
  const items: readonly unknown[] = 'items' in list && Array.isArray(list.items) ? list.items : [];
  const metadata = 'metadata' in list ? list.metadata : undefined;
  const next = typeof metadata === 'object' && metadata !== null && 'continue' in metadata ? metadata.continue : '';
  return { items, next: typeof next === 'string' ? next : '' };
}
