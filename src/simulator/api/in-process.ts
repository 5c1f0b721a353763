import { errorText } from '../../domain/errors.ts';
import type { ApiAnswer, ApiRequest } from './context.ts';
import { failure, type BodyAnswer } from './status.ts';

/** A call as a client's transport makes it. */
export interface InProcessCall {
  readonly method: string;
  /** Encoded, without a query. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly body?: unknown;
  /** The answer is cut off behind so many characters. */
  readonly maxBytes: number;
}

export interface InProcessAnswer {
  readonly status: number;
  readonly text: string;
  readonly cut: boolean;
}

/**
 * The API without a socket in between: what a client reads is the same text that it would read over HTTP. Watches are not
 * served. For worlds that are lived through by the thousand, where connections would cost more than the cluster.
 */
export function makeInProcessTransport(
  handle: (request: ApiRequest) => ApiAnswer | Promise<ApiAnswer>,
): (call: InProcessCall) => Promise<InProcessAnswer> {
  return async (call) => {
    const answer = await answerTo(handle, call);
    const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
    return { status: answer.status, text: text.slice(0, call.maxBytes), cut: text.length > call.maxBytes };
  };
}

async function answerTo(
  handle: (request: ApiRequest) => ApiAnswer | Promise<ApiAnswer>,
  { method, path, query, contentType, body }: InProcessCall,
): Promise<BodyAnswer> {
  const asked = new URLSearchParams(query).toString();
  try {
    const answer = await handle({
      method,
      // As it stands in the first line of a request over HTTP.
      path: asked === '' ? path : `${path}?${asked}`,
      contentType,
      body: body === undefined ? '' : JSON.stringify(body),
    });
    if (!('watch' in answer)) return answer;
    return failure({ status: 501, reason: 'NotImplemented', message: 'watches need the API over HTTP' });
  } catch (error) {
    return failure({ status: 500, reason: 'InternalError', message: `Internal error: ${errorText(error)}` });
  }
}
