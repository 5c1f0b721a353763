import type { Deployment } from '../../domain/kubernetes.ts';
import { ACTION_ID_ANNOTATION, HELD_BY_ANNOTATION, type Intent, type Refusal } from '../../domain/remedy.ts';
import { costsNothing } from '../cost.ts';
import { effectOf } from '../effect.ts';
import { fit } from '../fit.ts';
import { markedMetadata, objectPath, readRollout } from '../objects.ts';
import { gitOpsRefusal, marksOf } from '../ownership.ts';
import { HELD_BY_POINTER, holdOf, type PauseHold } from '../rollout/pause-mark.ts';
import { refused, type Consideration, type Plan, type PlanDeps, type Remedy, type RemedyContext } from '../remedy.ts';
import { templateHash } from '../rollout/template-hash.ts';

const BASIS = {
  name: 'resume-rollout',
  // Somebody has put another template in the place of the bad one, and nothing but the pause keeps it from its pods.
  cures: {
    'crash-loop-after-rollout': 0.7,
    'errors-after-rollout': 0.7,
    'latency-after-rollout': 0.7,
    'image-pull-failure': 0.7,
    'configuration-error': 0.7,
    'never-ready': 0.7,
  },
  kinds: ['Deployment'],
} as const;

/** Lets a rollout go on that AutoHeal paused, once its template is another one. */
export const resumeRollout: Remedy = {
  name: BASIS.name,
  cures: BASIS.cures,
  summary:
    'Lets a rollout go on that AutoHeal paused, once somebody has put another template in the place of the bad one.',
  kinds: BASIS.kinds,
  needs: ['rollout'],
  refusals: [
    'bare-pod',
    'wrong-kind',
    'does-not-cure',
    'already-tried',
    'not-held-by-autoheal',
    'gitops-owned',
    'operator-owned',
    'changed-since',
  ],
  undoes: 'Pauses the rollout again, while its template is still the same; only when a person asks.',
  afterwards: 'The rollout goes on with the new template: see that it is the repaired one.',
  changes: ['revision'],
  onByDefault: true,
  disruption: () => costsNothing('the pods are replaced by the rollout that somebody asked for'),
  consider,
  plan,
  tookEffect: effectOf,
  rbac: [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'patch'] }],
};

function consider(context: RemedyContext): Consideration {
  const fitting = fit(BASIS, context);
  if (fitting.kind === 'refused') return fitting;
  const { state } = context.diagnosis.evidence;
  if (state === undefined) return refused('not-held-by-autoheal', 'whether the rollout is paused could not be read');
  const refusal = heldRefusal(state.paused, state.annotations) ?? gitOpsRefusal(state);
  if (refusal !== undefined) return { kind: 'refused', refusal };
  return { kind: 'applies', cures: fitting.cause.name, because: fitting.cause.because };
}

/** A rollout that somebody else paused is theirs to resume. */
function heldRefusal(paused: boolean, annotations: Readonly<Record<string, string>> = {}): Refusal | undefined {
  if (!paused) return { code: 'not-held-by-autoheal', why: 'the rollout is not paused' };
  if (holdOf(annotations[HELD_BY_ANNOTATION]) !== undefined) return undefined;
  return { code: 'not-held-by-autoheal', why: 'the rollout is paused, but not by AutoHeal' };
}

async function plan(context: RemedyContext, deps: PlanDeps): Promise<Plan> {
  const { workload, uid } = context.location;
  const rollout = await readRollout(deps.cluster, workload);
  if (rollout === undefined || rollout.object.metadata.uid !== uid) {
    return refused('changed-since', 'the workload is gone or is another object by now');
  }
  if (rollout.kind !== 'Deployment') return refused('wrong-kind', `a ${rollout.kind} cannot be paused`);
  const { metadata, spec } = rollout.object;
  const held = holdOf(metadata.annotations?.[HELD_BY_ANNOTATION]);
  const refusal =
    heldRefusal(spec.paused === true, metadata.annotations) ??
    gitOpsRefusal(marksOf(rollout.object)) ??
    sameTemplateRefusal(rollout.object, held);
  if (refusal !== undefined) return { kind: 'refused', refusal };
  return { kind: 'planned', intent: intentFor(rollout.object, context, deps) };
}

function sameTemplateRefusal({ spec }: Deployment, held: PauseHold | undefined): Refusal | undefined {
  if (held?.template !== templateHash(spec.template)) return undefined;
  return {
    code: 'does-not-cure',
    why: `the template is still the one that ${held.actionId} paused: resuming would go on with the bad rollout`,
    suggest: 'put the template right first; AutoHeal then resumes the rollout, or kubectl rollout resume does',
  };
}

function intentFor(deployment: Deployment, { location }: RemedyContext, deps: PlanDeps): Intent {
  const { uid, resourceVersion } = deployment.metadata;
  const target = location.workload;
  const path = objectPath(target);
  const { annotations, ...marked } = markedMetadata(deployment, deps.actionId);
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
      contentType: 'application/merge-patch+json',
      body: {
        metadata: { ...marked, annotations: { ...annotations, [HELD_BY_ANNOTATION]: null } },
        spec: { paused: null },
      },
    },
    summary: 'resume the rollout, with the template that was put in since it was paused',
    diff: '- spec.paused: true',
    undo: {
      target,
      uid,
      path,
      // What was removed cannot be compared with: the mark stands for it.
      expect: { [ACTION_ID_POINTER]: deps.actionId, '/spec/template': deployment.spec.template },
      restore: {
        '/spec/paused': true,
        [HELD_BY_POINTER]: deployment.metadata.annotations?.[HELD_BY_ANNOTATION] ?? null,
      },
    },
    plannedAt: deps.now,
  };
}

const ACTION_ID_POINTER = `/metadata/annotations/${ACTION_ID_ANNOTATION.replaceAll('/', '~1')}`;
