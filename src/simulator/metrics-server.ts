import { createServer, type ServerResponse } from 'node:http';
import { listen, type Listening, type ListenOptions } from './listen.ts';

export interface MetricsServerDeps extends ListenOptions {
  /** The exposition for one scrape, in the text format 0.0.4. */
  readonly metricsText: () => string;
}

/** The exposition is below its address at `/metrics`. */
export type MetricsServer = Listening;

/**
 * Serves `GET /metrics` for Prometheus to scrape. A scrape whose exposition cannot be made is answered 500: Prometheus counts
 * it as failed instead of taking an empty one for the truth. Rejects when the port is taken.
 */
export async function startMetricsServer(deps: MetricsServerDeps): Promise<MetricsServer> {
  const { metricsText } = deps;
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (path !== '/metrics') answer(response, 404, 'there is only GET /metrics\n');
    else if (request.method !== 'GET' && request.method !== 'HEAD') answer(response, 405, 'only GET\n');
    else scrape(response, metricsText);
  });
  return listen(server, deps);
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
