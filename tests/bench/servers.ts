import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { fastify, type FastifyInstance } from 'fastify';

import { systemClock } from '../../src/adapters/system-clock.ts';
import type { Log } from '../../src/ports/log.ts';
import type { Store } from '../../src/ports/store.ts';
import { makeDeliveryIds } from '../../src/receive/delivery-id.ts';
import { makeJournal } from '../../src/receive/journal-batch.ts';
import { buildServer, fastifySettings, SERVER_LIMITS } from '../../src/receive/server.ts';
import { AJV_OPTIONS, ALERT_SCHEMA, ENVELOPE_SCHEMA } from '../../src/receive/webhook-schema.ts';
import { makeMetrics } from '../../src/telemetry/metrics.ts';

export interface CommitCounter {
  commits: number;
  webhooks: number;
}

/** The real intake on a store: token, limits, metrics, journal. Nothing happens to the webhooks once they are journalled. */
export function makeDurable(
  store: Store,
  { token, counter }: { readonly token: string; readonly counter: CommitCounter },
): FastifyInstance {
  const clock = systemClock;
  const appendDeliveries: Store['appendDeliveries'] = (batch) => {
    counter.commits += 1;
    counter.webhooks += batch.length;
    return store.appendDeliveries(batch);
  };
  const telemetry = makeMetrics();
  return buildServer({
    journal: makeJournal({ store: { appendDeliveries }, clock, newDeliveryId: makeDeliveryIds(clock, randomUUID) }),
    store,
    clock,
    log: silent,
    telemetry,
    auth: { mode: 'bearer', tokens: [token] },
    ready: () => ({ ok: true, problems: [] }),
    draining: () => false,
    metrics: () => telemetry.expose(),
  });
}

/**
 * What durable intake is measured beside: Fastify as its manual says to use it, with its own JSON parser and a schema of the
 * webhook on the route, under the settings of the real server. It keeps nothing and asks for no token.
 */
export function makeBare(): FastifyInstance {
  const app = fastify({ ...fastifySettings(SERVER_LIMITS), ajv: { customOptions: AJV_OPTIONS } });
  const body = {
    ...ENVELOPE_SCHEMA,
    properties: { ...ENVELOPE_SCHEMA.properties, alerts: { type: 'array', items: ALERT_SCHEMA } },
  };
  app.post('/alert', { schema: { body } }, () => ({ status: 'parsed' }));
  return app;
}

/** Listens on a free port of the loopback address; the port. */
export async function listen(app: FastifyInstance): Promise<number> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo; // A TCP listener has an address of this kind.
  return port;
}

export const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};
