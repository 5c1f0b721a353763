import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { Approval, IncidentId } from '../domain/incident.ts';
import { requestedRestores } from '../domain/undo-journal.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import { answerJson, refuse } from './answers.ts';
import { hookOf, type Gate } from './gate.ts';

export interface IncidentRouteDeps {
  readonly store: Pick<Store, 'incident' | 'incidents' | 'history' | 'approve' | 'requestUndo'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when there is something to do: the worker need not wait for its next look. */
  readonly onJournalled?: () => void;
  /** For reading. */
  readonly gates: readonly Gate[];
  /** For answering an approval. */
  readonly writeGates: readonly Gate[];
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;

/** What people and their tools ask: the incidents, one incident with its history, and the answer to an approval. */
export function addIncidentRoutes(app: FastifyInstance, deps: IncidentRouteDeps): void {
  const { store } = deps;

  app.get('/incidents', { onRequest: hookOf(deps.gates) }, async (request, reply) => {
    const query = parseListQuery(request.query);
    if (query === undefined) {
      return refuse(reply, 'PAYLOAD_INVALID', `open must be true or false, limit a number from 1 to ${MAX_LIMIT}`);
    }
    return answerJson(reply, 200, { incidents: await store.incidents(query) });
  });

  app.get('/incidents/:id', { onRequest: hookOf(deps.gates) }, async (request, reply) => {
    const id = incidentIdOf(request);
    const incident = await store.incident(id);
    if (incident === undefined) return refuse(reply, 'NOT_FOUND', 'no incident has this id');
    return answerJson(reply, 200, { incident, history: await store.history(id) });
  });

  app.post('/incidents/:id/undo', { onRequest: hookOf(deps.writeGates), handler: undo });

  app.post('/incidents/:id/approval', { onRequest: hookOf(deps.writeGates), handler: approve });

  async function approve(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const answer = parseApproval(request.body);
    if (answer === undefined) {
      return refuse(reply, 'PAYLOAD_INVALID', 'send {"decision":"approve" or "deny","by":"who decides"} as JSON');
    }
    const id = incidentIdOf(request);
    const approval: Approval = { ...answer, at: deps.clock.now() };
    if (await store.approve({ incident: id, approval })) {
      deps.log.info({ incident: id, decision: approval.decision, by: approval.by }, 'approval answered');
      deps.onJournalled?.();
      return answerJson(reply, 200, { recorded: true });
    }
    if ((await store.incident(id)) === undefined) return refuse(reply, 'NOT_FOUND', 'no incident has this id');
    return refuse(reply, 'NOT_WAITING', 'the incident does not wait for an approval (any more)');
  }

  async function undo(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const by = parseName(typeof request.body === 'string' ? parseJson(request.body) : undefined);
    if (by === undefined) return refuse(reply, 'PAYLOAD_INVALID', 'send {"by":"who asks"} as JSON');
    const id = incidentIdOf(request);
    const incident = await store.incident(id);
    if (incident === undefined) return refuse(reply, 'NOT_FOUND', 'no incident has this id');
    if (incident.phase !== 'closed') {
      return refuse(reply, 'NOT_WAITING', 'the incident is not over yet: AutoHeal may still act on it');
    }
    const at = deps.clock.now();
    const changes = requestedRestores(incident, by, at).length;
    if (changes === 0) return refuse(reply, 'NOT_WAITING', 'the incident left nothing that can be taken back');
    if (!(await store.requestUndo({ incident: id, by, at }))) {
      return refuse(reply, 'NOT_WAITING', 'the incident is not over any more');
    }
    deps.log.info({ incident: id, by, changes }, 'undo requested');
    deps.onJournalled?.();
    return answerJson(reply, 202, { recorded: true, changes });
  }
}

function incidentIdOf(request: FastifyRequest): IncidentId {
  const { params } = request;
  const id = typeof params === 'object' && params !== null && 'id' in params ? params.id : undefined;
  // An id of a request is only ever looked up: one that no incident has finds nothing.
  return String(id) as IncidentId;
}

function parseListQuery(query: unknown): { readonly limit: number; readonly open?: boolean } | undefined {
  if (typeof query !== 'object' || query === null) return undefined;
  const fields: { readonly open?: unknown; readonly limit?: unknown } = query;
  const { open = 'any', limit = String(DEFAULT_LIMIT) } = fields;
  if (typeof limit !== 'string' || !/^\d{1,3}$/.test(limit)) return undefined;
  const count = Number(limit);
  if (count < 1 || count > MAX_LIMIT) return undefined;
  if (open === 'any') return { limit: count };
  return open === 'true' || open === 'false' ? { limit: count, open: open === 'true' } : undefined;
}

function parseApproval(body: unknown): Omit<Approval, 'at'> | undefined {
  const value = typeof body === 'string' ? parseJson(body) : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  const { decision }: { readonly decision?: unknown } = value;
  const by = parseName(value);
  if (by === undefined || (decision !== 'approve' && decision !== 'deny')) return undefined;
  return { decision, by };
}

/** Who answers or asks. The name ends in messages and in the journal: one line of printable text. */
function parseName(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { by }: { readonly by?: unknown } = value;
  return typeof by === 'string' && /^[^\p{Cc}]{1,200}$/u.test(by.trim()) ? by.trim() : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
