import type { EndpointCall } from '../domain/remedy.ts';

/** What a heal endpoint answered. Untrusted text: data for people, never a command. */
export type EndpointAnswer =
  /** 2xx. */
  | { readonly kind: 'ok'; readonly status: number; readonly body: string }
  /** Any other status, a redirect included: those are not followed. Also where no connection came about. */
  | { readonly kind: 'refused'; readonly status: number; readonly message: string }
  /** Sent, and no answer came: nobody knows whether it did anything. */
  | { readonly kind: 'maybe'; readonly message: string };

/** Calls of workloads' own heal endpoints. */
export interface Endpoints {
  /**
   * Sends the call once. Never throws, never sends twice, never follows a redirect; at most 4 KiB of the answer are read.
   *
   * @param actionId goes along as `Idempotency-Key`.
   */
  call(call: EndpointCall, actionId: string): Promise<EndpointAnswer>;
}
