import { type Json } from './json.ts';

/** An answer with a whole body. A body that is text is sent as text, everything else as JSON. */
export interface BodyAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Json | string;
}

/** A request that was turned down, carried up to the dispatcher as a value. */
export class Refusal {
  readonly answer: BodyAnswer;

  constructor(answer: BodyAnswer) {
    this.answer = answer;
  }
}

/** What a `Status` names: the plural (or, where the real server does so, the kind) and its group. */
export interface Named {
  readonly group: string;
  readonly name: string;
}

export interface StatusCause {
  readonly reason: string;
  readonly message?: string;
  readonly field?: string;
}

/** One thing wrong with one field of an object, in the words of the real server. */
export interface FieldProblem {
  readonly field: string;
  readonly reason:
    | 'FieldValueInvalid'
    | 'FieldValueRequired'
    | 'FieldValueForbidden'
    | 'FieldValueDuplicate'
    | 'FieldValueNotSupported';
  /** Without the field, e.g. `Invalid value: -1: must be greater than or equal to 0`. */
  readonly message: string;
}

/** `deployments.apps`, or `pods` where the group is the core one. */
export function qualified(named: Named): string {
  return named.group === '' ? named.name : `${named.name}.${named.group}`;
}

interface Failure {
  readonly status: number;
  readonly reason?: string;
  readonly message: string;
  readonly details?: Json;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A `Status` of a failed request. */
export function failure({ status, reason, message, details, headers }: Failure): BodyAnswer {
  return {
    status,
    ...(headers === undefined ? {} : { headers }),
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason === undefined ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code: status,
    },
  };
}

/** A `Status` of a request that succeeded and has no object to show. */
export function success(status: number, details?: Json): BodyAnswer {
  return {
    status,
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      ...(details === undefined ? {} : { details }),
      ...(details === undefined ? { code: status } : {}),
    },
  };
}

function detailsOf(named: Named, name: string | undefined, causes?: readonly StatusCause[]): Json {
  return {
    ...(name === undefined || name === '' ? {} : { name }),
    ...(named.group === '' ? {} : { group: named.group }),
    ...(named.name === '' ? {} : { kind: named.name }),
    ...(causes === undefined ? {} : { causes }),
  };
}

/** 400. */
export function badRequest(message: string): BodyAnswer {
  return failure({ status: 400, reason: 'BadRequest', message });
}

/** 404 for an object, as opposed to a path. */
export function notFound(named: Named, name: string): BodyAnswer {
  return failure({
    status: 404,
    reason: 'NotFound',
    message: `${qualified(named)} "${name}" not found`,
    details: detailsOf(named, name),
  });
}

/** 404 for a path that no API serves: plain text, as the real server answers. */
export function unknownPath(): BodyAnswer {
  return {
    status: 404,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: '404 page not found\n',
  };
}

/** 405. */
export function methodNotAllowed(): BodyAnswer {
  return failure({
    status: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: {},
  });
}

/** 415. */
export function unsupportedMediaType(): BodyAnswer {
  return failure({
    status: 415,
    reason: 'UnsupportedMediaType',
    message: '415: Unsupported Media Type',
    details: {},
  });
}

/** 409 for a name that is taken. */
export function alreadyExists(named: Named, name: string): BodyAnswer {
  return failure({
    status: 409,
    reason: 'AlreadyExists',
    message: `${qualified(named)} "${name}" already exists`,
    details: detailsOf(named, name),
  });
}

/** 409 for a precondition that does not hold. */
export function conflict(named: Named, name: string, why: string): BodyAnswer {
  return failure({
    status: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${qualified(named)} "${name}": ${why}`,
    details: detailsOf(named, name),
  });
}

/** The reason of a conflict over a resourceVersion. */
export const MODIFIED_MEANWHILE =
  'the object has been modified; please apply your changes to the latest version and try again';

/** 403. */
export function forbidden(
  named: Named,
  name: string | undefined,
  why: string,
  causes?: readonly StatusCause[],
): BodyAnswer {
  return failure({
    status: 403,
    reason: 'Forbidden',
    message: `${qualified(named)} ${name === undefined ? '' : `"${name}" `}is forbidden: ${why}`,
    details: detailsOf(named, name, causes),
  });
}

/** 422 with every problem as a cause. The message names a problem that was found twice only once, as the real server does. */
export function invalid(kind: Named, name: string, problems: readonly FieldProblem[]): BodyAnswer {
  const texts = [...new Set(problems.map((problem) => `${problem.field}: ${problem.message}`))];
  const aggregate = texts.length === 1 ? texts.join('') : `[${texts.join(', ')}]`;
  const causes = problems.map(({ reason, message, field }) => ({ reason, message, field }));
  return failure({
    status: 422,
    reason: 'Invalid',
    message: `${qualified(kind)} "${name}" is invalid: ${aggregate}`,
    details: detailsOf(kind, name, causes),
  });
}

/** 429 of the eviction API. */
export function budgetRefuses(cause: string, retryAfterSeconds?: number): BodyAnswer {
  return failure({
    status: 429,
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: {
      causes: [{ reason: 'DisruptionBudget', message: cause }],
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    },
    ...(retryAfterSeconds === undefined ? {} : { headers: { 'retry-after': String(retryAfterSeconds) } }),
  });
}

/** 410, as the body of an answer or the object of a watch's ERROR event. */
export function expired(message: string): BodyAnswer {
  return failure({ status: 410, reason: 'Expired', message });
}

/** `Invalid value: <value>: <why>`, the value as JSON. */
export function invalidValue(field: string, value: unknown, why: string): FieldProblem {
  return { field, reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value)}: ${why}` };
}

/** `Required value`, with a detail where the real server gives one. */
export function requiredValue(field: string, detail?: string): FieldProblem {
  return {
    field,
    reason: 'FieldValueRequired',
    message: detail === undefined ? 'Required value' : `Required value: ${detail}`,
  };
}

/** `Forbidden: <why>`. */
export function forbiddenField(field: string, why: string): FieldProblem {
  return { field, reason: 'FieldValueForbidden', message: `Forbidden: ${why}` };
}
