import { createServer, type ServerResponse } from 'node:http';

export interface MetricsServerDeps {
  /** The exposition for one scrape, in the text format 0.0.4. */
  readonly metricsText: () => string;
  /** 0, for any that is free, when left out. */
  readonly port?: number;
  /** 127.0.0.1 when left out. */
  readonly host?: string;
}

export interface MetricsServer {
  /** `http://127.0.0.1:<port>`, without a slash at the end; the exposition is below it at `/metrics`. */
  readonly url: string;
  /** Ends every connection. Resolves when the port is free again. */
  close(): Promise<void>;
}

/**
 * Serves `GET /metrics` for Prometheus to scrape. A scrape whose exposition cannot be made is answered 500: Prometheus counts
 * it as failed instead of taking an empty one for the truth. Rejects when the port is taken.
 */
export async function startMetricsServer(deps: MetricsServerDeps): Promise<MetricsServer> {
  const { metricsText, port = 0, host = '127.0.0.1' } = deps;
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (path !== '/metrics') answer(response, 404, 'there is only GET /metrics\n');
    else if (request.method !== 'GET' && request.method !== 'HEAD') answer(response, 405, 'only GET\n');
    else scrape(response, metricsText);
  });
  const taken = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function scrape(response: ServerResponse, metricsText: () => string): void {
  let text: string;
  try {
    text = metricsText();
  } catch {
    answer(response, 500, 'the metrics cannot be read\n');
    return;
  }
  answer(response, 200, text, 'text/plain; version=0.0.4; charset=utf-8');
}

function answer(response: ServerResponse, status: number, text: string, contentType = 'text/plain'): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }).end(text);
}
