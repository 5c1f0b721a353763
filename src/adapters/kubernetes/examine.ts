import pRetry from 'p-retry';
import { AutoHealError } from '../../domain/errors.ts';
import { errorOf, objectOf, type Asked } from './answers.ts';
import { loadKubeConfig, type KubernetesConnection } from './connection.ts';
import { makeTransport, type ApiAnswer, type ApiCall } from './transport.ts';

/** One right, as a SelfSubjectAccessReview asks for it. `resource` carries its subresource: `pods/eviction`. */
export interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  /** In the whole cluster when left out. */
  readonly namespace?: string;
}

/** Looks at an API server without changing anything. */
export interface KubernetesExaminer {
  /** Its address. */
  readonly server: string;
  /** Its version, and its clock in epoch milliseconds (whole seconds) where it said so. */
  version(): Promise<{ readonly version: string; readonly now?: number }>;
  /** Whether the credentials in use have a right. */
  may(right: Right): Promise<boolean>;
}

const MAX_BYTES = 1024 * 1024;
const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const RETRY_MS = 200;

/**
 * @throws AutoHealError `CONFIG_INVALID` when the connection names no cluster; `PORT_*` of its methods when the server does
 * not answer or refuses. What may succeed later is tried once more.
 */
export function makeKubernetesExaminer(options: {
  readonly connection: KubernetesConnection;
  readonly timeoutMs: number;
}): KubernetesExaminer {
  const config = loadKubeConfig(options.connection);
  const transport = makeTransport({ config, timeoutMs: options.timeoutMs });

  function ask(call: Omit<ApiCall, 'maxBytes'>, asked: Asked): Promise<ApiAnswer> {
    return pRetry(
      async () => {
        const answer = await transport({ ...call, maxBytes: MAX_BYTES });
        if (answer.status >= 200 && answer.status < 300) return answer;
        throw errorOf(answer, asked);
      },
      {
        retries: 1,
        minTimeout: RETRY_MS,
        shouldRetry: ({ error }) => error instanceof AutoHealError && error.retryable,
      },
    );
  }

  return {
    server: config.getCurrentCluster()?.server ?? '',
    async version() {
      const asked = { verb: 'get', path: '/version' } as const;
      const answer = await ask({ method: 'GET', path: asked.path }, asked);
      const found = objectOf(answer, asked);
      const now = Date.parse(answer.date ?? '');
      return {
        version: 'gitVersion' in found && typeof found.gitVersion === 'string' ? found.gitVersion : 'unknown',
        ...(Number.isNaN(now) ? {} : { now }),
      };
    },
    async may({ verb, group, resource: full, namespace }) {
      const [resource = '', subresource] = full.split('/');
      const attributes = { verb, group, resource, ...(subresource === undefined ? {} : { subresource }) };
      const resourceAttributes = { ...attributes, ...(namespace === undefined ? {} : { namespace }) };
      const asked = { verb: 'create', path: REVIEWS } as const;
      const body = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes },
      };
      const answer = await ask({ method: 'POST', path: REVIEWS, contentType: 'application/json', body }, asked);
      const found = objectOf(answer, asked);
      const status: unknown = 'status' in found ? found.status : undefined;
      return typeof status === 'object' && status !== null && 'allowed' in status && status.allowed === true;
    },
  };
}
