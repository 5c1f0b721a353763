import type { FastifyInstance } from 'fastify';

import { doctorNonce, isDoctorNonce, type DoctorArrival, type DoctorNotes } from '../domain/doctor.ts';
import { answerJson, refuse } from './answers.ts';
import { hookOf, type Gate } from './gate.ts';
import type { Webhook } from './webhook.ts';

/** What is remembered of the alerts of `autoheal doctor`. In memory only: the webhooks themselves are in the journal. */
export interface DoctorDesk {
  /** To be called for each webhook that was taken, at `at` (epoch milliseconds). */
  note(
    webhook: Pick<Webhook, 'alerts' | 'receiver' | 'groupKey' | 'truncatedAlerts'>,
    delivery: string,
    at: number,
  ): void;
  /** To be called for each webhook that was answered with something else than success. */
  refused(status: number, at: number): void;
  read(nonce: string): DoctorNotes;
}

/** Runs that are remembered; the oldest is forgotten for a new one. */
const MOST_RUNS = 32;
/** An alert is sent when it begins and when it ends, by each Alertmanager of a cluster. */
const MOST_ARRIVALS = 16;

/** An empty desk. */
export function makeDoctorDesk(): DoctorDesk {
  const runs = new Map<string, readonly DoctorArrival[]>();
  // Keyed by the statuses that the service answers with: a handful.
  const refusals = new Map<number, { readonly count: number; readonly lastAt: number }>();

  return {
    note({ alerts, receiver, groupKey, truncatedAlerts }, delivery, at) {
      for (const { labels, status } of alerts) {
        const nonce = doctorNonce(labels);
        if (nonce === undefined) continue;
        const known = runs.get(nonce) ?? [];
        const name = receiver.config === undefined ? receiver.name : operatorName(receiver.config, receiver.name);
        const arrival = {
          at,
          delivery,
          status,
          receiver: name,
          groupKey,
          labels,
          alerts: alerts.length,
          truncatedAlerts,
        };
        runs.set(nonce, [...known, arrival].slice(0, MOST_ARRIVALS));
        for (const [oldest] of [...runs].slice(0, -MOST_RUNS)) runs.delete(oldest);
      }
    },
    refused(status, at) {
      refusals.set(status, { count: (refusals.get(status)?.count ?? 0) + 1, lastAt: at });
    },
    read(nonce) {
      const refused = [...refusals].map(([status, counted]) => ({ status, ...counted }));
      return { arrivals: runs.get(nonce) ?? [], refused };
    },
  };
}

function operatorName(config: { readonly namespace: string; readonly name: string }, receiver: string): string {
  return `${config.namespace}/${config.name}/${receiver}`;
}

/** GET /doctor/NONCE: which alerts of that run of the doctor have arrived, and which webhooks were refused. */
export function addDoctorRoute(
  app: FastifyInstance,
  deps: { readonly desk: Pick<DoctorDesk, 'read'>; readonly gates: readonly Gate[] },
): void {
  app.get('/doctor/:nonce', { onRequest: hookOf(deps.gates) }, async (request, reply) => {
    const { params } = request;
    const nonce = typeof params === 'object' && params !== null && 'nonce' in params ? String(params.nonce) : '';
    if (!isDoctorNonce(nonce)) return refuse(reply, 'PAYLOAD_INVALID', 'a run of the doctor has 16 to 64 hex digits');
    return answerJson(reply, 200, deps.desk.read(nonce));
  });
}
