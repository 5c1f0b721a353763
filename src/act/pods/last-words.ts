import { cleanLine, cleanTail } from '../../domain/clean-text.ts';
import type { Evidence } from '../../domain/diagnosis.ts';
import type { Pod } from '../../domain/kubernetes.ts';
import type { ClusterReader } from '../../ports/cluster.ts';

const MAX_PODS = 5;
const MAX_CONTAINERS = 3;
const TAIL_LINES = 20;
/** Of each pod, in bytes of UTF-8. */
const MAX_BYTES = 4096;

/**
 * What is kept of pods before they are removed: why they ended, and the last lines of their containers where the evidence does
 * not hold them already. Of a few pods, a few kilobytes each, without control characters and with what looks like a secret
 * masked. Logs that cannot be read are no reason to keep the pod. Never throws.
 */
export async function lastWords(
  pods: readonly Pod[],
  evidence: Pick<Evidence, 'logs'>,
  cluster: ClusterReader,
): Promise<string> {
  const known = new Set(evidence.logs.map(({ pod }) => pod));
  const words = await Promise.all(
    pods.slice(0, MAX_PODS).map(async (pod) => {
      const logs = known.has(pod.metadata.name) ? [] : await tails(pod, cluster);
      const why = reasons(pod).join('\n');
      const left = Math.max(0, MAX_BYTES - Buffer.byteLength(why) - 1);
      return [why, cleanTail(logs.join('\n'), left)].filter((part) => part !== '').join('\n');
    }),
  );
  const more = pods.length > MAX_PODS ? [`and ${pods.length - MAX_PODS} more pods`] : [];
  return [...words, ...more].join('\n');
}

function reasons({ metadata, status = {} }: Pod): readonly string[] {
  const head = `pod ${metadata.name}: ${[status.reason, status.message].filter((part) => part !== undefined).join(': ')}`;
  const ended = (status.containerStatuses ?? []).slice(0, MAX_CONTAINERS).flatMap(({ name, state }) => {
    const { reason = '', exitCode, message = '' } = state?.terminated ?? {};
    return exitCode === undefined
      ? []
      : [`container ${name}: ${`${reason} (exit code ${exitCode}) ${message}`.trim()}`];
  });
  return [head, ...ended].map((line) => cleanLine(line));
}

async function tails({ metadata, spec }: Pod, cluster: ClusterReader): Promise<readonly string[]> {
  const { namespace = '', name } = metadata;
  const texts = await Promise.all(
    spec.containers.slice(0, MAX_CONTAINERS).map(async (container) => {
      try {
        const query = { namespace, pod: name, container: container.name, tailLines: TAIL_LINES };
        const text = (await cluster.previousLogs(query)).trimEnd();
        return text === '' ? [] : [`log of ${container.name}:`, ...text.split('\n').slice(-TAIL_LINES)];
      } catch {
        return [`log of ${container.name}: could not be read`];
      }
    }),
  );
  return texts.flat();
}
