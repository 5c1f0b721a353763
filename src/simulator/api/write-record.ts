import { ACTION_ID_ANNOTATION } from '../../domain/remedy.ts';
import { mediaType, parseBody } from './body.ts';
import { type ApiRequest, type WriteRecord, isDryRun } from './context.ts';
import { valueAt } from './decode.ts';
import { isRecord } from './json.ts';
import { Refusal } from './status.ts';

/** What is told about a write that was answered with a status. */
export function writeRecord(request: ApiRequest, status: number): WriteRecord {
  const body = bodyOf(request);
  const actionId = actionIdOf(body);
  return {
    method: request.method,
    path: request.path,
    dryRun: isDryRun(request.query ?? {}) || dryRunInBody(body),
    status,
    body,
    ...(actionId === undefined ? {} : { actionId }),
  };
}

function bodyOf(request: ApiRequest): unknown {
  const text = request.body ?? '';
  if (text === '') {
    return undefined;
  }
  const parsed = parseBody(text, mediaType(request.contentType).endsWith('yaml'));
  return parsed instanceof Refusal ? text : parsed;
}

function dryRunInBody(body: unknown): boolean {
  const lists = [valueAt(body, 'dryRun'), valueAt(body, 'deleteOptions.dryRun')];
  return lists.some((list) => Array.isArray(list) && list.includes('All'));
}

const POINTER = `/metadata/annotations/${ACTION_ID_ANNOTATION.replace('/', '~1')}`;

/** From a merge patch or an object its annotation; from a JSON patch the operation that sets it. */
function actionIdOf(body: unknown): string | undefined {
  if (!Array.isArray(body)) {
    return annotationOf(valueAt(body, 'metadata.annotations'));
  }
  for (const operation of body) {
    const { op, path, value } = isRecord(operation) ? operation : {};
    const sets = op === 'add' || op === 'replace';
    const found = path === '/metadata/annotations' ? annotationOf(value) : path === POINTER ? value : undefined;
    if (sets && typeof found === 'string') {
      return found;
    }
  }
  return undefined;
}

function annotationOf(annotations: unknown): string | undefined {
  const id = isRecord(annotations) ? annotations[ACTION_ID_ANNOTATION] : undefined;
  return typeof id === 'string' ? id : undefined;
}
