import type { RevisionEvidence } from '../../domain/diagnosis.ts';
import type { Disruption, Intent, Refusal } from '../../domain/remedy.ts';
import { abortTookEffect, isArgoRollout, planAbort } from '../rollout/argo-rollout.ts';
import { costOfReplacing, costsNothing } from '../cost.ts';
import { fit } from '../fit.ts';
import { makeNeedsRefusal } from '../rollout/missing-needs.ts';
import {
  annotationOperation,
  countsOf,
  objectPath,
  readRollout,
  ROLLOUT_KINDS,
  valueAt,
  type Rollout,
} from '../objects.ts';
import { gitOpsRefusal, helmNote, marksOf, type OwnershipMarks } from '../ownership.ts';
import { refused, type Consideration, type Plan, type PlanDeps, type Remedy, type RemedyContext } from '../remedy.ts';
import { revisionsOf, type Revision } from '../rollout/revisions.ts';
import { ROLLED_BACK_FROM_ANNOTATION, rolledBackFrom, withRollbackFrom } from '../rollout/rolled-back-from.ts';
import { blameRefusal, diagnosedRefusal, noRollbackRefusal, provenRefusal } from '../rollout/rollout-blame.ts';
import { sameJson } from '../same-json.ts';
import { templateDiff } from '../rollout/template-diff.ts';
import { healthyRevisions, isAmbiguous, type RevisionAge } from '../rollout/tenure.ts';

const BASIS = {
  name: 'rollback',
  // The documented cure of most faults that begin with a change, and of no other.
  cures: {
    'crash-loop-after-rollout': 0.95,
    'errors-after-rollout': 0.9,
    'image-pull-failure': 0.9,
    'latency-after-rollout': 0.85,
    'configuration-error': 0.85,
    'never-ready': 0.8,
  },
  kinds: [...ROLLOUT_KINDS, 'Rollout'],
} as const;

/** Puts back the pod template of the newest older revision that is known to have worked. An Argo Rollout is aborted. */
export const rollback: Remedy = {
  name: BASIS.name,
  cures: BASIS.cures,
  summary:
    'Puts back the pod template of the newest older revision that is known to have worked; aborts the update of an Argo Rollout.',
  kinds: BASIS.kinds,
  needs: ['revisions', 'rollout', 'ConfigMaps and Secrets of the older template'],
  refusals: [
    'bare-pod',
    'wrong-kind',
    'does-not-cure',
    'already-tried',
    'paused',
    'rollout-in-progress',
    'no-rollback-annotation',
    'gitops-owned',
    'operator-owned',
    'no-healthy-revision',
    'no-revision-history',
    'revision-needs-missing',
    'no-rollout-in-progress',
    'symptom-older-than-revision',
    'changed-since',
    'forbidden',
  ],
  undoes:
    'Puts the newer template back, in one patch, or lets the Argo Rollout try its update again; only when a person asks.',
  afterwards: 'The rollout was taken back, not repaired: repair it before the next one.',
  changes: ['pods', 'revision'],
  onByDefault: true,
  disruption,
  consider,
  plan,
  tookEffect: abortTookEffect,
  rbac: [
    { apiGroups: ['apps'], resources: ['deployments', 'statefulsets', 'daemonsets'], verbs: ['get', 'patch'] },
    { apiGroups: ['apps'], resources: ['replicasets', 'controllerrevisions'], verbs: ['list'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
    { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] },
    {
      apiGroups: [''],
      resources: ['secrets'],
      verbs: ['get'],
      optional: 'a rollback to a revision that needs a Secret which the present one does without is refused then',
    },
    {
      apiGroups: ['argoproj.io'],
      resources: ['rollouts'],
      verbs: ['get', 'patch'],
      optional: 'only for Argo Rollouts, whose updates are not aborted then',
    },
    {
      apiGroups: ['argoproj.io'],
      resources: ['rollouts/status'],
      verbs: ['patch'],
      optional: 'only for Argo Rollouts, whose updates are not aborted then',
    },
  ],
};

function consider(context: RemedyContext): Consideration {
  const fitting = fit(BASIS, context);
  if (fitting.kind === 'refused') return fitting;
  const { evidence } = context.diagnosis;
  const { state, at } = evidence;
  const argo = isArgoRollout(context.location.workload);
  const revisions = currentFirst(evidence.revisions);
  const refusal =
    (state === undefined ? undefined : stateRefusal(state, state.paused, argo)) ??
    blameRefusal(revisions, context) ??
    // Argo Rollouts itself keeps the stable revision that it goes back to.
    (argo ? undefined : unhealthyRefusal(revisions, rolledBackFrom(state?.annotations, at))) ??
    provenRefusal(revisions, fitting.cause.name);
  if (refusal !== undefined) return { kind: 'refused', refusal };
  return { kind: 'applies', cures: fitting.cause.name, because: fitting.cause.because };
}

/** The evidence's revisions up to and including the current one, newest first. */
function currentFirst(revisions: readonly RevisionEvidence[]): readonly RevisionAge[] {
  const newestFirst = [...revisions].sort((a, b) => b.revision - a.revision);
  const current = newestFirst.findIndex((each) => each.current);
  return newestFirst
    .slice(Math.max(current, 0))
    .map(({ revision, name, createdAt, readyReplicas }) => ({ revision, name, createdAt, readyPods: readyReplicas }));
}

/** An abort does not touch what a GitOps controller or an operator writes. */
function stateRefusal(marks: OwnershipMarks, paused: boolean, argo: boolean): Refusal | undefined {
  const noRollback = noRollbackRefusal(marks.annotations);
  if (noRollback !== undefined) return noRollback;
  if (paused) return { code: 'paused', why: 'the rollout is paused; somebody holds it back' };
  return argo ? undefined : gitOpsRefusal(marks);
}

function unhealthyRefusal(revisions: readonly RevisionAge[], left: ReadonlySet<string>): Refusal | undefined {
  return healthyRevisions(revisions, left).length > 0 ? undefined : noneHealthy(revisions, left);
}

function noneHealthy(revisions: readonly RevisionAge[], left: ReadonlySet<string>): Refusal {
  const avoided = revisions.slice(1).filter(({ name }) => left.has(name));
  const but =
    avoided.length === 0
      ? ''
      : `; AutoHeal itself rolled back from ${avoided.map(({ revision }) => revision).join(', ')} within 24 h`;
  return { code: 'no-healthy-revision', why: `no older revision is known to have worked${but}` };
}

/** Only the pods of the revision that is left are replaced; what an older one still serves with stays. */
function disruption({ diagnosis: { evidence } }: RemedyContext): Disruption {
  if (evidence.state?.maxUnavailable === 0) return costsNothing('the rollout strategy lets no pod be missing');
  const current = evidence.revisions.find((each) => each.current);
  const left = evidence.pods.filter(({ revisionHash }) => current === undefined || revisionHash === current.hash);
  return costOfReplacing(left, evidence);
}

async function plan(context: RemedyContext, deps: PlanDeps): Promise<Plan> {
  const { workload, uid } = context.location;
  if (isArgoRollout(workload)) return planAbort(context, deps);
  const rollout = await readRollout(deps.cluster, workload);
  if (rollout === undefined || rollout.object.metadata.uid !== uid) {
    return refused('changed-since', 'the workload is gone or is another object by now');
  }
  const revisions = await revisionsOf(deps.cluster, rollout, workload);
  const refusal =
    strategyRefusal(rollout) ??
    unseenRefusal(rollout) ??
    stateRefusal(marksOf(rollout.object), countsOf(rollout).paused, false) ??
    historyRefusal(rollout) ??
    blameRefusal(revisions, context) ??
    provenRefusal(revisions, deps.cures) ??
    diagnosedRefusal(context, revisions);
  if (refusal !== undefined) return { kind: 'refused', refusal };
  const chosen = await choose(rollout, revisions, { context, deps });
  if (chosen.kind === 'refused') return chosen;
  return { kind: 'planned', intent: intentFor(rollout, chosen, { current: revisions[0], context, deps }) };
}

function strategyRefusal(rollout: Rollout): Refusal | undefined {
  if (rollout.kind === 'Deployment') return undefined;
  if (rollout.object.spec.updateStrategy?.type !== 'OnDelete') return undefined;
  return { code: 'wrong-kind', why: `the ${rollout.kind} updates OnDelete: a rollback would not reach its pods` };
}

/** Before the controller has seen the newest spec, the newest revision in the list is not the current one. */
function unseenRefusal(rollout: Rollout): Refusal | undefined {
  const { generation, observedGeneration } = countsOf(rollout);
  if ((observedGeneration ?? -1) >= (generation ?? 0)) return undefined;
  return { code: 'rollout-in-progress', why: 'the controller has not seen the newest spec yet' };
}

/** Somebody wants no old revisions to be kept, and so none to go back to. */
function historyRefusal({ object }: Rollout): Refusal | undefined {
  if (object.spec.revisionHistoryLimit !== 0) return undefined;
  return {
    code: 'no-revision-history',
    why: 'spec.revisionHistoryLimit is 0: no older revision is kept',
    suggest: 'raise spec.revisionHistoryLimit, and roll the last good version out by hand',
  };
}

interface Planning {
  readonly context: RemedyContext;
  readonly deps: PlanDeps;
}

interface Chosen {
  readonly kind: 'chosen';
  readonly revision: Revision;
  /** Better ones that cannot be used, each with the reason. */
  readonly skipped: readonly Refusal[];
}

/** So many healthy revisions are looked at: each may ask for several objects. */
const MAX_CANDIDATES = 5;
/** Source: the default of `spec.revisionHistoryLimit`. */
const KEPT_BY_DEFAULT = 10;

/** The best of the healthy revisions whose pods would find what they need; the refusal of the best one where none would. */
async function choose(
  { object }: Rollout,
  revisions: readonly Revision[],
  { context, deps }: Planning,
): Promise<Chosen | ReturnType<typeof refused>> {
  const left = rolledBackFrom(object.metadata.annotations, deps.now);
  const unsure = isAmbiguous(revisions, object.spec.revisionHistoryLimit ?? KEPT_BY_DEFAULT);
  const healthy = healthyRevisions(revisions, left).filter(({ readyPods }) => !unsure || readyPods > 0);
  const needsRefusal = makeNeedsRefusal(deps.cluster, context.location.workload.namespace, object.spec.template);
  const skipped: Refusal[] = [];
  for (const revision of healthy.slice(0, MAX_CANDIDATES)) {
    const refusal = sameJson(revision.template, object.spec.template)
      ? alreadyThere(revision)
      : await needsRefusal(revision);
    if (refusal === undefined) return { kind: 'chosen', revision, skipped };
    skipped.push(refusal);
  }
  return { kind: 'refused', refusal: skipped[0] ?? noneHealthy(revisions, left) };
}

function alreadyThere({ revision }: Revision): Refusal {
  return { code: 'no-healthy-revision', why: `the template is that of revision ${revision} already` };
}

function intentFor(
  { object }: Rollout,
  { revision, skipped }: Chosen,
  { current, context, deps }: Planning & { readonly current: Revision | undefined },
): Intent {
  const { uid, resourceVersion, annotations } = object.metadata;
  const target = context.location.workload;
  const path = objectPath(target);
  const left = withRollbackFrom(annotations, current?.name ?? '', deps.now);
  return {
    actionId: deps.actionId,
    rung: deps.rung,
    remedy: BASIS.name,
    cures: deps.cures,
    target,
    uid,
    resourceVersion,
    write: {
      method: 'PATCH',
      path,
      contentType: 'application/json-patch+json',
      body: [
        { op: 'test', path: '/metadata/uid', value: uid },
        { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
        { op: 'replace', path: '/spec/template', value: revision.template },
        annotationOperation(object, deps.actionId),
        { op: 'add', path: LEFT_POINTER, value: left },
      ],
    },
    summary: [
      `roll back from revision ${current?.revision ?? '?'} to ${revision.revision} (${imagesOf(revision)})`,
      ...skipped.map(({ why }) => why),
      ...[helmNote(marksOf(object)) ?? []].flat(),
    ].join('; '),
    diff: templateDiff(object.spec.template, revision.template),
    undo: {
      target,
      uid,
      path,
      expect: { '/spec/template': revision.template },
      restore: { '/spec/template': object.spec.template, [LEFT_POINTER]: valueAt(object, LEFT_POINTER) ?? null },
    },
    plannedAt: deps.now,
  };
}

const LEFT_POINTER = `/metadata/annotations/${ROLLED_BACK_FROM_ANNOTATION.replaceAll('/', '~1')}`;

function imagesOf(revision: Revision): string {
  return revision.template.spec.containers.map((container) => container.image ?? container.name).join(', ');
}
