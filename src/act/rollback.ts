import type { CauseName, RevisionEvidence } from '../domain/diagnosis.ts';
import { NO_ROLLBACK_ANNOTATION, type Intent, type Refusal } from '../domain/remedy.ts';
import { costOfRollingOver } from './cost.ts';
import { effectOf } from './effect.ts';
import { fit } from './fit.ts';
import { annotationOperation, countsOf, objectPath, readRollout, ROLLOUT_KINDS, type Rollout } from './objects.ts';
import { gitOpsRefusal, marksOf, type OwnershipMarks } from './ownership.ts';
import { healthyRevision, revisionsOf, type Revision, type RevisionAge } from './revisions.ts';
import { refused, type Consideration, type Plan, type PlanDeps, type Remedy, type RemedyContext } from './remedy.ts';
import { sameJson } from './same-json.ts';

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
  kinds: ROLLOUT_KINDS,
} as const;

/** Alerts may take an hour to fire (KubeContainerWaiting); a symptom that is later than this has another reason. */
const REVISION_TO_BLAME_MS = 2 * 60 * 60 * 1000;

/** Puts back the pod template of the newest older revision that is known to have worked. */
export const rollback: Remedy = {
  name: BASIS.name,
  cures: BASIS.cures,
  summary: 'Puts back the pod template of the newest older revision that is known to have worked.',
  kinds: BASIS.kinds,
  needs: ['revisions', 'rollout'],
  refusals: [
    'bare-pod',
    'wrong-kind',
    'does-not-cure',
    'already-tried',
    'paused',
    'rollout-in-progress',
    'no-rollback-annotation',
    'gitops-owned',
    'no-healthy-revision',
    'symptom-older-than-revision',
    'changed-since',
  ],
  undoes: 'Puts the newer template back, in one patch; only when a person asks.',
  afterwards: 'The rollout was taken back, not repaired: repair it before the next one.',
  onByDefault: true,
  disruption: ({ diagnosis }) => costOfRollingOver(diagnosis.evidence),
  consider,
  plan,
  tookEffect: effectOf,
  rbac: [
    { apiGroups: ['apps'], resources: ['deployments', 'statefulsets', 'daemonsets'], verbs: ['get', 'patch'] },
    { apiGroups: ['apps'], resources: ['replicasets', 'controllerrevisions'], verbs: ['list'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
  ],
};

function consider(context: RemedyContext): Consideration {
  const fitting = fit(BASIS, context);
  if (fitting.kind === 'refused') return fitting;
  const { state, revisions } = context.diagnosis.evidence;
  const refusal =
    (state === undefined ? undefined : ownerRefusal(state, state.paused)) ??
    revisionRefusal(currentFirst(revisions), context.symptomSince) ??
    provenRefusal(currentFirst(revisions), fitting.cause.name);
  if (refusal !== undefined) return { kind: 'refused', refusal };
  return { kind: 'applies', cures: fitting.cause.name, because: fitting.cause.because };
}

/** The evidence's revisions up to and including the current one, in the order that `healthyRevision` takes. */
function currentFirst(revisions: readonly RevisionEvidence[]): readonly RevisionAge[] {
  const newestFirst = [...revisions].sort((a, b) => b.revision - a.revision);
  const current = newestFirst.findIndex((each) => each.current);
  return newestFirst.slice(Math.max(current, 0)).map((each) => ({ ...each, readyPods: each.readyReplicas }));
}

function ownerRefusal(marks: OwnershipMarks, paused: boolean): Refusal | undefined {
  const noRollback = marks.annotations[NO_ROLLBACK_ANNOTATION];
  if (noRollback !== undefined && noRollback !== 'false') {
    return { code: 'no-rollback-annotation', why: `the annotation ${NO_ROLLBACK_ANNOTATION} forbids rollbacks` };
  }
  if (paused) return { code: 'paused', why: 'the rollout is paused; somebody holds it back' };
  return gitOpsRefusal(marks);
}

function revisionRefusal(revisions: readonly RevisionAge[], symptomSince: number | undefined): Refusal | undefined {
  const [current] = revisions;
  if (current === undefined || revisions.length < 2) {
    return { code: 'no-healthy-revision', why: 'there is no older revision' };
  }
  if (symptomSince !== undefined && symptomSince < current.createdAt) {
    const minutes = Math.ceil((current.createdAt - symptomSince) / 60_000);
    return {
      code: 'symptom-older-than-revision',
      why: `the symptom began ${minutes} min before revision ${current.revision} was made`,
    };
  }
  if (symptomSince !== undefined && symptomSince - current.createdAt > REVISION_TO_BLAME_MS) {
    const hours = Math.floor((symptomSince - current.createdAt) / 3_600_000);
    return { code: 'does-not-cure', why: `revision ${current.revision} ran for ${hours} h before the symptom began` };
  }
  if (healthyRevision(revisions) === undefined) {
    return { code: 'no-healthy-revision', why: 'no older revision is known to have worked' };
  }
  return undefined;
}

/** Causes that keep every pod of a revision from ever serving, where the revision is to blame. */
const KEEPS_FROM_STARTING: ReadonlySet<CauseName> = new Set([
  'never-ready',
  'image-pull-failure',
  'configuration-error',
]);

/** A revision that has ready pods can start: something else keeps the others from it (one stuck process, a registry). */
function provenRefusal([current]: readonly RevisionAge[], cause: CauseName): Refusal | undefined {
  if (current === undefined || current.readyPods === 0 || !KEEPS_FROM_STARTING.has(cause)) return undefined;
  const why = `${current.readyPods} pods of the current revision ${current.revision} are ready: it is not to blame for ${cause}`;
  return { code: 'does-not-cure', why };
}

async function plan(context: RemedyContext, deps: PlanDeps): Promise<Plan> {
  const { workload, uid } = context.location;
  const rollout = await readRollout(deps.cluster, workload);
  if (rollout === undefined || rollout.object.metadata.uid !== uid) {
    return refused('changed-since', 'the workload is gone or is another object by now');
  }
  const revisions = await revisionsOf(deps.cluster, rollout, workload);
  const refusal =
    strategyRefusal(rollout) ??
    unseenRefusal(rollout) ??
    ownerRefusal(marksOf(rollout.object), countsOf(rollout).paused) ??
    revisionRefusal(revisions, context.symptomSince) ??
    provenRefusal(revisions, deps.cures) ??
    diagnosedRefusal(context, revisions);
  if (refusal !== undefined) return { kind: 'refused', refusal };
  const chosen = healthyRevision(revisions);
  if (chosen === undefined) return refused('no-healthy-revision', 'no older revision is known to have worked');
  if (sameJson(chosen.template, rollout.object.spec.template)) {
    return refused('no-healthy-revision', `the template is that of revision ${chosen.revision} already`);
  }
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

/** A revision that came after the diagnosis is somebody's work of this minute: they are at it, AutoHeal stands back. */
function diagnosedRefusal(context: RemedyContext, revisions: readonly Revision[]): Refusal | undefined {
  const diagnosed = context.diagnosis.evidence.revisions.find((each) => each.current);
  const [current] = revisions;
  if (diagnosed === undefined || current === undefined || diagnosed.revision === current.revision) return undefined;
  return {
    code: 'changed-since',
    why: `revision ${current.revision} came after the diagnosis of ${diagnosed.revision}`,
  };
}

function intentFor(
  rollout: Rollout,
  chosen: Revision,
  {
    current,
    context,
    deps,
  }: { readonly current: Revision | undefined; readonly context: RemedyContext; readonly deps: PlanDeps },
): Intent {
  const { object } = rollout;
  const { uid, resourceVersion } = object.metadata;
  const target = context.location.workload;
  const path = objectPath(target);
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
        { op: 'replace', path: '/spec/template', value: chosen.template },
        annotationOperation(object, deps.actionId),
      ],
    },
    summary: `roll back from revision ${current?.revision ?? '?'} to ${chosen.revision} (${imagesOf(chosen)})`,
    undo: {
      target,
      uid,
      path,
      expect: { '/spec/template': chosen.template },
      restore: { '/spec/template': object.spec.template },
    },
    plannedAt: deps.now,
  };
}

function imagesOf(revision: Revision): string {
  return revision.template.spec.containers.map((container) => container.image ?? container.name).join(', ');
}
