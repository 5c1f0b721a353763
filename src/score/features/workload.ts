import type { NodeEvidence, PodEvidence } from '../../domain/diagnosis.ts';
import { columnsOf, LOG_COUNT, LOG_MINUTES, SHARE } from './column.ts';
import { logOf, minutesFrom, shareOf, signedLogOf } from './numbers.ts';
import { isOfRevision, type Situation } from './situation.ts';

/** How the workload, its rollout, its autoscaler and its nodes stand. */
export const WORKLOAD_COLUMNS = columnsOf<Situation>('cluster', [
  {
    name: 'replicas',
    ...LOG_COUNT,
    meaning: 'Replicas that the workload wants.',
    value: ({ replicas }) => logOf(replicas),
  },
  {
    name: 'autoscaler_room',
    ...SHARE,
    meaning: 'How far the autoscaler may still go, as a share of its maximum. Missing without one.',
    value: ({ evidence: { autoscaler } }) =>
      autoscaler === undefined ? undefined : shareOf(autoscaler.max - autoscaler.current, autoscaler.max),
  },
  {
    name: 'revision_age',
    ...LOG_MINUTES,
    meaning: 'How long ago the present revision began to be rolled out; an hour and more are all alike.',
    value: ({ rolloutAt, at }) => logOf(minutesFrom(rolloutAt, at)),
  },
  {
    name: 'symptom_after_revision',
    unit: 'signed log2(1 + minutes)',
    range: [-6, 6],
    meaning:
      'How long after the start of the present revision the first alert began; negative where it began before it.',
    value: ({ rolloutAt, symptomAt }) => between(rolloutAt, symptomAt),
  },
  {
    name: 'newest_not_ready_share',
    ...SHARE,
    meaning: 'Pods of the present revision that are not ready.',
    value: (situation) => {
      const pods = newest(situation.live, situation);
      return shareOf(pods.filter((pod) => !pod.ready).length, pods.length);
    },
  },
  {
    name: 'node_not_ready_share',
    ...SHARE,
    meaning: 'Pods on a node that is not ready; of the nodes themselves, where the incident is about them.',
    value: (situation) => nodeShare(situation, (node) => !node.ready),
  },
]);

/** Minutes from the rollout to the symptom, on a scale that spreads the first ones. */
function between(rolloutAt: number | undefined, symptomAt: number | undefined): number | undefined {
  if (rolloutAt === undefined || symptomAt === undefined) return undefined;
  return signedLogOf((symptomAt - rolloutAt) / 60_000);
}

function newest(pods: readonly PodEvidence[], { current }: Situation): readonly PodEvidence[] {
  return current === undefined ? [] : pods.filter((pod) => isOfRevision(pod, current));
}

/** The share of the pods whose node is so, or of the nodes where there are no pods. Nodes that were not read do not count. */
function nodeShare({ evidence, live }: Situation, is: (node: NodeEvidence) => boolean): number | undefined {
  const { nodes, workload } = evidence;
  if (workload.kind === 'Node') return shareOf(nodes.filter(is).length, nodes.length);
  const states = new Map(nodes.map((node) => [node.name, is(node)]));
  const known = live.map((pod) => states.get(pod.node)).filter((state) => state !== undefined);
  return shareOf(known.filter((state) => state).length, known.length);
}
