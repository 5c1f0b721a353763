import { SIGNAL_NAMES } from '../../domain/diagnosis.ts';
import type { SignalName } from '../../domain/diagnosis.ts';
import type { WorkloadRef } from '../../domain/workload.ts';
import type { SignalTarget } from '../../ports/metrics.ts';
import { escapeRegex } from './escape.ts';
import { compileTemplate } from './template.ts';
import type { TemplateValue, TemplateValues } from './template.ts';

/** The label that carries the name of the signal in the answer. */
export const SIGNAL_LABEL = 'f';

/** What is asked of nodes, and of nothing else. */
const NODE_SIGNALS: ReadonlySet<SignalName> = new Set(['node_cpu_ratio', 'node_pods_cpu_ratio']);
/** With more pods the query would grow without bound, and the pattern of their names is used instead. */
const MAX_POD_NAMES = 200;

export type QueryTarget = Pick<SignalTarget, 'workload' | 'pods'>;

/** Makes the one query for all signals of a workload. Escapes every name in it. */
export type MakeQuery = (target: QueryTarget) => string;

/**
 * Compiles the templates.
 *
 * @throws AutoHealError `CONFIG_INVALID` when one of them cannot be filled safely.
 */
export function compileQuery(templates: Readonly<Record<SignalName, string>>): MakeQuery {
  const compiled = SIGNAL_NAMES.map((name) => ({ name, template: compileTemplate(name, templates[name]) }));
  const ofNodes = compiled.filter(({ name }) => NODE_SIGNALS.has(name));
  const ofWorkloads = compiled.filter(({ name }) => !NODE_SIGNALS.has(name));
  return (target) => {
    const values = valuesOf(target);
    return (
      (target.workload.kind === 'Node' ? ofNodes : ofWorkloads)
        // The line feeds keep a comment at the end of a template from swallowing what comes after it.
        .map(({ name, template }) => `label_replace(\n${template(values)}\n, "${SIGNAL_LABEL}", "${name}", "", "")`)
        .join('\nor\n')
    );
  };
}

function valuesOf({ workload, pods }: QueryTarget): TemplateValues {
  const byName = namePattern(workload);
  const known = pods.length > 0 && pods.length <= MAX_POD_NAMES ? pods.map(escapeRegex) : [byName];
  return {
    namespace: text(workload.namespace),
    workload: text(workload.name),
    kind: text(workload.kind),
    pods: { kind: 'any-of', patterns: known },
    // Pods of an hour ago had other names where a rollout came between.
    pods_of_any_age: { kind: 'any-of', patterns: [byName] },
  };
}

function text(value: string): TemplateValue {
  return { kind: 'text', text: value };
}

/**
 * What the pods of a workload are called, as narrow as its kind allows: `web-.+` alone would take in the pods of a
 * neighbour called `web-admin`.
 */
function namePattern({ kind, name }: WorkloadRef): string {
  const prefix = escapeRegex(name);
  switch (kind) {
    case 'Deployment':
      return `${prefix}-[a-z0-9]+-[a-z0-9]+`;
    case 'StatefulSet':
      return `${prefix}-[0-9]+`;
    case 'DaemonSet':
    case 'ReplicaSet':
    case 'Job':
      return `${prefix}-[a-z0-9]+`;
    case 'Pod':
      return prefix;
    default:
      return `${prefix}-.+`;
  }
}
