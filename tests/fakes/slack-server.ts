import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One call as it came in. */
export interface SlackCall {
  readonly method: string;
  readonly token: string;
  readonly args: Readonly<Record<string, string>>;
}

export interface SlackMessage {
  readonly channel: string;
  readonly ts: string;
  readonly threadTs?: string;
  readonly broadcast: boolean;
  readonly text: string;
  readonly blocks: readonly unknown[];
}

/** How the next call fails. */
export type SlackTrouble =
  | { readonly kind: 'rate-limited'; readonly retryAfter: number }
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'error'; readonly error: string }
  | { readonly kind: 'page' }
  /** This call goes well; the trouble behind it waits for the next. */
  | { readonly kind: 'pass' }
  | { readonly kind: 'hang' };

export interface SlackServer {
  readonly apiUrl: string;
  readonly calls: readonly SlackCall[];
  /** What stands in the channel now, oldest first, replies included. */
  messages(): readonly SlackMessage[];
  /** A person deletes a message. */
  delete(ts: string): void;
  /** The next call fails like this; several wait in line. */
  fail(trouble: SlackTrouble): void;
  stop(): Promise<void>;
}

/** The part of Slack's Web API that AutoHeal uses, on 127.0.0.1, with the limits that the real one enforces. */
export async function startSlackServer(options: {
  readonly token: string;
  readonly channel: string;
  /** What the token may do; Slack says it with each answer. */
  readonly scopes?: readonly string[];
  /** Whether the app is in the channel; it is when left out. */
  readonly isMember?: boolean;
  readonly isArchived?: boolean;
}): Promise<SlackServer> {
  const scopes = options.scopes ?? ['chat:write', 'channels:read'];
  const calls: SlackCall[] = [];
  const messages = new Map<string, SlackMessage>();
  const troubles: SlackTrouble[] = [];
  let posted = 0;

  const methods: Readonly<Record<string, (args: SlackCall['args']) => object>> = {
    'auth.test': () => ({ ok: true, team: 'test', user: 'autoheal' }),
    'conversations.info': ({ channel }) => {
      if (!scopes.includes('channels:read')) return { ok: false, error: 'missing_scope' };
      if (channel !== options.channel) return { ok: false, error: 'channel_not_found' };
      const { isMember = true, isArchived = false } = options;
      return { ok: true, channel: { id: channel, name: 'incidents', is_member: isMember, is_archived: isArchived } };
    },
    'chat.postMessage': (args) => {
      const thread = args['thread_ts'];
      if (thread !== undefined && !messages.has(thread)) return { ok: false, error: 'thread_not_found' };
      posted += 1;
      const ts = `1700000000.${String(posted).padStart(6, '0')}`;
      messages.set(ts, { ...contentOf(args), ts, ...(thread !== undefined && { threadTs: thread }) });
      return { ok: true, channel: args['channel'], ts };
    },
    'chat.update': (args) => {
      const old = messages.get(args['ts'] ?? '');
      if (old === undefined) return { ok: false, error: 'message_not_found' };
      messages.set(old.ts, { ...old, ...contentOf(args), broadcast: old.broadcast });
      return { ok: true, channel: old.channel, ts: old.ts };
    },
  };

  function answer(call: SlackCall): object {
    if (call.token !== options.token) return { ok: false, error: 'invalid_auth' };
    const method = methods[call.method];
    if (method === undefined) return { ok: false, error: 'unknown_method' };
    if (call.method.startsWith('chat.')) {
      if (call.args['channel'] !== options.channel) return { ok: false, error: 'channel_not_found' };
      const wrong = contentProblem(call.args);
      if (wrong !== undefined) return { ok: false, error: wrong };
    }
    return method(call.args);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await callOf(request);
    calls.push(call);
    const trouble = troubles.shift();
    if (trouble?.kind === 'hang') return;
    if (trouble?.kind === 'page') {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Welcome to the proxy</body></html>');
    } else if (trouble?.kind === 'rate-limited') {
      response.writeHead(429, { 'retry-after': String(trouble.retryAfter) }).end();
    } else if (trouble?.kind === 'status') {
      response.writeHead(trouble.status).end('no');
    } else {
      const body = trouble?.kind === 'error' ? { ok: false, error: trouble.error } : answer(call);
      const headers = { 'content-type': 'application/json', 'x-oauth-scopes': scopes.join(', ') };
      response.writeHead(200, headers).end(JSON.stringify(body));
    }
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo; // It listens on a TCP port.
  return {
    apiUrl: `http://127.0.0.1:${port}/api/`,
    calls,
    messages: () => [...messages.values()],
    delete: (ts) => void messages.delete(ts),
    fail: (trouble) => void troubles.push(trouble),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

async function callOf(request: IncomingMessage): Promise<SlackCall> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array); // No encoding is set: the chunks are bytes.
  const args = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString('utf8')));
  const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
  return { method: (request.url ?? '').replace(/^\/api\//, ''), token, args };
}

function contentOf(args: SlackCall['args']): Omit<SlackMessage, 'ts' | 'threadTs'> {
  return {
    channel: args['channel'] ?? '',
    text: args['text'] ?? '',
    broadcast: args['reply_broadcast'] === 'true',
    blocks: JSON.parse(args['blocks'] ?? '[]') as unknown[], // Slack takes an array here, or nothing.
  };
}

interface Text {
  readonly text: string;
}

/** Source: Slack, "Block Kit reference": at most 50 blocks; 3,000 characters in the text of a section or a context element. */
function contentProblem(args: SlackCall['args']): string | undefined {
  const blocks = JSON.parse(args['blocks'] ?? '[]') as readonly { readonly text?: Text; readonly elements?: Text[] }[];
  const texts = blocks.flatMap((block) => [...(block.text ? [block.text] : []), ...(block.elements ?? [])]);
  if (blocks.length > 50) return 'invalid_blocks';
  if (texts.some(({ text }) => text.length === 0 || text.length > 3000)) return 'invalid_blocks';
  return (args['text'] ?? '') === '' ? 'no_text' : undefined;
}
