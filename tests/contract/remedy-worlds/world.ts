import { CATALOGUE } from '../../../src/act/catalogue.ts';
import { makeExecute } from '../../../src/act/execute.ts';
import { makePlan } from '../../../src/act/plan.ts';
import { contextOf, type Remedy, type RemedyContext } from '../../../src/act/remedy.ts';
import { undo, type UndoAnswer } from '../../../src/act/undo.ts';
import { makeKubernetesCluster } from '../../../src/adapters/kubernetes/cluster.ts';
import { makeGatherEvidence } from '../../../src/diagnose/evidence/gather.ts';
import type { CauseName, Signals } from '../../../src/domain/diagnosis.ts';
import type { Decided } from '../../../src/domain/incident.ts';
import type { Located } from '../../../src/domain/location.ts';
import type { Policy } from '../../../src/domain/policy.ts';
import {
  writesOf,
  type ActionResult,
  type Intent,
  type Refusal,
  type WaitingResult,
} from '../../../src/domain/remedy.ts';
import { accessOf, type Rule } from '../../../src/simulator/api/access.ts';
import type { ApiAnswer, ApiRequest, HandleRequest } from '../../../src/simulator/api/context.ts';
import { makeApi } from '../../../src/simulator/api/handle.ts';
import { startApiServer, type ApiServer } from '../../../src/simulator/api/server.ts';
import type { CustomResource } from '../../../src/simulator/api/resource-types.ts';
import { makeObjectStore, type ObjectStore } from '../../../src/simulator/objects.ts';
import { recordingEndpoints, type RecordingEndpoints } from '../../fakes/endpoints.ts';
import { aStore } from './shop.ts';
import { candidate, cause, decidedIncident, LOCATED, NOW, POLICY } from '../../builders/incident.ts';

/** A world in which one remedy applies. */
export interface RemedyCase {
  readonly remedy: string;
  readonly cause: CauseName;
  /** Makes the objects; answers where the workload is. */
  readonly setup: (objects: ObjectStore) => Partial<Located>;
  readonly policy?: Partial<Policy>;
  readonly signals?: Signals;
  readonly customResources?: readonly CustomResource[];
  /** Whether the remedy shows on the objects. */
  readonly shows: (objects: ObjectStore) => boolean;
  /** Declared access that this world has no use for, as `verb resource`, with the reason in a comment. */
  readonly unused?: readonly string[];
}

/** One request as the server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly dryRun: boolean;
  readonly body: string;
  readonly status: number;
}

/** Answers in place of the API, or lets the request through (undefined). `lost`: it is done, and the answer never comes. */
export type Interference = (request: ApiRequest, index: number) => ApiAnswer | 'lost' | undefined;

export interface RemedyWorld {
  readonly remedy: Remedy;
  readonly objects: ObjectStore;
  readonly endpoints: RecordingEndpoints;
  /** Every request since `watch` was called, oldest first. */
  readonly requests: SeenRequest[];
  /** From now on requests are recorded, and interfered with. */
  watch(interfere?: Interference, rules?: readonly Rule[]): void;
  /** What is known of the workload, gathered by the real stage. */
  diagnosed(): Promise<Decided>;
  context(incident: Decided): RemedyContext;
  plan(incident: Decided): Promise<Intent | Refusal>;
  execute(intent: Intent): Promise<ActionResult | WaitingResult>;
  /** Takes every write of the intent back, last first. */
  undoAll(intent: Intent): Promise<readonly UndoAnswer[]>;
}

/** Long enough for a loopback answer on a busy machine, short enough for a test of a time-out. */
const TIMEOUT_MS = 120;

/** One server for all worlds of a file: each world brings its own objects behind the same address. */
export interface Stand {
  open(given: RemedyCase): RemedyWorld;
  close(): Promise<void>;
}

export async function openStand(): Promise<Stand> {
  let current: (request: ApiRequest) => ApiAnswer | Promise<ApiAnswer> = () => ({ status: 500, body: {} });
  const server: ApiServer = await startApiServer({
    store: makeObjectStore({ now: () => NOW }),
    wrap: () => (request) => current(request),
  });
  return {
    open(given) {
      const world = openWorld(given, server.url, (handle) => {
        current = handle;
      });
      return world;
    },
    close: () => server.close(),
  };
}

function openWorld(
  given: RemedyCase,
  url: string,
  serve: (handle: (request: ApiRequest) => ApiAnswer | Promise<ApiAnswer>) => void,
): RemedyWorld {
  const objects = aStore();
  const place = given.setup(objects);
  const remedy = CATALOGUE.find(({ name }) => name === given.remedy);
  if (remedy === undefined) throw new Error(`no remedy is called ${given.remedy}`);
  const custom = given.customResources === undefined ? {} : { customResources: given.customResources };
  const open: HandleRequest = makeApi({ store: objects, ...custom });
  serve(open);

  // A connection of its own: what an earlier world left unanswered holds up nothing here.
  const cluster = makeKubernetesCluster({ connection: { server: url }, timeoutMs: TIMEOUT_MS, retryMs: 1 });
  const clock = { now: () => NOW };
  const endpoints = recordingEndpoints();
  const policy: Policy = { ...POLICY, ...given.policy };
  const requests: SeenRequest[] = [];

  return {
    remedy,
    objects,
    endpoints,
    requests,
    watch(interfere = () => undefined, rules) {
      requests.length = 0;
      const access = rules === undefined ? {} : { access: () => accessOf({ user: 'autoheal', rules }) };
      const handle = makeApi({ store: objects, ...custom, ...access });
      let index = -1;
      serve((request) => {
        index += 1;
        const instead = interfere(request, index);
        const answer = instead === undefined || instead === 'lost' ? handle(request) : instead;
        requests.push(seen(request, answer));
        return instead === 'lost' ? new Promise<ApiAnswer>(() => undefined) : answer;
      });
    },
    async diagnosed() {
      const location: Located = { ...LOCATED, ...place };
      const gather = makeGatherEvidence({
        cluster,
        metrics: { signals: () => Promise.resolve(given.signals ?? {}) },
        clock: { now: () => NOW, sleep: (_ms, signal) => untilAborted(signal) },
        deadlineMs: 5000,
      });
      const evidence = await gather(location, []);
      if (evidence.missing.length > 0) throw new Error(evidence.missing.join('; '));
      return decidedIncident({ location, diagnosis: { evidence, causes: [cause(given.cause)] } });
    },
    context: (incident) => contextOf(incident, policy),
    async plan(incident) {
      const make = makePlan({ cluster, clock, catalogue: [remedy], policy });
      const answer = await make(incident, candidate({ remedy: remedy.name, cures: given.cause }));
      return answer.kind === 'refused' ? answer.refusal : answer.intent;
    },
    execute: (intent) => makeExecute({ cluster, clock, endpoints, catalogue: [remedy] })(intent),
    async undoAll(intent) {
      const answers: UndoAnswer[] = [];
      for (const [step, write] of [...writesOf(intent).entries()].toReversed()) {
        if (write.undo === undefined) continue;
        const undoId = `${intent.actionId}/undo-${step}`;
        answers.push(await undo(write.undo, cluster, { actionId: intent.actionId, undoId }));
      }
      return answers;
    },
  };
}

function seen(request: ApiRequest, answer: ApiAnswer): SeenRequest {
  const [path = '', query = ''] = request.path.split('?');
  const body = request.body ?? '';
  const dryRun = query.includes('dryRun=All') || request.query?.['dryRun'] === 'All' || /"dryRun":\["All"\]/.test(body);
  return { method: request.method, path, dryRun, body, status: 'status' in answer ? answer.status : 200 };
}

/** @throws Error with the refusal, where there is one. */
export function planned(answer: Intent | Refusal): Intent {
  if ('code' in answer) throw new Error(`refused: ${answer.code}: ${answer.why}`);
  return answer;
}

/** Everything that people wrote or AutoHeal changed: without what the server keeps and the marks of actions. */
export function essence(objects: ObjectStore, resources: readonly string[]): unknown {
  return resources.flatMap((resource) =>
    objects.list(resource).map(({ metadata, status: _status, ...rest }) => {
      const { name, namespace, labels, annotations = {}, ownerReferences } = metadata;
      const { 'autoheal.io/action-id': _mark, ...kept } = annotations;
      return { resource, name, namespace, labels, annotations: kept, ownerReferences, ...rest };
    }),
  );
}

function untilAborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
