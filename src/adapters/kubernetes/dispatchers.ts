import { createHash } from 'node:crypto';
import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { Agent, ProxyAgent, Socks5ProxyAgent, type Dispatcher } from 'undici';

/** What a request needs besides its own content. */
export interface Access {
  readonly headers: Readonly<Record<string, string>>;
  /** Keeps its connections for the next request. */
  readonly forReads: Dispatcher;
  /**
   * Opens a connection for each request. On a kept one, which the server may be closing at this moment, a write could be
   * lost in a way that looks as if it might have happened.
   */
  readonly forWrites: Dispatcher;
}

/**
 * Credentials and connections after a kubeconfig. `@kubernetes/client-node` decides about both: tokens of files, exec
 * plugins and OIDC are read or renewed at each call, and so are rotated certificates. Its own request layer is not used,
 * since it parses answers into classes (with times as Date), opens a dispatcher for every request, and does not tell a
 * request that never left from one whose answer was lost.
 */
export function makeAccess(config: KubeConfig, connectMs: number): () => Promise<Access> {
  let kept: { readonly key: string; readonly forReads: Dispatcher; readonly forWrites: Dispatcher } | undefined;

  return async () => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const tls = tlsOf(options);
    const key = createHash('sha256').update(JSON.stringify(tls)).digest('hex');
    if (kept?.key !== key) {
      const outdated = kept;
      kept = {
        key,
        forReads: dispatcherOf(config, tls, { connectMs, pipelining: 1 }),
        forWrites: dispatcherOf(config, tls, { connectMs, pipelining: 0 }),
      };
      // Requests under way end on the old connections; nothing new is sent on them.
      for (const dispatcher of [outdated?.forReads, outdated?.forWrites]) void dispatcher?.close();
    }
    return { headers: headersOf(options), forReads: kept.forReads, forWrites: kept.forWrites };
  };
}

const TLS_OPTIONS = ['ca', 'cert', 'key', 'pfx', 'passphrase', 'rejectUnauthorized', 'servername'] as const;
type TlsOptions = { readonly [K in (typeof TLS_OPTIONS)[number]]?: NonNullable<RequestOptions[K]> };

/** The options that decide about a TLS connection, without the library's own agent and time-outs. */
function tlsOf(options: RequestOptions): TlsOptions {
  return Object.fromEntries(TLS_OPTIONS.filter((name) => options[name] != null).map((name) => [name, options[name]]));
}

function headersOf(options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (value !== undefined) headers[name.toLowerCase()] = String(value);
  }
  if (options.auth !== undefined && options.auth !== null) {
    headers['authorization'] ??= `Basic ${Buffer.from(options.auth).toString('base64')}`;
  }
  return headers;
}

function dispatcherOf(
  config: KubeConfig,
  tls: TlsOptions,
  how: { readonly connectMs: number; readonly pipelining: number },
): Dispatcher {
  const given = config.createDispatcherOptions(config.getCurrentCluster(), tls);
  // One request after the other on a connection, so that a request that failed is known to have been sent or not.
  const common = { allowH2: false, pipelining: how.pipelining, connections: MAX_CONNECTIONS };
  switch (given.type) {
    case 'proxy':
      return new ProxyAgent({ ...common, uri: given.uri, requestTls: tls });
    case 'socks':
      return new Socks5ProxyAgent(given.uri, { ...common, requestTls: tls });
    case 'agent':
      return new Agent({ ...common, connect: { ...tls, timeout: how.connectMs } });
    case 'none':
      return new Agent({ ...common, connect: { timeout: how.connectMs } });
  }
}

const MAX_CONNECTIONS = 16;
