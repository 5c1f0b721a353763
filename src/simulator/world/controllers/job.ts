import type { Condition } from '../../../domain/kubernetes.ts';
import type { Kinds } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import { isActive, isReady, ownerReference, podFromTemplate, terminatePod } from '../pods.ts';
import { createPod, noteFailedCreate } from './pod-control.ts';

type Job = Kinds['jobs'];
type CronJob = Kinds['cronjobs'];

/** Runs each Job's pods one after the other until enough succeeded or too many failed. Source: kubernetes pkg/controller/job. */
export function reconcileJobs(kit: Kit): void {
  for (const job of kit.list('jobs')) {
    if (isFinished(job)) {
      removeExpired(kit, job);
    } else if (job.metadata.deletionTimestamp === undefined && job.spec?.suspend !== true) {
      reconcileJob(kit, job);
    }
  }
}

function isFinished(job: Job): boolean {
  return (job.status?.conditions ?? []).some(
    (condition) => (condition.type === 'Complete' || condition.type === 'Failed') && condition.status === 'True',
  );
}

function reconcileJob(kit: Kit, job: Job): void {
  const pods = kit.owned('pods', job.metadata.uid);
  const inPhase = (phase: string) => pods.filter((pod) => pod.status?.phase === phase).length;
  const succeeded = inPhase('Succeeded');
  const failed = inPhase('Failed');
  const ended = endOf(kit, job, { succeeded, failed });
  let active = pods.length - succeeded - failed;
  if (ended === undefined && active === 0) {
    active = startPod(kit, job) ? 1 : 0;
  }
  for (const pod of ended === undefined ? [] : pods.filter(isActive)) {
    terminatePod(kit, pod);
  }
  kit.updateStatus('jobs', job, {
    ...withoutZeros({ active, succeeded, failed }),
    ready: pods.filter(isReady).length,
    startTime: job.status?.startTime ?? kit.stamp(),
    ...(ended?.type === 'Complete' ? { completionTime: kit.stamp() } : {}),
    ...(ended === undefined ? {} : { conditions: [ended] }),
  });
}

/** The condition with which a Job is over; undefined while it is not. */
function endOf(
  kit: Kit,
  job: Job,
  { succeeded, failed }: { readonly succeeded: number; readonly failed: number },
): Condition | undefined {
  const times = { status: 'True', lastProbeTime: kit.stamp(), lastTransitionTime: kit.stamp() };
  if (succeeded >= (job.spec?.completions ?? 1)) {
    const message = 'Reached expected number of succeeded pods';
    return { type: 'Complete', ...times, reason: 'CompletionsReached', message };
  }
  if (isLate(job, kit.now())) {
    const message = 'Job was active longer than specified deadline';
    return { type: 'Failed', ...times, reason: 'DeadlineExceeded', message };
  }
  return failed > (job.spec?.backoffLimit ?? 6)
    ? {
        type: 'Failed',
        ...times,
        reason: 'BackoffLimitExceeded',
        message: 'Job has reached the specified backoff limit',
      }
    : undefined;
}

function isLate({ spec, status }: Job, now: number): boolean {
  const { activeDeadlineSeconds } = spec ?? {};
  const started = Date.parse(status?.startTime ?? '');
  return activeDeadlineSeconds !== undefined && started + activeDeadlineSeconds * 1_000 <= now;
}

/** A Job that has ended goes after its time to live. Source: kubernetes pkg/controller/ttlafterfinished. */
function removeExpired(kit: Kit, job: Job): void {
  const { ttlSecondsAfterFinished } = job.spec ?? {};
  const ended = job.status?.conditions?.find(({ type }) => type === 'Complete' || type === 'Failed');
  const at = Date.parse(ended?.lastTransitionTime ?? '');
  if (ttlSecondsAfterFinished !== undefined && at + ttlSecondsAfterFinished * 1_000 <= kit.now()) {
    kit.remove('jobs', job.metadata.namespace, job.metadata.name);
  }
}

/** The API leaves counts of zero out. */
function withoutZeros(counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}

function startPod(kit: Kit, job: Job): boolean {
  const template = job.spec?.template;
  if (template === undefined) {
    return false;
  }
  const labels = { 'batch.kubernetes.io/job-name': job.metadata.name, 'job-name': job.metadata.name };
  const restartPolicy = template.spec['restartPolicy'] === 'OnFailure' ? 'OnFailure' : 'Never';
  const pod = createPod(kit, job, podFromTemplate(job, template, { labels, restartPolicy }));
  if (typeof pod === 'string') {
    noteFailedCreate(kit, job, { message: pod, component: 'job-controller' });
  }
  return typeof pod !== 'string';
}

const KEPT = { succeeded: 3, failed: 1 };

/** Starts the Jobs of each CronJob when they are due, and removes its old ones. */
export function reconcileCronJobs(kit: Kit): void {
  for (const cron of kit.list('cronjobs')) {
    const due = dueMinute(cron.spec?.schedule ?? '', kit.now());
    const last = Date.parse(cron.status?.lastScheduleTime ?? cron.metadata.creationTimestamp);
    if (cron.spec?.suspend !== true && due !== undefined && due > last) {
      startJob(kit, cron, due);
    }
    trimJobs(kit, cron);
  }
}

/**
 * The latest time at or before `now` that the schedule names. Understood are `* * * * *`, `N * * * *` and steps of minutes
 * (`x/N` with x a star); others never run.
 */
export function dueMinute(schedule: string, now: number): number | undefined {
  const [minute, ...rest] = schedule.trim().split(/\s+/);
  if (minute === undefined || rest.length !== 4 || rest.some((field) => field !== '*')) {
    return undefined;
  }
  const step = /^\*(?:\/([0-9]+))?$/.exec(minute);
  const everyMs = step === null ? 3_600_000 : Number(step[1] ?? 1) * 60_000;
  const offsetMs = step === null ? Number(minute) * 60_000 : 0;
  return everyMs > 0 && Number.isInteger(offsetMs) && offsetMs >= 0 && offsetMs < 3_600_000
    ? Math.floor((now - offsetMs) / everyMs) * everyMs + offsetMs
    : undefined;
}

function startJob(kit: Kit, cron: CronJob, due: number): void {
  const name = `${cron.metadata.name}-${Math.floor(due / 60_000)}`;
  const spec = cron.spec?.jobTemplate?.spec;
  if (kit.get('jobs', cron.metadata.namespace, name) === undefined && spec !== undefined) {
    kit.create('jobs', {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name, namespace: cron.metadata.namespace ?? 'default', ownerReferences: [ownerReference(cron)] },
      spec,
      status: {},
    });
  }
  kit.updateStatus('cronjobs', cron, { lastScheduleTime: kit.stamp(due) });
}

function trimJobs(kit: Kit, cron: CronJob): void {
  const jobs = kit.owned('jobs', cron.metadata.uid);
  for (const [type, kept] of [
    ['Complete', KEPT.succeeded],
    ['Failed', KEPT.failed],
  ] as const) {
    const ended = jobs.filter((job) => job.status?.conditions?.some((condition) => condition.type === type) === true);
    for (const job of ended.slice(0, Math.max(0, ended.length - kept))) {
      kit.remove('jobs', job.metadata.namespace, job.metadata.name);
    }
  }
}
