import type { WebClientOptions } from '@slack/web-api';
import { request } from 'undici';
import { AutoHealError, errorText } from '../../domain/errors.ts';

type SlackFetch = NonNullable<WebClientOptions['fetch']>;
type SlackResponse = Awaited<ReturnType<SlackFetch>>;

/** Slack's answers are a few kilobytes; what is larger does not come from Slack. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * How Slack's client reaches Slack: one request, its whole answer read within `timeoutMs`. Redirects are not followed.
 *
 * @throws AutoHealError `PORT_TIMEOUT`, `PORT_UNREACHABLE`, or `PORT_SERVER` for an answer that is too long.
 */
export function makeSlackFetch(timeoutMs: number): SlackFetch {
  return async (url, { method = 'POST', headers = {}, body } = {}) => {
    if (typeof body !== 'string') throw new AutoHealError('BUG', 'slack: only text is sent');
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await request(url, { method: method === 'GET' ? 'GET' : 'POST', headers, body, signal });
      const text = await boundedText(answer.body);
      return responseOf({ url: String(url), status: answer.statusCode, headers: flat(answer.headers), text });
    } catch (error) {
      if (error instanceof AutoHealError) throw error;
      if (signal.aborted) {
        throw new AutoHealError('PORT_TIMEOUT', `slack: no answer within ${timeoutMs} ms`, { cause: error });
      }
      throw new AutoHealError('PORT_UNREACHABLE', `slack: ${errorText(error)}`, { cause: error });
    }
  };
}

async function boundedText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new AutoHealError('PORT_SERVER', 'slack: the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value ?? ''].flat().join(', ')]));
}

function responseOf(answer: {
  readonly url: string;
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}): SlackResponse {
  const { url, status, headers, text } = answer;
  return {
    ok: status >= 200 && status < 300,
    status,
    statusText: '',
    url,
    headers: { get: (name) => headers.get(name.toLowerCase()) ?? null, entries: () => headers.entries() },
    text: async () => text,
    json: async () => JSON.parse(text) as unknown,
    arrayBuffer: async () => new TextEncoder().encode(text).buffer,
  };
}
