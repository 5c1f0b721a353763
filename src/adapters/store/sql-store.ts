import type { Store } from '../../ports/store.ts';
import { actionsSince } from './actions.ts';
import { approvalOf, approve } from './approvals.ts';
import { claimDue, release } from './claims.ts';
import { appendDeliveries, claimDelivery } from './deliveries.ts';
import { commitGrouping, episodes } from './grouping.ts';
import { historyOf, verifyJournal } from './journal.ts';
import { claimNotification, finishNotification } from './outbox.ts';
import { commitStep } from './steps.ts';
import { requestUndo } from './undo-requests.ts';
import type { Transactor } from './transactor.ts';
import { incidentById, openIncidentOf, queues, summaries } from './views.ts';

/** The store port on a migrated database. `now` (epoch milliseconds) stamps the events that come without a time. */
export function makeSqlStore(store: Transactor, now: (() => number) | undefined): Store {
  const { dialect } = store;
  return {
    appendDeliveries: (deliveries) => appendDeliveries(store, deliveries),
    claimDelivery: (request) => claimDelivery(store, request),
    episodes: (fingerprints) => store.read((db) => episodes(db, dialect, fingerprints)),
    commitGrouping: (grouping) => commitGrouping(store, grouping),

    claimDue: (request) => claimDue(store, request),
    commitStep: (step) => commitStep(store, step),
    release: (request) => release(store, { ...request, at: now?.() ?? request.claimed.incident.updatedAt }),
    openIncidentOf: (workload) => store.read((db) => openIncidentOf(db, workload)),
    actionsSince: (query) => store.read((db) => actionsSince(db, query)),

    approve: (request) => approve(store, request),
    approvalOf: (incident, rung) => store.read((db) => approvalOf(db, incident, rung)),

    requestUndo: (request) => requestUndo(store, request),

    claimNotification: (request) => claimNotification(store, request),
    finishNotification: (finished) => finishNotification(store, finished),

    incident: (id) => store.read((db) => incidentById(db, dialect, id)),
    incidents: (query) => store.read((db) => summaries(db, query)),
    history: (id) => store.read((db) => historyOf(db, id)),
    queues: (at) => store.read((db) => queues(db, at)),
    verifyChain: (noted) => store.read((db) => verifyJournal(db, noted)),
    close: () => store.close(),
  };
}
