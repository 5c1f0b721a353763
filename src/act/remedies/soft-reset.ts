import { costsNothing } from '../cost.ts';
import { effectOf } from '../effect.ts';
import { fit } from '../fit.ts';
import { healPath, healTarget } from '../traffic/heal-url.ts';
import { countsOf, markedMetadata, objectPath, readRollout, ROLLOUT_KINDS } from '../objects.ts';
import { OWN_SERVICES_ACCESS, ownServices } from '../traffic/own-services.ts';
import { refused, type Consideration, type Plan, type PlanDeps, type Remedy, type RemedyContext } from '../remedy.ts';

const BASIS = {
  name: 'soft-reset',
  // A process that drops its caches and connections is rid of what it has piled up, and of no more than that. Of several
  // replicas the Service reaches one.
  cures: { 'memory-leak': 0.72, 'one-bad-pod': 0.5, 'cpu-saturation': 0.35, 'dependency-failure': 0.3 },
  kinds: ROLLOUT_KINDS,
} as const;

/**
 * Asks the workload itself to put right what it can, over the heal endpoint that it is annotated with: nothing is restarted
 * and nobody is disconnected. Never calls anything but a Service of the workload's own.
 */
export const softReset: Remedy = {
  name: BASIS.name,
  cures: BASIS.cures,
  summary: 'Sends a POST to the heal endpoint that the workload is annotated with, through its own Service.',
  kinds: BASIS.kinds,
  needs: ['annotations', 'services'],
  refusals: ['bare-pod', 'wrong-kind', 'does-not-cure', 'already-tried', 'no-endpoint', 'no-service', 'changed-since'],
  undoes: 'Cannot be taken back: what the endpoint does is the business of the workload.',
  afterwards: 'A reset ends the symptom, not its reason: find out what piles up in the process.',
  changes: [],
  onByDefault: true,
  disruption: () => costsNothing('the workload resets itself; no pod is taken away'),
  consider,
  plan,
  tookEffect: effectOf,
  rbac: [
    { apiGroups: ['apps'], resources: ['deployments', 'statefulsets', 'daemonsets'], verbs: ['get', 'patch'] },
    ...OWN_SERVICES_ACCESS,
  ],
};

function consider(context: RemedyContext): Consideration {
  const fitting = fit(BASIS, context);
  if (fitting.kind === 'refused') return fitting;
  const { state } = context.diagnosis.evidence;
  const path = state === undefined ? undefined : healPath(state.annotations);
  if (path?.kind === 'refused') return path;
  return { kind: 'applies', cures: fitting.cause.name, because: fitting.cause.because };
}

async function plan(context: RemedyContext, deps: PlanDeps): Promise<Plan> {
  const { workload, uid } = context.location;
  const rollout = await readRollout(deps.cluster, workload);
  if (rollout === undefined || rollout.object.metadata.uid !== uid) {
    return refused('changed-since', 'the workload is gone or is another object by now');
  }
  const { object } = rollout;
  const annotations = object.metadata.annotations ?? {};
  const path = healPath(annotations);
  if (path.kind === 'refused') return path;
  const endpoint = healTarget(await ownServices(deps.cluster, rollout, workload.namespace), annotations);
  if (endpoint.kind === 'refused') return endpoint;
  const { service, port } = endpoint;
  const { actionId, rung, cures, now } = deps;
  const { desired } = countsOf(rollout);
  const reach = desired > 1 ? `; it reaches one of ${desired} pods` : '';
  return {
    kind: 'planned',
    intent: {
      actionId,
      rung,
      remedy: BASIS.name,
      cures,
      target: workload,
      uid,
      resourceVersion: object.metadata.resourceVersion,
      // The mark comes before the call: after a crash it shows that the endpoint may have been called.
      write: {
        method: 'PATCH',
        path: objectPath(workload),
        contentType: 'application/merge-patch+json',
        body: { metadata: markedMetadata(object, actionId) },
      },
      call: { method: 'POST', url: `http://${service}.${workload.namespace}.svc:${port}${path.path}` },
      summary: `POST ${path.path} to Service ${service}, port ${port}${reach}`,
      plannedAt: now,
    },
  };
}
