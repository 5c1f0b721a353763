import { type Json, isRecord } from './json.ts';

/** Times with microseconds, by kind; everything else is RFC 3339 with whole seconds. Source: `metav1.MicroTime`. */
const MICRO_TIMES: Readonly<Record<string, readonly string[]>> = {
  Lease: ['spec.acquireTime', 'spec.renewTime'],
  Event: ['eventTime'],
};
const INTEGERS: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['spec.replicas', 'spec.revisionHistoryLimit', 'spec.progressDeadlineSeconds'],
  HorizontalPodAutoscaler: ['spec.minReplicas', 'spec.maxReplicas'],
  Lease: ['spec.leaseDurationSeconds', 'spec.leaseTransitions'],
  ReplicaSet: ['spec.replicas'],
  Scale: ['spec.replicas'],
  StatefulSet: ['spec.replicas', 'spec.revisionHistoryLimit'],
};
const BOOLEANS: Readonly<Record<string, readonly string[]>> = {
  CronJob: ['spec.suspend'],
  Deployment: ['spec.paused'],
  Node: ['spec.unschedulable'],
};
const TEMPLATED: ReadonlySet<string> = new Set(['DaemonSet', 'Deployment', 'Job', 'ReplicaSet', 'StatefulSet']);

/**
 * Why an object cannot be read as its kind at all, in the words of the real server's decoder; undefined when it can. This is
 * about types of fields; their values are validated later.
 */
export function decodeProblem(kind: string, object: Json): string | undefined {
  return (
    shapeProblem(kind, object) ??
    mapProblem(object['metadata'], 'ObjectMeta.metadata') ??
    (TEMPLATED.has(kind) ? templateProblem(object) : undefined) ??
    typeProblem(kind, object, { fields: INTEGERS[kind] ?? [], isRight: Number.isInteger, type: 'int32' }) ??
    typeProblem(kind, object, { fields: BOOLEANS[kind] ?? [], isRight: isBoolean, type: 'bool' }) ??
    microTimeProblem(kind, object)
  );
}

function shapeProblem(kind: string, object: Json): string | undefined {
  for (const field of ['metadata', 'spec', 'status']) {
    const value = object[field];
    if (value !== undefined && value !== null && !isRecord(value)) {
      return unmarshalProblem(value, `${kind}.${field}`, kind);
    }
  }
  for (const field of ['name', 'generateName', 'namespace', 'uid', 'resourceVersion']) {
    const value = valueAt(object, `metadata.${field}`);
    if (value !== undefined && value !== null && typeof value !== 'string') {
      return unmarshalProblem(value, `ObjectMeta.metadata.${field}`, 'string');
    }
  }
  return undefined;
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

function templateProblem(object: Json): string | undefined {
  const metadata = valueAt(object, 'spec.template.metadata');
  return mapProblem(metadata, 'ObjectMeta.spec.template.metadata');
}

function mapProblem(metadata: unknown, where: string): string | undefined {
  for (const field of ['labels', 'annotations']) {
    const map = isRecord(metadata) ? metadata[field] : undefined;
    if (map === undefined || map === null) {
      continue;
    }
    if (!isRecord(map)) {
      return unmarshalProblem(map, `${where}.${field}`, 'map[string]string');
    }
    const wrong = Object.values(map).find((value) => typeof value !== 'string');
    if (wrong !== undefined) {
      return unmarshalProblem(wrong, `${where}.${field}`, 'string');
    }
  }
  return undefined;
}

interface TypeRule {
  readonly fields: readonly string[];
  readonly isRight: (value: unknown) => boolean;
  readonly type: string;
}

function typeProblem(kind: string, object: Json, rule: TypeRule): string | undefined {
  for (const field of rule.fields) {
    const value = valueAt(object, field);
    if (value !== undefined && value !== null && !rule.isRight(value)) {
      return unmarshalProblem(value, `${kind}Spec.${field}`, rule.type);
    }
  }
  return undefined;
}

function unmarshalProblem(value: unknown, field: string, type: string): string {
  const found = Array.isArray(value) ? 'array' : value === null ? 'null' : JSON_TYPES[typeof value];
  const shown = typeof value === 'number' && !Number.isInteger(value) ? `number ${value}` : found;
  return `json: cannot unmarshal ${shown ?? 'object'} into Go struct field ${field} of type ${type}`;
}

const JSON_TYPES: Readonly<Record<string, string>> = {
  boolean: 'bool',
  number: 'number',
  object: 'object',
  string: 'string',
};

function microTimeProblem(kind: string, object: Json): string | undefined {
  for (const field of MICRO_TIMES[kind] ?? []) {
    const value = valueAt(object, field);
    const problem = typeof value === 'string' ? parseMicroTime(value) : undefined;
    if (problem !== undefined) {
      return problem;
    }
  }
  return undefined;
}

const LAYOUT = '2006-01-02T15:04:05.000000Z07:00';

function parseMicroTime(text: string): string | undefined {
  const [, whole, rest = ''] = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(.*)$/s.exec(text) ?? [];
  if (whole === undefined) {
    return `parsing time "${text}" as "${LAYOUT}": cannot parse "${text}" as "2006"`;
  }
  if (/^\.\d{6}(?:Z|[+-]\d{2}:\d{2})$/.test(rest)) {
    return undefined;
  }
  return /^\.\d{6}/.test(rest)
    ? `parsing time "${text}" as "${LAYOUT}": cannot parse "${rest.slice(7)}" as "Z07:00"`
    : `parsing time "${text}" as "${LAYOUT}": cannot parse "${rest}" as ".000000"`;
}

/** The value at a dotted path of plain field names. */
export function valueAt(object: unknown, path: string): unknown {
  let value = object;
  for (const step of path.split('.')) {
    value = isRecord(value) ? value[step] : undefined;
  }
  return value;
}
