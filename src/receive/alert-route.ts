import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { refuse } from './answers.ts';
import type { DoctorDesk } from './doctor-desk.ts';
import { hookOf, type Gate } from './gate.ts';
import type { Journal } from './journal-batch.ts';
import { parseWebhook } from './webhook.ts';

export interface AlertRouteDeps {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Pick<Telemetry, 'webhook'>;
  /** Called after each webhook that was journalled, so that nobody has to poll for work. Must not throw. */
  readonly onJournalled?: () => void;
  /** Where alerts of `autoheal doctor` leave their mark, once they are durable. */
  readonly desk: Pick<DoctorDesk, 'note' | 'refused'>;
  readonly gates: readonly Gate[];
}

interface Counts {
  readonly alerts: number;
  readonly rejected: number;
}

const NO_COUNTS: Counts = { alerts: 0, rejected: 0 };

/**
 * POST /alert, where Alertmanager sends its webhooks. 200 says that the body is durable and nothing else: it is never
 * held up by what is done about the alerts. Alerts that cannot be used do not change that, for the body holds them too.
 */
export function addAlertRoute(app: FastifyInstance, deps: AlertRouteDeps): void {
  const counted = new WeakMap<FastifyRequest, Counts>();

  async function receive(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | string> {
    const body = request.body;
    if (typeof body !== 'string') return refuse(reply, 'PAYLOAD_INVALID', 'the body is empty: send a webhook as JSON');
    const parsed = parseWebhook(body, deps.clock.now());
    if (parsed.kind === 'invalid') return refuse(reply, 'PAYLOAD_INVALID', parsed.why);

    const delivery = await deps.journal(body);

    const { webhook } = parsed;
    const counts = { alerts: webhook.alerts.length, rejected: webhook.rejected.length };
    counted.set(request, counts);
    if (webhook.warnings.length > 0 || counts.rejected > 0) {
      deps.log.warn(
        {
          delivery,
          receiver: webhook.receiver.name,
          version: webhook.version,
          warnings: webhook.warnings,
          rejected: webhook.rejected.slice(0, 5),
          rejectedTotal: counts.rejected,
        },
        'webhook is journalled, but not all of it can be used',
      );
    }
    deps.desk.note(webhook, delivery, deps.clock.now());
    deps.onJournalled?.();
    reply.type('application/json; charset=utf-8');
    return `{"status":"journalled","alerts":${counts.alerts},"rejected":${counts.rejected}}`;
  }

  app.post('/alert', {
    onRequest: hookOf(deps.gates),
    onResponse: (request, reply, done) => {
      const { alerts, rejected } = counted.get(request) ?? NO_COUNTS;
      if (reply.statusCode >= 400) deps.desk.refused(reply.statusCode, deps.clock.now());
      deps.telemetry.webhook({ status: reply.statusCode, alerts, rejected, seconds: reply.elapsedTime / 1000 });
      done();
    },
    handler: receive,
  });
}
