import type { EndpointCall } from '../../src/domain/remedy.ts';
import type { EndpointAnswer, Endpoints } from '../../src/ports/endpoints.ts';

export interface RecordingEndpoints extends Endpoints {
  readonly calls: { readonly call: EndpointCall; readonly actionId: string }[];
  /** What the next calls are answered with. */
  answer: EndpointAnswer;
}

/** Heal endpoints that remember what they were called with, and answer with 200 until told otherwise. */
export function recordingEndpoints(): RecordingEndpoints {
  const endpoints: RecordingEndpoints = {
    calls: [],
    answer: { kind: 'ok', status: 200, body: 'reset' },
    call(call, actionId) {
      endpoints.calls.push({ call, actionId });
      return Promise.resolve(endpoints.answer);
    },
  };
  return endpoints;
}
