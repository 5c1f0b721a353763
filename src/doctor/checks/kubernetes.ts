import { makeKubernetesExaminer, type KubernetesExaminer } from '../../adapters/kubernetes/examine.ts';
import { AutoHealError, errorText } from '../../domain/errors.ts';
import { fail, ok, type Check, type Patient } from '../finding.ts';
import { shownUrl } from '../secrets.ts';

const TIMEOUT_MS = 30_000;

/** How the checks reach the API server: as the service does, with more patience. */
export function kubernetesOf({ config }: Pick<Patient, 'config'>): KubernetesExaminer {
  return makeKubernetesExaminer({ connection: config.cluster, timeoutMs: Math.max(config.cluster.timeoutMs, 5_000) });
}

/** A connection that cannot even be tried says itself what to set. */
function adviceFor(error: unknown): string {
  return error instanceof AutoHealError && error.code === 'CONFIG_INVALID'
    ? 'correct the section cluster of the configuration, or KUBECONFIG'
    : 'check cluster.server or the kubeconfig, and whether this machine or pod may connect to the API server';
}

/** Whether the API server answers. */
export const kubernetes: Check = {
  name: 'kubernetes',
  timeoutMs: () => TIMEOUT_MS,
  async run(patient) {
    try {
      const cluster = kubernetesOf(patient);
      const { version } = await cluster.version();
      return [ok('kubernetes', `${version} at ${shownUrl(cluster.server)}`)];
    } catch (error) {
      return [fail('kubernetes', errorText(error), adviceFor(error))];
    }
  },
};
