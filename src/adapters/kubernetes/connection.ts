import { KubeConfig } from '@kubernetes/client-node';
import { AutoHealError, errorText } from '../../domain/errors.ts';

/** How to reach the cluster. With nothing given: `KUBECONFIG`, `~/.kube/config`, or the pod's own service account. */
export interface KubernetesConnection {
  /** A kubeconfig file. */
  readonly kubeconfig?: string;
  /** A context of that file, or of the default one; its current context where left out. */
  readonly context?: string;
  /** Address of an API server, instead of a kubeconfig. */
  readonly server?: string;
  /** Bearer token for `server`. */
  readonly token?: string;
  /** Certificates that the server's is checked against; those of the system where left out. */
  readonly caFile?: string;
}

/**
 * The credentials and addresses of a connection.
 *
 * @throws AutoHealError `CONFIG_INVALID` when there is no cluster to talk to, with what to do.
 */
export function loadKubeConfig(connection: KubernetesConnection): KubeConfig {
  const config = connection.server === undefined ? fromFiles(connection) : fromServer(connection.server, connection);
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    const context = config.getCurrentContext();
    throw new AutoHealError(
      'CONFIG_INVALID',
      `the kubeconfig has no cluster for its context ${JSON.stringify(context)}`,
    );
  }
  if (!/^https?:\/\//.test(cluster.server)) {
    throw new AutoHealError('CONFIG_INVALID', `the address of the API server is no http(s) URL: ${cluster.server}`);
  }
  return config;
}

function fromFiles({ kubeconfig, context }: KubernetesConnection): KubeConfig {
  const config = new KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (error) {
    const what = kubeconfig === undefined ? 'the default kubeconfig' : `the kubeconfig ${kubeconfig}`;
    throw new AutoHealError('CONFIG_INVALID', `${what} cannot be read: ${errorText(error)}`, { cause: error });
  }
  if (isLastResort(config)) {
    const todo = 'set cluster.kubeconfig or cluster.server, or run in a pod with a service account';
    throw new AutoHealError('CONFIG_INVALID', `there is no kubeconfig and no service account: ${todo}`);
  }
  if (context !== undefined) {
    if (config.getContextObject(context) === null) {
      const known = config.getContexts().map(({ name }) => name);
      throw new AutoHealError('CONFIG_INVALID', `the kubeconfig has no context ${context}, only ${known.join(', ')}`);
    }
    config.setCurrentContext(context);
  }
  return config;
}

/** Where it finds nothing at all the library takes `http://localhost:8080`: whatever answers there is not what was meant. */
function isLastResort(config: KubeConfig): boolean {
  const cluster = config.getCurrentCluster();
  return config.getCurrentContext() === 'loaded-context' && cluster?.server === 'http://localhost:8080';
}

function fromServer(server: string, { token, caFile }: KubernetesConnection): KubeConfig {
  const config = new KubeConfig();
  // Without TLS there is nothing to verify, and the library insists on being told so.
  const skipTLSVerify = server.startsWith('http:');
  config.loadFromClusterAndUser(
    { name: 'cluster', server, skipTLSVerify, ...(caFile === undefined ? {} : { caFile }) },
    { name: 'user', ...(token === undefined ? {} : { token }) },
  );
  return config;
}
