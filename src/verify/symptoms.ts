import type { Symptom } from '../domain/diagnosis.ts';
import type { Node } from '../domain/kubernetes.ts';
import type { Located } from '../domain/location.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import type { ClusterReader } from '../ports/cluster.ts';
import { bad, good, unknown, type Finding } from './finding.ts';
import {
  alive,
  crashFinding,
  evictedFinding,
  pendingFinding,
  readinessFinding,
  rolloutFinding,
  type Since,
} from './pods.ts';
import { isSignalSymptom, type SignalSymptom } from './signals.ts';
import { seeAutoscaler, seeJob, seeNodes, type View } from './view.ts';

export type ClusterSymptom = Exclude<Symptom, SignalSymptom>;

export interface Looking {
  readonly cluster: ClusterReader;
  readonly location: Located;
  readonly view: View;
  readonly since: Since;
}

/** The finding on one symptom that shows in the cluster. Never throws. */
export async function clusterFinding(symptom: ClusterSymptom, looking: Looking): Promise<Finding> {
  const { view, since } = looking;
  switch (symptom) {
    case 'crash-looping':
      return crashFinding(view, since);
    case 'not-ready':
      return readinessFinding(view);
    case 'rollout-stuck':
      return rolloutFinding(view);
    case 'pending':
      return pendingFinding(view);
    case 'evicted-pods':
      return evictedFinding(view);
    case 'node-not-ready':
      return nodeFinding(looking, notReady);
    case 'node-pressure':
      return nodeFinding(looking, underPressure);
    case 'autoscaler-at-maximum':
      return autoscalerFinding(looking);
    case 'job-failed':
      return jobFinding(looking.cluster, looking.location);
  }
}

export function isClusterSymptom(symptom: Symptom): symptom is ClusterSymptom {
  return !isSignalSymptom(symptom);
}

/** The node itself, or the nodes that the workload's pods run on now. */
async function nodeFinding(looking: Looking, ill: (node: Node) => string | undefined): Promise<Finding> {
  const names = nodeNames(looking);
  if (names.length === 0) return unknown('no pod of the workload runs on a node');
  const nodes = await seeNodes(looking.cluster, names);
  if (nodes.kind === 'unseen') return unknown(`the nodes could not be read: ${nodes.why}`);
  const illness = nodes.value.map(ill).find((each) => each !== undefined);
  return illness === undefined ? good(`node ${names.join(', ')}: well`) : bad(illness);
}

function nodeNames({ location, view }: Looking): readonly string[] {
  if (location.workload.kind === 'Node') return [location.workload.name];
  const pods = view.pods.kind === 'seen' ? alive(view.pods.value) : [];
  return [...new Set(pods.map((pod) => pod.spec.nodeName ?? '').filter((name) => name !== ''))];
}

function notReady({ metadata, status }: Node): string | undefined {
  const ready = status?.conditions?.find((condition) => condition.type === 'Ready')?.status ?? 'Unknown';
  return ready === 'True' ? undefined : `node ${metadata.name} is not ready (Ready is ${ready})`;
}

function underPressure({ metadata, status }: Node): string | undefined {
  const pressure = status?.conditions?.find(({ type, status: value }) => type.endsWith('Pressure') && value === 'True');
  return pressure === undefined ? undefined : `node ${metadata.name} has ${pressure.type}`;
}

async function autoscalerFinding({ cluster, location }: Looking): Promise<Finding> {
  const seen = await seeAutoscaler(cluster, location.workload);
  if (seen.kind === 'unseen') return unknown(`the autoscaler could not be read: ${seen.why}`);
  if (seen.value === undefined) return unknown('the autoscaler is gone');
  const { spec, status } = seen.value;
  const desired = status?.desiredReplicas;
  if (desired === undefined) return unknown('the autoscaler does not say how many replicas it wants');
  const why = `the autoscaler wants ${desired} of at most ${spec.maxReplicas} replicas`;
  return desired < spec.maxReplicas ? good(why) : bad(why);
}

/** Whether a Job has completed: one that still runs is not known yet. Never throws. */
export async function jobFinding(
  cluster: ClusterReader,
  job: { readonly workload: WorkloadRef; readonly uid?: string },
): Promise<Finding> {
  const seen = await seeJob(cluster, job);
  if (seen.kind === 'unseen') return unknown(`the Job could not be read: ${seen.why}`);
  if (seen.value === undefined) return unknown('the Job is gone');
  const { metadata, status } = seen.value;
  const holds = (type: string): boolean =>
    (status?.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');
  if (holds('Failed')) return bad(`Job ${metadata.name} failed`);
  return holds('Complete') ? good(`Job ${metadata.name} completed`) : unknown(`Job ${metadata.name} has not ended`);
}
