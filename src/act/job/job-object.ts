import { ACTION_ID_ANNOTATION } from '../../domain/remedy.ts';
import type { JobTemplate } from './job-template.ts';
import { fieldOf, fieldsOf, listOf } from '../capacity/pod-requests.ts';
import type { PlanDeps, RemedyContext } from '../remedy.ts';

const MAX_NAME = 63;
const KEPT_SECONDS = 24 * 60 * 60;
const MANAGED = { 'app.kubernetes.io/managed-by': 'autoheal' } as const;

/** How the names of the Jobs that AutoHeal starts begin. */
export const JOB_PREFIX = 'autoheal-';

/** The name of the Job of an action: always the same for the same action, so that it is never started twice. */
export function jobName(actionId: string): string {
  const safe = actionId.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  // What tells actions of one incident apart stands at the end.
  return `${JOB_PREFIX}${safe.slice(-(MAX_NAME - JOB_PREFIX.length)).replace(/^-+|-+$/g, '')}`;
}

/**
 * The Job that is created for a template: under AutoHeal's own name and marks, removed a day after it has ended, with the facts
 * of the incident in its environment.
 */
export function jobOf(
  { spec, pod }: Extract<JobTemplate, { kind: 'template' }>,
  where: { readonly namespace: string; readonly name: string; readonly runbook: string },
  context: RemedyContext,
  deps: PlanDeps,
): Readonly<Record<string, unknown>> {
  const { namespace, name, runbook } = where;
  const own = fieldsOf(spec, 'template', 'metadata');
  const env = environmentOf(context, deps);
  const withEnv = (list: unknown): readonly unknown[] =>
    listOf(list).map((container) => ({
      ...fieldsOf(container),
      env: [...listOf(fieldOf(container, 'env')).filter((each) => !isOurs(each)), ...env],
    }));
  const { initContainers } = pod;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      namespace,
      labels: MANAGED,
      annotations: { [ACTION_ID_ANNOTATION]: deps.actionId, [RUNBOOK_ANNOTATION]: runbook },
    },
    spec: {
      ...spec,
      ttlSecondsAfterFinished: KEPT_SECONDS,
      template: {
        metadata: {
          labels: { ...fieldsOf(own, 'labels'), ...MANAGED },
          annotations: { ...fieldsOf(own, 'annotations'), [ACTION_ID_ANNOTATION]: deps.actionId },
        },
        spec: {
          ...pod,
          containers: withEnv(pod['containers']),
          ...(initContainers === undefined ? {} : { initContainers: withEnv(initContainers) }),
        },
      },
    },
  };
}

/** Annotation on a Job: the runbook that it was started for. */
const RUNBOOK_ANNOTATION = 'autoheal.io/runbook';
const OURS = 'AUTOHEAL_';

function isOurs(variable: unknown): boolean {
  return String(fieldOf(variable, 'name')).startsWith(OURS);
}

const MAX_VALUE = 256;
const MAX_PODS = 1024;

interface Variable {
  readonly name: string;
  readonly value: string;
}

/** The facts of an incident as values, and never as a part of a command: what alerts say is untrusted text. */
function environmentOf({ location, diagnosis, alertnames = [] }: RemedyContext, deps: PlanDeps): readonly Variable[] {
  const { kind, namespace, name } = location.workload;
  const pods = location.pods.length > 0 ? location.pods : diagnosis.evidence.pods.map((pod) => pod.name);
  const values: Readonly<Record<string, string>> = {
    INCIDENT: deps.actionId.replace(/\/[^/]*$/, ''),
    ALERTNAME: joined(alertnames, MAX_VALUE),
    NAMESPACE: namespace,
    WORKLOAD_KIND: kind,
    WORKLOAD: name,
    CAUSE: deps.cures,
  };
  return [
    ...Object.entries(values).map(([key, value]) => ({ name: `${OURS}${key}`, value: plain(value, MAX_VALUE) })),
    { name: `${OURS}PODS`, value: plain(joined(pods, MAX_PODS), MAX_PODS) },
  ];
}

/** As many whole names as there is room for. */
function joined(names: readonly string[], most: number): string {
  let text = '';
  for (const name of names) {
    const next = text === '' ? name : `${text},${name}`;
    if (next.length > most) break;
    text = next;
  }
  return text;
}

/**
 * A text without control characters, cut off, in which Kubernetes expands nothing: `$(NAME)` in a value stands for another
 * variable there, a secret one too, and `$$` for a dollar sign.
 */
function plain(text: string, most: number): string {
  return text
    .replaceAll(/\p{Cc}/gu, ' ')
    .slice(0, most)
    .replaceAll('$', '$$$$');
}
