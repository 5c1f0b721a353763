import type { KubernetesObject, Service } from '../../domain/kubernetes.ts';
import { ACTION_ID_ANNOTATION, type Intent, type PlannedWrite, type Refusal } from '../../domain/remedy.ts';
import type { WorkloadRef } from '../../domain/workload.ts';
import { fallbackName, healthyFallback } from './fallback.ts';
import { HTTP_ROUTE, shiftedWeights, type RouteShift } from './http-route.ts';
import { markedPatch, type JsonPatchOperation } from '../json-patch.ts';
import { objectPath, valueAt, type Rollout } from '../objects.ts';
import { isHeadless, ownServices } from './own-services.ts';
import { gitOpsRefusal, marksOf } from '../ownership.ts';
import { refused, type Plan, type PlanDeps, type RemedyContext } from '../remedy.ts';
import { temporaryMarks } from '../temporary.ts';

/**
 * The writes that send a workload's traffic to its annotated stand-in: by the weights of the HTTPRoutes that have both as
 * backends, or else by the selector of the workload's Services.
 */
export async function planShift(rollout: Rollout, context: RemedyContext, deps: PlanDeps): Promise<Plan> {
  const { namespace } = context.location.workload;
  const named = fallbackName(rollout.object.metadata.annotations ?? {});
  if (named.kind === 'refused') return named;
  const fallback = await healthyFallback(deps.cluster, rollout, { namespace, name: named.name });
  if (fallback.kind === 'refused') return fallback;
  const { own, shared } = await ownServices(deps.cluster, rollout, namespace);
  if (own.length === 0) return noService(shared);
  const from = own.map(({ metadata }) => metadata.name);
  const routes = (await deps.cluster.listAny({ ...HTTP_ROUTE, namespace })).flatMap((route) => {
    const shift = shiftedWeights(route, { from, to: named.name });
    return shift === undefined ? [] : [{ route, shift }];
  });
  const shifted =
    routes.length > 0
      ? await byWeights(routes, named.name, { namespace, deps })
      : bySelector(own, fallback.service, deps.actionId);
  if (shifted.kind === 'refused') return shifted;
  const healthy = `${fallback.ready} ready ${fallback.ready === 1 ? 'endpoint' : 'endpoints'}`;
  const summary = `send the traffic of Service ${from.join(', ')} to ${named.name} (${healthy}) ${shifted.how}`;
  return { kind: 'planned', intent: intentOf(shifted.writes, summary, context, deps) };
}

function noService(shared: readonly string[]): ReturnType<typeof refused> {
  return refused(
    'no-service',
    shared.length > 0
      ? `Service ${shared.join(', ')} sends traffic to other workloads too: theirs would be shifted as well`
      : 'no Service sends traffic to the workload: it may be shifted already',
  );
}

type Shifted =
  | { readonly kind: 'shifted'; readonly how: string; readonly writes: readonly [PlannedWrite, ...PlannedWrite[]] }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

async function byWeights(
  routes: readonly { readonly route: KubernetesObject; readonly shift: RouteShift }[],
  fallback: string,
  { namespace, deps }: { readonly namespace: string; readonly deps: PlanDeps },
): Promise<Shifted> {
  const open = routes.filter(({ shift }) => Object.keys(shift.weights).length > 0);
  const owned = open.map(({ route }) => gitOpsRefusal(marksOf(route))).find((each) => each !== undefined);
  if (owned !== undefined) return { kind: 'refused', refusal: owned };
  const writes: PlannedWrite[] = [];
  for (const { route, shift } of open) {
    const target = { kind: HTTP_ROUTE.kind, namespace, name: route.metadata.name };
    const path = await deps.cluster.pathOf({ ...target, ...HTTP_ROUTE });
    if (path === undefined) return refused('changed-since', `${HTTP_ROUTE.kind} is not served any more`);
    writes.push(weightsWrite(route, { target, path, weights: shift.weights, actionId: deps.actionId }));
  }
  const [first, ...others] = writes;
  if (first === undefined) return refused('no-fallback', `all of the traffic goes to Service ${fallback} already`);
  const names = open.map(({ route }) => route.metadata.name).join(', ');
  return { kind: 'shifted', how: `by the weights of HTTPRoute ${names}`, writes: [first, ...others] };
}

function weightsWrite(
  route: KubernetesObject,
  how: {
    readonly target: WorkloadRef;
    readonly path: string;
    readonly weights: RouteShift['weights'];
    readonly actionId: string;
  },
): PlannedWrite {
  return temporaryWrite(route, {
    ...how,
    apiVersion: HTTP_ROUTE.apiVersion,
    changes: how.weights,
    operations: Object.entries(how.weights).map(([path, value]) => ({ op: 'add', path, value })),
    // A weight is found by its place in the list: when the list is another one by now, it is somebody else's weight.
    leaves: { '/spec/rules': rulesWith(route, how.weights) },
  });
}

/** The rules as the write leaves them. */
function rulesWith(route: KubernetesObject, weights: RouteShift['weights']): unknown {
  const copy: unknown = structuredClone(valueAt(route, '/spec/rules'));
  for (const [pointer, weight] of Object.entries(weights)) {
    const ref = valueAt(copy, pointer.replace(/^\/spec\/rules/, '').replace(/\/weight$/, ''));
    if (typeof ref === 'object' && ref !== null) Object.assign(ref, { weight });
  }
  return copy;
}

function bySelector(own: readonly Service[], fallback: Service, actionId: string): Shifted {
  const { name } = fallback.metadata;
  const selector = fallback.spec?.selector ?? {};
  if (Object.keys(selector).length === 0) {
    return refused('no-fallback', `Service ${name} has no selector, and no HTTPRoute has both Services as backends`);
  }
  const addressed = own.filter((service) => !isHeadless(service));
  if (addressed.length === 0) {
    return refused(
      'no-service',
      'the Services of the workload are headless: its clients choose among the pods themselves',
    );
  }
  const fitting = addressed.filter((service) => servesSamePorts(service, fallback));
  const [first, ...others] = fitting;
  if (first === undefined) {
    const names = addressed.map(({ metadata }) => metadata.name).join(', ');
    return refused('no-fallback', `Service ${name} does not serve the ports that Service ${names} leads to`);
  }
  const owned = fitting.map((service) => gitOpsRefusal(marksOf(service))).find((each) => each !== undefined);
  if (owned !== undefined) return { kind: 'refused', refusal: owned };
  const writeFor = (service: Service): PlannedWrite => selectorWrite(service, selector, actionId);
  return { kind: 'shifted', how: 'by its selector', writes: [writeFor(first), ...others.map(writeFor)] };
}

/** Whether the pods of the stand-in listen where a Service leads to. */
function servesSamePorts({ spec }: Service, fallback: Service): boolean {
  const served = new Set((fallback.spec?.ports ?? []).map(({ port, targetPort }) => targetPort ?? port));
  return (spec?.ports ?? []).every(({ port, targetPort }) => served.has(targetPort ?? port));
}

function selectorWrite(service: Service, selector: Readonly<Record<string, string>>, actionId: string): PlannedWrite {
  const { name, namespace = '' } = service.metadata;
  const target = { kind: 'Service', namespace, name };
  return temporaryWrite(service, {
    target,
    path: objectPath(target),
    actionId,
    changes: { '/spec/selector': selector },
    // Replaced and not merged: a label that only the old selector asks for would select nothing.
    operations: [{ op: 'replace', path: '/spec/selector', value: selector }],
  });
}

/** A write that is taken back later, and its undo: only while all of what the write `leaves` still stands. */
function temporaryWrite(
  object: KubernetesObject,
  how: {
    readonly target: WorkloadRef;
    readonly apiVersion?: string;
    readonly path: string;
    readonly actionId: string;
    readonly changes: Readonly<Record<string, unknown>>;
    readonly operations: readonly JsonPatchOperation[];
    readonly leaves?: Readonly<Record<string, unknown>>;
  },
): PlannedWrite {
  const { target, path, actionId } = how;
  const { uid, resourceVersion } = object.metadata;
  const marks = temporaryMarks(object, actionId, how.changes);
  const annotations = { [ACTION_ID_ANNOTATION]: actionId, ...marks.annotations };
  const version = how.apiVersion === undefined ? {} : { apiVersion: how.apiVersion };
  return {
    target,
    ...version,
    uid,
    resourceVersion,
    write: {
      method: 'PATCH',
      path,
      contentType: 'application/json-patch+json',
      body: markedPatch(object, annotations, how.operations),
    },
    undo: { target, ...version, uid, path, expect: { ...marks.expect, ...how.leaves }, restore: marks.restore },
  };
}

function intentOf(
  [first, ...also]: readonly [PlannedWrite, ...PlannedWrite[]],
  summary: string,
  { limits }: RemedyContext,
  { actionId, rung, cures, now }: PlanDeps,
): Intent {
  return {
    ...first,
    actionId,
    rung,
    remedy: 'reroute',
    cures,
    summary,
    ...(also.length === 0 ? {} : { also }),
    giveBack: { afterMs: limits.giveBackAfterSeconds * 1000, when: 'workload-healthy' },
    plannedAt: now,
  };
}
