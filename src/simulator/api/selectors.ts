import { type Json, isRecord } from './json.ts';
import { Refusal, badRequest } from './status.ts';
import type { StoredObject } from './stored.ts';

export type LabelPredicate = (labels: Readonly<Record<string, string>>) => boolean;
export type FieldPredicate = (object: StoredObject) => boolean;

const KEY = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const EQUALITY = /^([^=!\s]+)\s*(==|=|!=)\s*(\S*)$/;
const MEMBERSHIP = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/;

/** Whether a text can be the key of a label or an annotation. */
export function isLabelKey(key: string): boolean {
  return KEY.test(key);
}

/** Whether a text can be the value of a label. */
export function isLabelValue(value: string): boolean {
  return VALUE.test(value);
}

/**
 * The predicate of a label selector in text form: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`, `a`, `!a`, joined by
 * commas. Refused with 400 when it cannot be parsed. Source: apimachinery `labels.Parse`.
 */
export function parseLabelSelector(text: string): LabelPredicate | Refusal {
  const predicates: LabelPredicate[] = [];
  for (const term of text.split(/,(?![^(]*\))/)) {
    const trimmed = term.trim();
    if (trimmed === '') {
      continue;
    }
    const predicate = parseRequirement(trimmed);
    if (predicate === undefined) {
      return new Refusal(badRequest(`unable to parse requirement: ${trimmed}`));
    }
    predicates.push(predicate);
  }
  return (labels) => predicates.every((predicate) => predicate(labels));
}

function parseRequirement(term: string): LabelPredicate | undefined {
  const membership = MEMBERSHIP.exec(term);
  if (membership !== null) {
    const [, key = '', operator, list = ''] = membership;
    const values = list.split(',').map((value) => value.trim());
    return requirement(key, operator === 'in' ? 'In' : 'NotIn', values);
  }
  const equality = EQUALITY.exec(term);
  if (equality !== null) {
    const [, key = '', operator, value = ''] = equality;
    return requirement(key, operator === '!=' ? 'NotIn' : 'In', [value]);
  }
  return term.startsWith('!') ? requirement(term.slice(1).trim(), 'DoesNotExist', []) : requirement(term, 'Exists', []);
}

function requirement(key: string, operator: string, values: readonly string[]): LabelPredicate | undefined {
  if (!isLabelKey(key) || !values.every(isLabelValue)) {
    return undefined;
  }
  switch (operator) {
    case 'In':
      return (labels) => Object.hasOwn(labels, key) && values.includes(labels[key] ?? '');
    case 'NotIn':
      return (labels) => !Object.hasOwn(labels, key) || !values.includes(labels[key] ?? '');
    case 'Exists':
      return (labels) => Object.hasOwn(labels, key);
    case 'DoesNotExist':
      return (labels) => !Object.hasOwn(labels, key);
    default:
      return undefined;
  }
}

/**
 * The predicate of a `LabelSelector` object, as workloads and budgets hold it. An empty selector matches everything, none at
 * all and one that cannot be understood match nothing.
 */
export function selectorPredicate(selector: unknown): LabelPredicate {
  if (!isRecord(selector)) {
    return () => false;
  }
  const predicates: (LabelPredicate | undefined)[] = [];
  const { matchLabels, matchExpressions } = selector;
  for (const [key, value] of Object.entries(isRecord(matchLabels) ? matchLabels : {})) {
    predicates.push(requirement(key, 'In', [String(value)]));
  }
  for (const expression of Array.isArray(matchExpressions) ? matchExpressions : []) {
    predicates.push(isRecord(expression) ? expressionPredicate(expression) : undefined);
  }
  return (labels) => predicates.every((predicate) => predicate?.(labels) ?? false);
}

function expressionPredicate(expression: Json): LabelPredicate | undefined {
  const { key, operator, values } = expression;
  return requirement(String(key), String(operator), Array.isArray(values) ? values.map(String) : []);
}

/** A `LabelSelector` object in text form, as a Scale's status shows it. */
export function selectorText(selector: unknown): string {
  if (!isRecord(selector)) {
    return '';
  }
  const { matchLabels, matchExpressions } = selector;
  const terms = Object.entries(isRecord(matchLabels) ? matchLabels : {}).map(
    ([key, value]) => `${key}=${String(value)}`,
  );
  for (const expression of Array.isArray(matchExpressions) ? matchExpressions : []) {
    if (isRecord(expression)) {
      terms.push(expressionText(expression));
    }
  }
  return terms.sort().join(',');
}

function expressionText(expression: Json): string {
  const { key, operator, values } = expression;
  const list = Array.isArray(values) ? values.map(String).sort().join(',') : '';
  switch (operator) {
    case 'In':
      return `${String(key)} in (${list})`;
    case 'NotIn':
      return `${String(key)} notin (${list})`;
    case 'DoesNotExist':
      return `!${String(key)}`;
    default:
      return String(key);
  }
}

/** The fields that a resource can be selected by, besides its name and namespace. */
const SELECTABLE: Readonly<Record<string, readonly string[]>> = {
  pods: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  events: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'type',
  ],
  namespaces: ['status.phase'],
  nodes: ['spec.unschedulable'],
  replicasets: ['status.replicas'],
  secrets: ['type'],
};

const FIELD_TERM = /^([^=!]+)(==|=|!=)(.*)$/;

/** The predicate of a field selector. Refused with 400 when the resource cannot be selected by a field. */
export function parseFieldSelector(resource: string, text: string): FieldPredicate | Refusal {
  const predicates: FieldPredicate[] = [];
  for (const term of text.split(',')) {
    if (term.trim() === '') {
      continue;
    }
    const [, field = '', operator, wanted = ''] = FIELD_TERM.exec(term.trim()) ?? [];
    if (!isSelectable(resource, field)) {
      return new Refusal(badRequest(`field label not supported: ${field === '' ? term : field}`));
    }
    const steps = field.replace(/^regarding\./, 'involvedObject.').split('.');
    predicates.push((object) => (fieldText(object, steps) === wanted) === (operator !== '!='));
  }
  return (object) => predicates.every((predicate) => predicate(object));
}

function isSelectable(resource: string, field: string): boolean {
  const name = field.replace(/^regarding\./, 'involvedObject.');
  return name === 'metadata.name' || name === 'metadata.namespace' || (SELECTABLE[resource] ?? []).includes(name);
}

function fieldText(object: StoredObject, steps: readonly string[]): string {
  let value: unknown = object;
  for (const step of steps) {
    value = isRecord(value) ? value[step] : undefined;
  }
  // A boolean that is left out is false to the real server; the only selectable one is spec.unschedulable.
  const shown = steps[1] === 'unschedulable' ? (value ?? false) : (value ?? '');
  return typeof shown === 'string' ? shown : JSON.stringify(shown);
}
