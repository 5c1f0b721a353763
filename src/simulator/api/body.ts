import { parse as parseYaml } from 'yaml';
import type { Call } from './context.ts';
import { errorText } from '../../domain/errors.ts';
import { type Json, isRecord } from './json.ts';
import { Refusal, badRequest, unsupportedMediaType } from './status.ts';

/** `application/json` of `application/json; charset=utf-8`. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** The object in the body of a POST or PUT (JSON or YAML), or why it cannot be taken. */
export function readObject(call: Call): Json | Refusal {
  const type = mediaType(call.request.contentType);
  if (type !== '' && type !== 'application/json' && type !== 'application/yaml') {
    return new Refusal(unsupportedMediaType());
  }
  const parsed = parseBody(call.request.body ?? '', type === 'application/yaml');
  if (parsed instanceof Refusal) {
    return parsed;
  }
  return isRecord(parsed)
    ? parsed
    : new Refusal(badRequest('the object provided is unrecognized (must be of type Object)'));
}

/** The body as a value; YAML only where the content type says so. */
export function parseBody(text: string, yaml: boolean): unknown {
  try {
    // YAML's aliases are bounded, so that a small body cannot become a huge object.
    const parsed: unknown = yaml ? parseYaml(text, { maxAliasCount: 100 }) : JSON.parse(text);
    return parsed;
  } catch (error) {
    return new Refusal(badRequest(`error decoding the body: ${errorText(error)}`));
  }
}

/** The options in the body of a DELETE; none when the body is empty. */
export function readDeleteOptions(call: Call): Json | Refusal {
  return (call.request.body ?? '') === '' ? {} : readObject(call);
}
