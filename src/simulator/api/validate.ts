import { type Json, isRecord, sameJson } from './json.ts';
import { valueAt } from './decode.ts';
import type { ResourceType } from './resource-types.ts';
import { isLabelKey, isLabelValue, selectorPredicate } from './selectors.ts';
import { type FieldProblem, forbiddenField, invalidValue, requiredValue } from './status.ts';
import { eventProblems } from './validate-event.ts';
import { podUpdateProblems, templateProblems } from './validate-pod.ts';

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end" +
  " with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const MAX_ANNOTATION_BYTES = 256 * 1024;

/**
 * Everything wrong with an object that is to be stored, in the order and the words of the real server; empty when it is
 * valid. `stored` is what it replaces, undefined on creation. The object is in the shape the store keeps.
 */
export function problemsOf(type: ResourceType, next: Json, stored: Json | undefined): readonly FieldProblem[] {
  return [
    ...metadataProblems(next, stored),
    ...replicasProblems(type, next),
    ...selectorProblems(type.kind, next, stored),
    ...kindProblems(type, next, stored),
  ];
}

function metadataProblems(next: Json, stored: Json | undefined): readonly FieldProblem[] {
  const { name, uid, labels, annotations } = isRecord(next['metadata']) ? next['metadata'] : {};
  const named = Object.entries(isRecord(labels) ? labels : {});
  return [
    ...(stored === undefined ? nameProblems(name) : []),
    ...named.flatMap(([key, value]) => labelProblems(key, value)),
    ...annotationProblems(isRecord(annotations) ? annotations : {}),
    ...(stored === undefined ? [] : uidProblems(uid, valueAt(stored, 'metadata.uid'))),
  ];
}

function nameProblems(name: unknown): readonly FieldProblem[] {
  if (name === undefined || name === '') {
    return [requiredName()];
  }
  const fits = typeof name === 'string' && name.length <= 253 && SUBDOMAIN.test(name);
  return fits ? [] : [invalidValue('metadata.name', name, SUBDOMAIN_RULE)];
}

/** The problem of an update that means an object with another uid. */
export function uidProblems(uid: unknown, stored: unknown): readonly FieldProblem[] {
  if (uid === undefined || uid === '' || uid === stored) {
    return [];
  }
  // The generic check and the kind's own both report it.
  const problem = invalidValue('metadata.uid', uid, 'field is immutable');
  return [problem, problem];
}

/** The problem of an object that says neither its name nor how to make one. */
export function requiredName(): FieldProblem {
  return requiredValue('metadata.name', 'name or generateName is required');
}

function labelProblems(key: string, value: unknown): readonly FieldProblem[] {
  if (!isLabelKey(key)) {
    return [invalidValue('metadata.labels', key, "name part must consist of alphanumeric characters, '-', '_' or '.'")];
  }
  if (typeof value === 'string' && value.length > 63) {
    return [invalidValue('metadata.labels', value, 'must be no more than 63 bytes')];
  }
  const rule = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.'";
  return typeof value === 'string' && isLabelValue(value) ? [] : [invalidValue('metadata.labels', value, rule)];
}

function annotationProblems(annotations: Json): readonly FieldProblem[] {
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations)) {
    if (!isLabelKey(key.toLowerCase())) {
      const rule = "name part must consist of alphanumeric characters, '-', '_' or '.'";
      return [invalidValue('metadata.annotations', key, rule)];
    }
    bytes += Buffer.byteLength(key) + Buffer.byteLength(typeof value === 'string' ? value : '');
  }
  const message = `Too long: may not be more than ${MAX_ANNOTATION_BYTES} bytes`;
  return bytes > MAX_ANNOTATION_BYTES ? [{ field: 'metadata.annotations', reason: 'FieldValueInvalid', message }] : [];
}

const COUNTED: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['replicas', 'revisionHistoryLimit', 'progressDeadlineSeconds'],
  Job: ['parallelism', 'completions', 'backoffLimit'],
  ReplicaSet: ['replicas'],
  StatefulSet: ['replicas', 'revisionHistoryLimit'],
  DaemonSet: ['revisionHistoryLimit'],
};

function replicasProblems(type: ResourceType, next: Json): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const field of COUNTED[type.kind] ?? []) {
    const value = valueAt(next, `spec.${field}`);
    if (typeof value === 'number' && value < 0) {
      problems.push(invalidValue(`spec.${field}`, value, 'must be greater than or equal to 0'));
    }
  }
  return type.custom ? [...problems, ...schemaProblems(type, next)] : problems;
}

function schemaProblems(type: ResourceType, next: Json): readonly FieldProblem[] {
  const replicas = valueAt(next, 'spec.replicas');
  const { minimum, maximum } = type.scale ?? {};
  if (typeof replicas !== 'number') {
    return [];
  }
  const problems: FieldProblem[] = [];
  if (maximum !== undefined && replicas > maximum) {
    const rule = `spec.replicas in body should be less than or equal to ${maximum}`;
    problems.push(invalidValue('spec.replicas', replicas, rule));
  }
  if (minimum !== undefined && replicas < minimum) {
    const rule = `spec.replicas in body should be greater than or equal to ${minimum}`;
    problems.push(invalidValue('spec.replicas', replicas, rule));
  }
  return problems;
}

const SELECTING: ReadonlySet<string> = new Set(['DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet']);

function selectorProblems(kind: string, next: Json, stored: Json | undefined): readonly FieldProblem[] {
  if (!SELECTING.has(kind)) {
    return [];
  }
  const problems: FieldProblem[] = [];
  const selector = valueAt(next, 'spec.selector');
  const labels = valueAt(next, 'spec.template.metadata.labels');
  if (selector === undefined || selector === null) {
    problems.push(requiredValue('spec.selector'));
  } else if (!selectorPredicate(selector)(stringMap(labels))) {
    const rule = '`selector` does not match template `labels`';
    problems.push(invalidValue('spec.template.metadata.labels', labels ?? {}, rule));
  }
  if (stored !== undefined && kind !== 'StatefulSet' && !sameJson(selector, valueAt(stored, 'spec.selector'))) {
    problems.push(invalidValue('spec.selector', selector, 'field is immutable'));
  }
  return problems;
}

function stringMap(value: unknown): Readonly<Record<string, string>> {
  const map: Record<string, string> = {};
  for (const [key, text] of Object.entries(isRecord(value) ? value : {})) {
    if (typeof text === 'string') {
      map[key] = text;
    }
  }
  return map;
}

function kindProblems(type: ResourceType, next: Json, stored: Json | undefined): readonly FieldProblem[] {
  switch (type.kind) {
    case 'DaemonSet':
    case 'Deployment':
    case 'ReplicaSet':
      return templateProblems(next, 'spec.template.spec');
    case 'Job':
      return [...templateProblems(next, 'spec.template.spec'), ...jobProblems(next, stored)];
    case 'Event':
      return stored === undefined ? eventProblems(type, next) : [];
    case 'HorizontalPodAutoscaler':
      return autoscalerProblems(next);
    case 'Lease':
      return leaseProblems(next);
    case 'Pod':
      return stored === undefined ? templateProblems(next, 'spec') : podUpdateProblems(next, stored);
    case 'StatefulSet':
      return [...templateProblems(next, 'spec.template.spec'), ...statefulSetProblems(next, stored)];
    default:
      return [];
  }
}

function jobProblems(next: Json, stored: Json | undefined): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  const policy = valueAt(next, 'spec.template.spec.restartPolicy');
  if (policy !== 'OnFailure' && policy !== 'Never') {
    problems.push(requiredValue('spec.template.spec.restartPolicy', 'valid values: "OnFailure", "Never"'));
  }
  if (stored !== undefined && !sameJson(valueAt(next, 'spec.template'), valueAt(stored, 'spec.template'))) {
    problems.push(invalidValue('spec.template', valueAt(next, 'spec.template'), 'field is immutable'));
  }
  return problems;
}

function autoscalerProblems(next: Json): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  const minimum = valueAt(next, 'spec.minReplicas');
  const maximum = valueAt(next, 'spec.maxReplicas');
  if (typeof maximum !== 'number' || maximum < 1) {
    problems.push(invalidValue('spec.maxReplicas', maximum ?? 0, 'must be greater than 0'));
  }
  if (typeof minimum === 'number' && minimum < 1) {
    problems.push(invalidValue('spec.minReplicas', minimum, 'must be greater than or equal to 1'));
  }
  if (typeof minimum === 'number' && typeof maximum === 'number' && maximum < minimum) {
    problems.push(invalidValue('spec.maxReplicas', maximum, 'must be greater than or equal to `minReplicas`'));
  }
  return problems;
}

function leaseProblems(next: Json): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  const duration = valueAt(next, 'spec.leaseDurationSeconds');
  const transitions = valueAt(next, 'spec.leaseTransitions');
  if (typeof duration === 'number' && duration <= 0) {
    problems.push(invalidValue('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
  }
  if (typeof transitions === 'number' && transitions < 0) {
    problems.push(invalidValue('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'));
  }
  return problems;
}

const STATEFUL_SET_MUTABLE: ReadonlySet<string> = new Set([
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
]);

function statefulSetProblems(next: Json, stored: Json | undefined): readonly FieldProblem[] {
  if (stored === undefined || sameJson(fixedPart(next), fixedPart(stored))) {
    return [];
  }
  const rule =
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy'," +
    " 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
  return [forbiddenField('spec', rule)];
}

function fixedPart(object: Json): Json {
  const spec = isRecord(object['spec']) ? object['spec'] : {};
  return Object.fromEntries(Object.entries(spec).filter(([field]) => !STATEFUL_SET_MUTABLE.has(field)));
}
