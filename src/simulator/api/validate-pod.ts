import { type Json, isRecord, sameJson } from './json.ts';
import { parseQuantity } from '../../domain/quantity.ts';
import { type FieldProblem, forbiddenField, invalidValue, requiredValue } from './status.ts';
import { valueAt } from './decode.ts';

/** What is wrong with the containers of a pod spec at a path of the object (`spec.template.spec`). */
export function templateProblems(object: Json, at: string): readonly FieldProblem[] {
  const containers = valueAt(object, `${at}.containers`);
  if (!Array.isArray(containers) || containers.length === 0) {
    return [requiredValue(`${at}.containers`)];
  }
  const problems: FieldProblem[] = [];
  const names = new Set<unknown>();
  for (const [index, container] of containers.entries()) {
    problems.push(...containerProblems(container, `${at}.containers[${index}]`));
    const name = isRecord(container) ? container['name'] : undefined;
    if (names.has(name)) {
      const message = `Duplicate value: ${JSON.stringify(name)}`;
      problems.push({ field: `${at}.containers[${index}].name`, reason: 'FieldValueDuplicate', message });
    }
    names.add(name);
  }
  return problems;
}

function containerProblems(container: unknown, at: string): readonly FieldProblem[] {
  if (!isRecord(container)) {
    return [requiredValue(at)];
  }
  const problems: FieldProblem[] = [];
  for (const field of ['name', 'image']) {
    if (typeof container[field] !== 'string' || container[field] === '') {
      problems.push(requiredValue(`${at}.${field}`));
    }
  }
  return [...problems, ...resourceProblems(container, `${at}.resources`)];
}

function resourceProblems(container: Json, at: string): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  const limits = valueAt(container, 'resources.limits');
  const requests = valueAt(container, 'resources.requests');
  for (const [name, request] of Object.entries(isRecord(requests) ? requests : {})) {
    const limit = isRecord(limits) ? limits[name] : undefined;
    const wanted = parseQuantity(request);
    const most = parseQuantity(limit);
    if (wanted !== undefined && most !== undefined && wanted > most) {
      const rule = `must be less than or equal to ${name} limit of ${String(limit)}`;
      problems.push(invalidValue(`${at}.requests`, request, rule));
    }
  }
  return problems;
}

const POD_RULE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,' +
  '`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),' +
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n';

/** What an update of a pod changes that it may not. The real server's message ends in a diff of its Go structs; this one does not. */
export function podUpdateProblems(next: Json, stored: Json): readonly FieldProblem[] {
  const before = isRecord(stored['spec']) ? stored['spec'] : {};
  const after = isRecord(next['spec']) ? next['spec'] : {};
  const allowed = sameJson(masked(before), masked(after)) && onlyAdded(before['tolerations'], after['tolerations']);
  return allowed ? [] : [forbiddenField('spec', POD_RULE)];
}

function masked(spec: Json): Json {
  const { activeDeadlineSeconds: _deadline, tolerations: _tolerations, containers, initContainers, ...rest } = spec;
  return { ...rest, containers: withoutImages(containers), initContainers: withoutImages(initContainers) };
}

function withoutImages(containers: unknown): unknown {
  if (!Array.isArray(containers)) {
    return undefined;
  }
  return containers.map((container: unknown) => (isRecord(container) ? { ...container, image: undefined } : container));
}

function onlyAdded(before: unknown, after: unknown): boolean {
  const kept: readonly unknown[] = Array.isArray(after) ? after : [];
  return !Array.isArray(before) || before.every((toleration) => kept.some((other) => sameJson(other, toleration)));
}

/** What an in-place resize changes that it may not: everything but the containers' resources. */
export function resizeProblems(next: Json, stored: Json): readonly FieldProblem[] {
  const before = isRecord(stored['spec']) ? stored['spec'] : {};
  const after = isRecord(next['spec']) ? next['spec'] : {};
  if (!sameJson(withoutResources(before), withoutResources(after))) {
    return [forbiddenField('spec', 'only cpu and memory resources are mutable\n')];
  }
  const problems = templateProblems(next, 'spec');
  const quality = qosClass(after);
  return quality === qosClass(before) ? problems : [...problems, invalidValue('spec', quality, QOS_RULE)];
}

const QOS_RULE = 'Pod QOS Class may not change as a result of resizing';

/**
 * `Guaranteed` where every container has limits for CPU and memory and requests as much, `BestEffort` where none names
 * anything, else `Burstable`. Source: kubernetes `pkg/apis/core/v1/helper/qos`.
 */
export function qosClass(spec: Json): 'BestEffort' | 'Burstable' | 'Guaranteed' {
  const { containers, initContainers } = spec;
  const all = [containers, initContainers].flatMap((list): readonly unknown[] => (Array.isArray(list) ? list : []));
  const sizes = all.flatMap((container) =>
    (['cpu', 'memory'] as const).map((resource) => {
      const limit = parseQuantity(valueAt(container, `resources.limits.${resource}`));
      return { limit, request: parseQuantity(valueAt(container, `resources.requests.${resource}`)) ?? limit };
    }),
  );
  if (sizes.every(({ limit, request }) => limit === undefined && request === undefined)) {
    return 'BestEffort';
  }
  return sizes.every(({ limit, request }) => limit !== undefined && limit === request) ? 'Guaranteed' : 'Burstable';
}

function withoutResources(spec: Json): Json {
  const { containers } = spec;
  return {
    ...spec,
    containers: Array.isArray(containers)
      ? containers.map((container: unknown) =>
          isRecord(container) ? { ...container, resources: undefined } : container,
        )
      : containers,
  };
}
