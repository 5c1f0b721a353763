import type { CauseName } from '../../domain/diagnosis.ts';
import { fitsAny } from '../../domain/patterns.ts';
import type { Runbook } from '../../domain/policy.ts';
import type { Refusal } from '../../domain/remedy.ts';
import { costsNothing } from '../cost.ts';
import { effectOf } from '../effect.ts';
import { fit } from '../fit.ts';
import { JOB_PREFIX, jobName, jobOf } from '../job/job-object.ts';
import { readJobTemplate } from '../job/job-template.ts';
import { collectionPath, objectPath } from '../objects.ts';
import type { Consideration, Cures, Plan, PlanDeps, Remedy, RemedyContext } from '../remedy.ts';

/** What the runbook is worth its author knows, who wrote it for this cause. */
const LIKELIHOOD = 0.75;

const CURES = {
  'crash-loop-after-rollout': LIKELIHOOD,
  'crash-loop': LIKELIHOOD,
  'memory-leak': LIKELIHOOD,
  'memory-limit-too-low': LIKELIHOOD,
  'cpu-saturation': LIKELIHOOD,
  'cpu-throttling': LIKELIHOOD,
  'errors-after-rollout': LIKELIHOOD,
  'latency-after-rollout': LIKELIHOOD,
  'dependency-failure': LIKELIHOOD,
  'image-pull-failure': LIKELIHOOD,
  'configuration-error': LIKELIHOOD,
  unschedulable: LIKELIHOOD,
  'never-ready': LIKELIHOOD,
  'one-bad-pod': LIKELIHOOD,
  'node-not-ready': LIKELIHOOD,
  'node-pressure': LIKELIHOOD,
  'volume-filling': LIKELIHOOD,
  'autoscaler-at-maximum': LIKELIHOOD,
  'evicted-pods': LIKELIHOOD,
  'failed-job': LIKELIHOOD,
  unknown: LIKELIHOOD,
} as const satisfies Readonly<Record<CauseName, number>>;

const BASIS = {
  name: 'run-job',
  kinds: ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob', 'Rollout', 'Node', 'Namespace'],
} as const;

/** Key of a runbook's ConfigMap. */
const KEY = 'job.yaml';

/** Starts a Job that the policy names as the runbook for a cause. The Job's end is a part of the verification. */
export const runJob: Remedy = {
  name: BASIS.name,
  cures: CURES,
  summary: 'Starts the Job that the policy names as the runbook for the cause, from a template in a ConfigMap.',
  kinds: BASIS.kinds,
  needs: ['the runbooks of the policy'],
  refusals: ['bare-pod', 'wrong-kind', 'already-tried', 'no-runbook', 'runbook-invalid', 'changed-since'],
  undoes: 'Deletes the Job and its pods, when a person asks; what the Job did stays done.',
  afterwards: 'Read what the Job wrote: it is kept for a day.',
  changes: [],
  onByDefault: false,
  disruption: () => costsNothing('a Job is started; what it does to the workload is its own business'),
  consider,
  plan,
  tookEffect: effectOf,
  rbac: [
    { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] },
    { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'create', 'delete'] },
  ],
};

function consider(context: RemedyContext): Consideration {
  const { workload } = context.location;
  // A runbook that fails would otherwise be the reason for another one.
  if (workload.kind === 'Job' && workload.name.startsWith(JOB_PREFIX)) {
    return { kind: 'refused', refusal: noRunbook(`Job ${workload.name} is a runbook itself`) };
  }
  const books = runbooksFor(context);
  const fitting = fit({ ...BASIS, cures: curesOf(books) }, context);
  if (fitting.kind === 'fits') {
    const { name, because } = fitting.cause;
    return { kind: 'applies', cures: name, because };
  }
  if (fitting.refusal.code !== 'does-not-cure') return fitting;
  const where = workload.namespace === '' ? `a ${workload.kind}` : `namespace ${workload.namespace}`;
  const why = `no runbook of the policy is for ${context.diagnosis.causes[0].name} in ${where}`;
  return { kind: 'refused', refusal: noRunbook(why) };
}

function runbooksFor({ location, limits }: RemedyContext): readonly Runbook[] {
  return limits.runbooks.filter(({ namespaces }) => fitsAny(namespaces, location.workload.namespace));
}

function curesOf(books: readonly Runbook[]): Cures {
  return Object.fromEntries(books.flatMap(({ causes }) => causes.map((cause) => [cause, LIKELIHOOD])));
}

function noRunbook(why: string): Refusal {
  return { code: 'no-runbook', why, suggest: 'name one under policy.limits.runbooks' };
}

async function plan(context: RemedyContext, deps: PlanDeps): Promise<Plan> {
  const { actionId, rung, cures, now } = deps;
  const book = runbooksFor(context).find(({ causes }) => causes.includes(cures));
  if (book === undefined) {
    return { kind: 'refused', refusal: noRunbook(`no runbook of the policy is for ${cures} any more`) };
  }
  const { namespace } = book.configMap;
  const configMap = await deps.cluster.get('ConfigMap', book.configMap);
  const text = configMap?.data?.[KEY];
  if (text === undefined) {
    const what = configMap === undefined ? 'does not exist' : `has no key ${KEY}`;
    return { kind: 'refused', refusal: noRunbook(`${placeOf(book)} ${what}`) };
  }
  const template = readJobTemplate(text);
  if (template.kind === 'invalid') {
    const suggest = `correct it in ConfigMap ${namespace}/${book.configMap.name}`;
    return {
      kind: 'refused',
      refusal: { code: 'runbook-invalid', why: `${placeOf(book)}, key ${KEY}: ${template.why}`, suggest },
    };
  }
  const target = { kind: 'Job', namespace, name: jobName(actionId) };
  return {
    kind: 'planned',
    intent: {
      actionId,
      rung,
      remedy: BASIS.name,
      cures,
      target,
      uid: '',
      resourceVersion: '',
      write: {
        method: 'POST',
        path: collectionPath(target),
        contentType: 'application/json',
        body: jobOf(template, { namespace, name: target.name, runbook: book.name }, context, deps),
      },
      undo: { kind: 'delete', target, uid: '', path: objectPath(target), expect: {} },
      summary: `start Job ${namespace}/${target.name} for runbook ${book.name}`,
      plannedAt: now,
    },
  };
}

function placeOf({ name, configMap }: Runbook): string {
  return `runbook ${name}: ConfigMap ${configMap.namespace}/${configMap.name}`;
}
