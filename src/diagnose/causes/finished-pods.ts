import type { Cause } from '../../domain/diagnosis.ts';
import type { Facts } from './facts.ts';
import { count, names, quoted } from './quote.ts';

/** The kubelet evicted pods; what is left of them stays until someone cleans up. */
export function evictedPods({ evidence, notReady }: Facts): Cause | undefined {
  const evicted = evidence.pods.filter((pod) => pod.reason === 'Evicted');
  if (evicted.length === 0) return undefined;
  const event = evidence.events.find(({ reason }) => reason === 'Evicted');
  return {
    name: 'evicted-pods',
    confidence: notReady.length > 0 ? 0.7 : 0.6,
    because: [
      `${count(evicted.length, 'pod')} (${names(evicted.map((pod) => pod.name))}) ${evicted.length === 1 ? 'was' : 'were'} evicted.`,
      ...(event === undefined ? [] : [`The kubelet says ${quoted(event.message)}.`]),
    ],
    symptoms: ['evicted-pods', ...(notReady.length > 0 ? (['not-ready'] as const) : [])],
  };
}

/** A Job gave up, or has pods that failed while it still tries. */
export function failedJob({ evidence: { job } }: Facts): Cause | undefined {
  if (job === undefined) return undefined;
  const verdict = job.conditions.find(({ type, status }) => type === 'Failed' && status === 'True');
  if (verdict === undefined && (job.failed === 0 || job.succeeded > 0)) return undefined;
  const why = verdict?.message ?? verdict?.reason ?? '';
  return {
    name: 'failed-job',
    confidence: verdict === undefined ? 0.6 : 0.95,
    because: [
      `${count(job.failed, 'pod')} of the Job failed${verdict === undefined ? '' : ', and it gave up'}.`,
      ...(why === '' ? [] : [`The Job says ${quoted(why)}.`]),
    ],
    symptoms: ['job-failed'],
  };
}
