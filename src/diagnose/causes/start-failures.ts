import { IMAGE_REASONS } from '../../domain/container-state.ts';
import type { Cause, ContainerEvidence, Symptom } from '../../domain/diagnosis.ts';
import { podNames } from './facts.ts';
import type { Facts, SickContainer } from './facts.ts';
import { count, names, quoted, span } from './quote.ts';

/** The image cannot be pulled. */
export function imagePullFailure(facts: Facts): Cause | undefined {
  const failing = containersIn(facts, IMAGE_REASONS);
  const [first] = failing;
  if (first === undefined) return undefined;
  const { image, stateReason, stateMessage } = first.container;
  const pods = podNames(failing);
  return {
    name: 'image-pull-failure',
    confidence: 0.95,
    because: [
      `${count(pods.length, 'pod')} (${names(pods)}) cannot pull ${quoted(image)}: ${stateReason}.`,
      ...(stateMessage === '' ? [] : [`The kubelet says ${quoted(stateMessage)}.`]),
    ],
    symptoms: notReadySymptoms(facts),
  };
}

/** A pod that waits for a node. */
export function unschedulable(facts: Facts): Cause | undefined {
  const waiting = facts.live.filter((pod) => pod.unschedulable !== '');
  const [first] = waiting;
  if (first === undefined) return undefined;
  const pods = waiting.map((pod) => pod.name);
  return {
    name: 'unschedulable',
    confidence: 0.95,
    because: [
      `${count(pods.length, 'pod')} (${names(pods)}) cannot be scheduled.`,
      `The scheduler says ${quoted(first.unschedulable)}.`,
    ],
    symptoms: ['pending', ...(facts.rolloutStuck ? (['rollout-stuck'] as const) : [])],
  };
}

/**
 * Pods run without a crash, but were not ready since they started: the symptom began soon after they did, and they had the
 * time to start. A pod that became unready later is another matter.
 */
export function neverReady(facts: Facts): Cause | undefined {
  const { now, symptomAt, thresholds, evidence } = facts;
  const since = symptomAt ?? now;
  const stuck = facts.notReady.filter(
    (pod) =>
      pod.phase === 'Running' &&
      pod.containers.length > 0 &&
      pod.containers.every(neverEnded) &&
      now - pod.createdAt >= thresholds.startupMs &&
      since - pod.createdAt <= thresholds.sinceStartMs,
  );
  const [first] = stuck;
  if (first === undefined) return undefined;
  const pods = stuck.map((pod) => pod.name);
  const probe = evidence.events.find(
    ({ reason, object }) => reason === 'Unhealthy' && pods.some((p) => object === `Pod/${p}`),
  );
  return {
    name: 'never-ready',
    confidence: probe === undefined && !facts.rolloutStuck ? 0.65 : 0.75,
    because: [
      `${count(pods.length, 'pod')} (${names(pods)}) ran without a crash since ${span(now - first.createdAt)} ago, not ready.`,
      ...(probe === undefined ? [] : [`The kubelet says ${quoted(probe.message)}.`]),
    ],
    symptoms: notReadySymptoms(facts),
  };
}

function neverEnded({ restarts, stateReason, lastTermination }: ContainerEvidence): boolean {
  return restarts === 0 && stateReason === '' && lastTermination === undefined;
}

/** Containers of live pods that wait for one of these reasons. */
export function containersIn({ live }: Facts, reasons: ReadonlySet<string>): readonly SickContainer[] {
  return live.flatMap((pod) =>
    pod.containers.filter(({ stateReason }) => reasons.has(stateReason)).map((container) => ({ pod, container })),
  );
}

/** What is wrong with pods that do not start. */
export function notReadySymptoms({ rolloutStuck }: Facts): readonly Symptom[] {
  return rolloutStuck ? ['not-ready', 'rollout-stuck'] : ['not-ready'];
}
