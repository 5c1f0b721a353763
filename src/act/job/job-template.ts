import { parse } from 'yaml';
import { fieldOf, fieldsOf, listOf } from '../capacity/pod-requests.ts';

/** A Job's spec that may be started, or the place of what is wrong with it. */
export type JobTemplate =
  | { readonly kind: 'template'; readonly spec: Fields; readonly pod: Fields }
  | { readonly kind: 'invalid'; readonly why: string };

type Fields = Readonly<Record<string, unknown>>;

const MAX_TEXT = 64 * 1024;
const MAX_BACKOFF = 3;
const MAX_SECONDS = 3600;
const MAX_CONTAINERS = 10;

/**
 * The Job that a runbook holds, as YAML or JSON. Strict, because whoever may write the ConfigMap would otherwise have whatever
 * AutoHeal's rights give: it must end by itself and soon, and every field must be one of those that are known to stay within the
 * pod. Names and labels of the Job itself are not looked at: AutoHeal gives it its own.
 */
export function readJobTemplate(text: string): JobTemplate {
  if (text.length > MAX_TEXT) return invalid('the template', `is longer than ${MAX_TEXT} characters`);
  const job = parsedOrUndefined(text);
  if (job === undefined) return invalid('the template', 'is neither YAML nor JSON, or holds more than one document');
  const spec = fieldsOf(job, 'spec');
  const pod = fieldsOf(spec, 'template', 'spec');
  const problem =
    kindProblem(job) ?? jobProblem(spec) ?? podProblem(pod) ?? containersProblem(pod) ?? volumesProblem(pod);
  return problem ?? { kind: 'template', spec, pod };
}

type Problem = Extract<JobTemplate, { kind: 'invalid' }>;

function invalid(place: string, what: string): Problem {
  return { kind: 'invalid', why: `${place} ${what}` };
}

function parsedOrUndefined(text: string): unknown {
  try {
    // Aliases that name themselves over and over would fill the memory.
    return parse(text, { maxAliasCount: 20 });
  } catch {
    return undefined;
  }
}

function kindProblem(job: unknown): Problem | undefined {
  if (fieldOf(job, 'kind') !== 'Job') return invalid('kind', 'must be Job');
  if (fieldOf(job, 'apiVersion') !== 'batch/v1') return invalid('apiVersion', 'must be batch/v1');
  return unknownField(fieldsOf(job), ['apiVersion', 'kind', 'metadata', 'spec'], '');
}

function jobProblem(spec: Fields): Problem | undefined {
  const known = ['template', 'backoffLimit', 'activeDeadlineSeconds', 'ttlSecondsAfterFinished'];
  const unknown =
    unknownField(spec, known, 'spec.') ?? unknownField(fieldsOf(spec, 'template'), TEMPLATE, 'spec.template.');
  if (unknown !== undefined) return unknown;
  const { backoffLimit, activeDeadlineSeconds } = spec;
  // Left out it is 6: a runbook that fails that often only makes things worse.
  if (!isWhole(backoffLimit, 0, MAX_BACKOFF)) {
    return invalid('spec.backoffLimit', `must be given, from 0 to ${MAX_BACKOFF}`);
  }
  if (!isWhole(activeDeadlineSeconds, 1, MAX_SECONDS)) {
    return invalid('spec.activeDeadlineSeconds', `must be given, from 1 to ${MAX_SECONDS}`);
  }
  return undefined;
}

const TEMPLATE = ['metadata', 'spec'] as const;

function isWhole(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}

const POD = [
  'containers',
  'initContainers',
  'volumes',
  'restartPolicy',
  'serviceAccountName',
  'automountServiceAccountToken',
  'imagePullSecrets',
  'securityContext',
  'nodeSelector',
  'tolerations',
  'affinity',
  'terminationGracePeriodSeconds',
  'activeDeadlineSeconds',
  'enableServiceLinks',
] as const;

const POD_SECURITY = [
  'runAsUser',
  'runAsGroup',
  'runAsNonRoot',
  'fsGroup',
  'fsGroupChangePolicy',
  'supplementalGroups',
  'seccompProfile',
] as const;

function podProblem(pod: Fields): Problem | undefined {
  const { restartPolicy } = pod;
  if (restartPolicy !== 'Never' && restartPolicy !== 'OnFailure') {
    return invalid('spec.template.spec.restartPolicy', 'must be Never or OnFailure');
  }
  const security = fieldsOf(pod, 'securityContext');
  return (
    unknownField(pod, POD, 'spec.template.spec.') ??
    unknownField(security, POD_SECURITY, 'spec.template.spec.securityContext.') ??
    unconfined(security, 'spec.template.spec.securityContext')
  );
}

const CONTAINER = [
  'name',
  'image',
  'imagePullPolicy',
  'command',
  'args',
  'env',
  'envFrom',
  'workingDir',
  'resources',
  'volumeMounts',
  'securityContext',
  'terminationMessagePath',
  'terminationMessagePolicy',
] as const;

const SECURITY = [
  'runAsUser',
  'runAsGroup',
  'runAsNonRoot',
  'readOnlyRootFilesystem',
  'allowPrivilegeEscalation',
  'capabilities',
  'seccompProfile',
] as const;

function containersProblem(pod: Fields): Problem | undefined {
  const containers = listOf(pod['containers']);
  const count = containers.length + listOf(pod['initContainers']).length;
  if (containers.length === 0 || count > MAX_CONTAINERS) {
    return invalid('spec.template.spec.containers', `must be 1 to ${MAX_CONTAINERS}`);
  }
  for (const list of ['containers', 'initContainers']) {
    for (const [index, container] of listOf(pod[list]).entries()) {
      const problem = containerProblem(container, `spec.template.spec.${list}[${index}]`);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

function containerProblem(container: unknown, at: string): Problem | undefined {
  for (const field of ['name', 'image']) {
    const value = fieldOf(container, field);
    if (typeof value !== 'string' || value === '') return invalid(`${at}.${field}`, 'must be given');
  }
  const env = fieldOf(container, 'env');
  if (env !== undefined && !Array.isArray(env)) return invalid(`${at}.env`, 'must be a list');
  const security = fieldsOf(container, 'securityContext');
  return (
    unknownField(fieldsOf(container), CONTAINER, `${at}.`) ??
    unknownField(security, SECURITY, `${at}.securityContext.`) ??
    escalates(security, `${at}.securityContext`) ??
    unconfined(security, `${at}.securityContext`)
  );
}

function escalates(security: Fields, at: string): Problem | undefined {
  if (security['allowPrivilegeEscalation'] === true) return invalid(`${at}.allowPrivilegeEscalation`, 'is not allowed');
  if (listOf(fieldOf(security['capabilities'], 'add')).length > 0) {
    return invalid(`${at}.capabilities.add`, 'is not allowed');
  }
  return undefined;
}

function unconfined(security: Fields, at: string): Problem | undefined {
  return fieldOf(security['seccompProfile'], 'type') === 'Unconfined'
    ? invalid(`${at}.seccompProfile.type`, 'must not be Unconfined')
    : undefined;
}

const VOLUME = [
  'name',
  'emptyDir',
  'configMap',
  'secret',
  'projected',
  'downwardAPI',
  'persistentVolumeClaim',
] as const;

function volumesProblem(pod: Fields): Problem | undefined {
  for (const [index, volume] of listOf(pod['volumes']).entries()) {
    const problem = unknownField(fieldsOf(volume), VOLUME, `spec.template.spec.volumes[${index}].`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function unknownField(fields: Fields, known: readonly string[], at: string): Problem | undefined {
  const unknown = Object.keys(fields).find((field) => !known.includes(field));
  return unknown === undefined ? undefined : invalid(`${at}${unknown}`, 'is not allowed');
}
