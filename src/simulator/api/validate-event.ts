import { type Json, isRecord } from './json.ts';
import type { ResourceType } from './resource-types.ts';
import { type FieldProblem, invalidValue, requiredValue } from './status.ts';

const MAX_FIELD = 128;
const MAX_NOTE = 1_024;

/**
 * What is wrong with an Event that is to be created; the object is in the shape of the core API, and so are the names of the
 * fields in the answer. Source: kubernetes `ValidateEventCreate`.
 */
export function eventProblems(type: ResourceType, event: Json): readonly FieldProblem[] {
  const fields = commonProblems(event, type.group === '' ? 'reportingComponent' : 'reportingController');
  return type.group === '' ? fields : [...fields, ...newEventProblems(event)];
}

function commonProblems(event: Json, reporter: string): readonly FieldProblem[] {
  const metadata = isRecord(event['metadata']) ? event['metadata'] : {};
  const involved = isRecord(event['involvedObject']) ? event['involvedObject'] : {};
  const own = text(metadata['namespace']);
  const theirs = text(involved['namespace']);
  const misplaced = invalidValue('involvedObject.namespace', theirs, 'does not match event.namespace');
  if (text(event['eventTime']) === '') {
    const fits = theirs === '' ? own === '' || own === 'default' : own === theirs;
    return fits ? [] : [misplaced];
  }
  const fits = theirs !== '' || own === 'default' || own === 'kube-system';
  return [
    ...(fits ? [] : [misplaced]),
    ...textProblems(reporter, text(event['reportingComponent'])),
    ...textProblems('reportingInstance', text(event['reportingInstance'])),
    ...textProblems('action', text(event['action'])),
    ...textProblems('reason', text(event['reason'])),
    ...(text(event['message']).length > MAX_NOTE
      ? [invalidValue('message', '', `can have at most ${MAX_NOTE} characters`)]
      : []),
  ];
}

function textProblems(field: string, value: string): readonly FieldProblem[] {
  if (value === '') {
    return [requiredValue(field)];
  }
  return value.length > MAX_FIELD ? [invalidValue(field, '', `can have at most ${MAX_FIELD} characters`)] : [];
}

function newEventProblems(event: Json): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  const type = text(event['type']);
  if (text(event['eventTime']) === '') {
    problems.push(requiredValue('eventTime'));
  }
  if (type !== 'Normal' && type !== 'Warning') {
    problems.push(invalidValue('type', type, `has invalid value: ${type}`));
  }
  for (const field of ['firstTimestamp', 'lastTimestamp', 'count']) {
    const value = event[field];
    if (value !== undefined && value !== null && value !== 0) {
      problems.push(invalidValue(field, value, 'needs to be unset'));
    }
  }
  return problems;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
