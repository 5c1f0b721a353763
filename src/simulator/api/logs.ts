import { type ObjectCall, byPlural, storedOf } from './context.ts';
import { isRecord } from './json.ts';
import { type BodyAnswer, badRequest, notFound } from './status.ts';
import type { StoredObject } from './stored.ts';

/** Answers GET of `pods/<name>/log`: plain text, the last `tailLines` of it where they are given. */
export function podLogs(call: ObjectCall): BodyAnswer {
  const pod = storedOf(call);
  if (pod === undefined) {
    return notFound(byPlural(call.type), call.name);
  }
  const container = containerOf(call, pod);
  if (typeof container !== 'string') {
    return container.answer;
  }
  const previous = call.query['previous'] === 'true';
  const query = { namespace: pod.metadata.namespace ?? '', pod: call.name, container, previous };
  const text = call.deps.logs?.(query);
  if (text === undefined && previous) {
    return badRequest(`previous terminated container "${container}" in pod "${call.name}" not found`);
  }
  const lines = Number(call.query['tailLines'] ?? Number.NaN);
  return { status: 200, headers: { 'content-type': 'text/plain' }, body: lastLines(text ?? '', lines) };
}

function containerOf(call: ObjectCall, pod: StoredObject): string | { readonly answer: BodyAnswer } {
  const names = [...namesOf(pod.spec?.['containers']), ...namesOf(pod.spec?.['initContainers'])];
  const wanted = call.query['container'];
  if (wanted === undefined || wanted === '') {
    const containers = namesOf(pod.spec?.['containers']);
    const [only] = containers;
    return containers.length === 1 && only !== undefined
      ? only
      : {
          answer: badRequest(
            `a container name must be specified for pod ${call.name}, choose one of: [${containers.join(' ')}]`,
          ),
        };
  }
  return names.includes(wanted)
    ? wanted
    : { answer: badRequest(`container ${wanted} is not valid for pod ${call.name}`) };
}

function namesOf(containers: unknown): readonly string[] {
  const names: string[] = [];
  for (const container of Array.isArray(containers) ? containers : []) {
    if (isRecord(container) && typeof container['name'] === 'string') {
      names.push(container['name']);
    }
  }
  return names;
}

function lastLines(text: string, count: number): string {
  if (!(count >= 0)) {
    return text;
  }
  const lines = text.split('\n');
  const ends = text.endsWith('\n') || text === '';
  const whole = ends ? lines.slice(0, -1) : lines;
  const kept = count === 0 ? [] : whole.slice(-count);
  return kept.length === 0 ? '' : `${kept.join('\n')}${ends ? '\n' : ''}`;
}
