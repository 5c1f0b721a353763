/**
 * A write to the API server, exactly as it will be sent. Kept in the journal before it is sent, so that after a crash the
 * same bytes (and so the same preconditions) are what is compared and, at most, sent.
 */
export interface ClusterWrite {
  /** A DELETE carries its preconditions in a DeleteOptions body. */
  readonly method: 'PATCH' | 'POST' | 'DELETE';
  /** Path below the API server's address, without a query. */
  readonly path: string;
  readonly contentType:
    | 'application/merge-patch+json'
    | 'application/strategic-merge-patch+json'
    | 'application/json-patch+json'
    | 'application/json';
  readonly body: unknown;
}
