import type { Alert } from '../../domain/alert.ts';
import type {
  Evidence,
  EventEvidence,
  LogEvidence,
  NodeEvidence,
  NodesEvidence,
  PodEvidence,
  Signals,
} from '../../domain/diagnosis.ts';
import type { CoreEvent, HorizontalPodAutoscaler, PodDisruptionBudget } from '../../domain/kubernetes.ts';
import type { Located } from '../../domain/location.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ClusterReader } from '../../ports/cluster.ts';
import type { MetricSource, SignalTarget } from '../../ports/metrics.ts';
import { cleanTail } from '../../domain/clean-text.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { EvidenceLimits } from './limits.ts';
import { podEvidence } from './pod-evidence.ts';
import { makeReads } from './reads.ts';
import type { Reads } from './reads.ts';
import { fieldValue } from './field-value.ts';
import { isFinished, leftLogs, sickestFirst } from './sickness.ts';
import { NOTHING, readSubject } from './subject.ts';
import type { Subject } from './subject.ts';
import { autoscalerEvidence, budgetEvidence, eventEvidence } from './surroundings.ts';
import { allNodesState, nodeState } from '../../domain/nodes.ts';

export interface GatherEvidenceDeps {
  readonly cluster: ClusterReader;
  readonly metrics: MetricSource;
  readonly clock: Clock;
  /** For everything together. What has not answered by then is `missing`. */
  readonly deadlineMs: number;
  readonly limits?: Partial<EvidenceLimits>;
}

/**
 * Reads everything about a located workload, as far as it answers within the deadline. What fails or is late is named in
 * `missing`, and its place stays empty. Never throws.
 */
export type GatherEvidence = (located: Located, alerts: readonly Alert[]) => Promise<Evidence>;

export function makeGatherEvidence(deps: GatherEvidenceDeps): GatherEvidence {
  const limits = { ...DEFAULT_LIMITS, ...deps.limits };
  return async (located, alerts) => {
    const reads = makeReads(deps);
    try {
      return await gather({ ...deps, limits, reads, located, alerts });
    } finally {
      reads.end();
    }
  };
}

interface Gathering extends Pick<GatherEvidenceDeps, 'cluster' | 'metrics' | 'clock'> {
  readonly limits: EvidenceLimits;
  readonly reads: Reads;
  readonly located: Located;
  readonly alerts: readonly Alert[];
}

async function gather(gathering: Gathering): Promise<Evidence> {
  const { located, reads, clock } = gathering;
  const { workload } = located;
  // These need nothing of the workload, so they run beside it.
  const beside = Promise.all([readAutoscalers(gathering), readBudgets(gathering)]);
  const subject = (await reads.use('workload', () => readSubject(gathering))) ?? NOTHING;
  const pods = await keptPods(gathering, subject);
  const revisions = (await reads.use('revisions', () => subject.revisions(pods))) ?? [];
  const [[autoscalers, budgets], nodes, allNodes, events, logs, signals] = await Promise.all([
    beside,
    readNodes(gathering, pods),
    readAllNodes(gathering, pods),
    readEvents(gathering, pods, revisions[0]?.name),
    readLogs(gathering, pods),
    readSignals(gathering, subject),
  ]);
  const autoscaler = await reads.use('autoscaler', () => autoscalerEvidence(autoscalers, workload));
  const budget = await reads.use('budgets', () => budgetEvidence(budgets, labelSets(subject)));
  return {
    workload,
    at: clock.now(),
    ...(subject.state === undefined ? {} : { state: subject.state }),
    pods,
    revisions: revisions.slice(0, gathering.limits.revisions),
    ...(autoscaler === undefined ? {} : { autoscaler }),
    ...budget,
    nodes,
    ...(allNodes === undefined ? {} : { allNodes }),
    events,
    logs,
    ...(subject.job === undefined ? {} : { job: subject.job }),
    signals,
    missing: reads.missing(),
  };
}

/** The evidence of the pods, sick ones first, as many as the limit keeps. */
async function keptPods({ reads, located, limits }: Gathering, { pods }: Subject): Promise<readonly PodEvidence[]> {
  const limit = located.workload.kind === 'Node' ? limits.nodePods : limits.pods;
  const evidence = await reads.use('pods', () => pods.map(podEvidence));
  return sickestFirst(evidence ?? [], located.pods).slice(0, limit);
}

function labelSets({ pods, templateLabels }: Subject): readonly Readonly<Record<string, string>>[] {
  const ofPods = pods.map((pod) => pod.metadata.labels ?? {});
  return templateLabels === undefined ? ofPods : [templateLabels, ...ofPods];
}

async function readAutoscalers({ cluster, reads, located }: Gathering): Promise<readonly HorizontalPodAutoscaler[]> {
  const { namespace } = located.workload;
  if (namespace === '') return [];
  return (await reads.read('autoscaler', () => cluster.list('HorizontalPodAutoscaler', { namespace }))) ?? [];
}

async function readBudgets({ cluster, reads, located }: Gathering): Promise<readonly PodDisruptionBudget[]> {
  const { namespace } = located.workload;
  if (namespace === '') return [];
  return (await reads.read('budgets', () => cluster.list('PodDisruptionBudget', { namespace }))) ?? [];
}

/** The node itself, or the nodes that the pods run on, those of sick pods first. */
async function readNodes(
  { cluster, reads, located, limits }: Gathering,
  pods: readonly PodEvidence[],
): Promise<readonly NodeEvidence[]> {
  const ofPods = pods.filter((pod) => !isFinished(pod) && pod.node !== '').map((pod) => pod.node);
  const names = located.workload.kind === 'Node' ? [located.workload.name] : [...new Set(ofPods)];
  const nodes = await Promise.all(
    names.slice(0, limits.nodes).map((name) =>
      reads.read('nodes', async () => {
        const node = await cluster.get('Node', { name });
        if (node === undefined) throw new Error(`${name} not found`);
        return nodeState(node);
      }),
    ),
  );
  return nodes.filter((node) => node !== undefined);
}

/** How all nodes stand, where that decides: nodes are what is ill, or pods find none to run on. */
async function readAllNodes(
  { cluster, reads, located }: Gathering,
  pods: readonly PodEvidence[],
): Promise<NodesEvidence | undefined> {
  if (located.workload.kind !== 'Node' && pods.every((pod) => pod.unschedulable === '')) return undefined;
  return reads.read('nodes', async () => allNodesState(await cluster.list('Node', {})));
}

/** Events of the workload, of its newest revision (where quota and admission speak) and of its sickest pods. */
async function readEvents(
  { cluster, reads, located, limits }: Gathering,
  pods: readonly PodEvidence[],
  newestRevision: string | undefined,
): Promise<readonly EventEvidence[]> {
  const { kind, namespace, name } = located.workload;
  if (name === '') return [];
  const sick = pods.filter((pod) => !pod.ready).slice(0, limits.eventPods);
  // Events of the pods of a node lie in their own namespaces, which the evidence does not keep.
  const ofPods = kind === 'Node' ? [] : sick.map((pod) => ['Pod', pod.name] as const);
  const ofRevision =
    kind !== 'Deployment' || newestRevision === undefined ? [] : [['ReplicaSet', newestRevision] as const];
  const about = [[kind, name] as const, ...ofRevision, ...ofPods];
  const lists = await Promise.all(
    about.map(([involvedKind, involvedName]) =>
      reads.read('events', async () => {
        const fieldSelector = `involvedObject.name=${fieldValue(involvedName)}`;
        const query = namespace === '' ? { fieldSelector } : { namespace, fieldSelector };
        const events = await cluster.list('Event', query);
        return events.filter(({ involvedObject }: CoreEvent) => {
          return involvedObject?.kind === involvedKind && involvedObject.name === involvedName;
        });
      }),
    ),
  );
  const events = await reads.use('events', () =>
    eventEvidence(
      lists.flatMap((list) => list ?? []),
      limits.events,
    ),
  );
  return events ?? [];
}

/** The last words of crashing containers: those that the alerts name first, then those of the sickest pods. */
async function readLogs(
  { cluster, reads, located, alerts, limits }: Gathering,
  pods: readonly PodEvidence[],
): Promise<readonly LogEvidence[]> {
  const { kind, namespace } = located.workload;
  if (namespace === '' || kind === 'Node') return [];
  const named = new Set(alerts.map(({ labels }) => `${labels['pod']}/${labels['container']}`));
  const wanted = pods
    .filter((pod) => !isFinished(pod))
    .flatMap((pod) =>
      pod.containers.filter(leftLogs).map((container) => ({ pod: pod.name, container: container.name })),
    )
    .map((log) => ({ log, named: named.has(`${log.pod}/${log.container}`) }))
    .sort((a, b) => Number(b.named) - Number(a.named))
    .slice(0, limits.logs);
  const logs = await Promise.all(
    wanted.map(({ log }) =>
      reads.read('logs', async () => {
        const text = await cluster.previousLogs({ namespace, ...log, tailLines: limits.logLines });
        const lines = text.trimEnd().split('\n').slice(-limits.logLines).join('\n');
        return { ...log, tail: cleanTail(lines, limits.logBytes) };
      }),
    ),
  );
  return logs.filter((log) => log !== undefined).filter((log) => log.tail !== '');
}

/** Asked only for what runs in a namespace: the signals are about pods. */
async function readSignals({ metrics, reads, located, ...rest }: Gathering, { pods }: Subject): Promise<Signals> {
  const { workload } = located;
  const isNode = workload.kind === 'Node';
  if (workload.namespace === '' && !isNode) return {};
  const live = pods
    .filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed')
    .map(({ metadata }) => metadata.name);
  // What is asked of a node is about the node: its pods are other people's workloads.
  const target = { workload, pods: isNode ? [] : live };
  return (
    (await reads.read('prometheus', () => (isYoung(rest) ? youngSignals(metrics, target) : metrics.signals(target)))) ??
    {}
  );
}

/**
 * The signals of short windows, and those of the usual ones where these have none: with a scrape a minute two samples are all
 * that a short window holds, and one that was missed or came late leaves it empty. Without the usual ones it is what it is.
 */
async function youngSignals(metrics: MetricSource, target: SignalTarget): Promise<Signals> {
  const [recent, usual] = await Promise.all([
    metrics.signals({ ...target, recent: true }),
    metrics.signals(target).catch(() => ({})),
  ]);
  return { ...usual, ...recent };
}

/** The window of usual rates: where the illness is younger, most of what they count is from before. */
const USUAL_WINDOW_MS = 5 * 60_000;

function isYoung({ alerts, clock }: Pick<Gathering, 'alerts' | 'clock'>): boolean {
  const firing = alerts.filter(({ status }) => status === 'firing').map(({ startsAt }) => startsAt);
  return firing.length > 0 && clock.now() - Math.min(...firing) < USUAL_WINDOW_MS;
}
