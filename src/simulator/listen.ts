import type { Server } from 'node:http';

/** Where a server listens. */
export interface ListenOptions {
  /** 0, for any that is free, when left out. */
  readonly port?: number;
  /** 127.0.0.1 when left out. */
  readonly host?: string;
}

export interface Listening {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
  /** Ends every connection. Resolves when the port is free again. */
  close(): Promise<void>;
}

/** Lets a server listen. Rejects when the port is taken. */
export async function listen(server: Server, { port = 0, host = '127.0.0.1' }: ListenOptions): Promise<Listening> {
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
