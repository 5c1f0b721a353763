import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

/** A webhook receiver that remembers. */
export interface Receiver {
  /** `host:port`. */
  readonly address: string;
  /** Every alert that was sent, by its labels as JSON pairs in the order of their names. */
  alerts(): ReadonlySet<string>;
  stop(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const alerts = new Set<string>();
  const server = createServer((incoming, outgoing) => {
    void remember(incoming, alerts).then((status) => outgoing.writeHead(status).end());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    address: `127.0.0.1:${address.port}`,
    alerts: () => alerts,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** The status to answer with. */
async function remember(incoming: IncomingMessage, alerts: Set<string>): Promise<number> {
  try {
    for (const { labels } of alertsIn(await text(incoming))) {
      alerts.add(JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))));
    }
    return 200;
  } catch {
    return 400;
  }
}

function alertsIn(body: string): readonly { readonly labels: Readonly<Record<string, string>> }[] {
  // What Alertmanager sends, whose shape the fixtures of the webhook hold.
  const { alerts } = JSON.parse(body) as {
    readonly alerts: readonly { readonly labels: Readonly<Record<string, string>> }[];
  };
  return alerts;
}
