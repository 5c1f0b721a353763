import type { CauseName, Evidence } from '../../domain/diagnosis.ts';
import type { Container, PodTemplate } from '../../domain/kubernetes.ts';
import { limitOf } from './new-limit.ts';
import type { Resource } from './resize-record.ts';

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

/** The resource whose limit a cause says is too low. */
export function resourceOf(cause: CauseName): Resource {
  return cause === 'memory-limit-too-low' ? 'memory' : 'cpu';
}

/** The container that was killed for its memory, the one that was restarted most often; undefined where none was. */
export function killedContainer({ pods }: Evidence): string | undefined {
  const killed = pods
    .flatMap(({ containers }) => containers)
    .filter(({ lastTermination, stateReason }) => [lastTermination?.reason, stateReason].includes('OOMKilled'));
  return killed.sort((a, b) => b.restarts - a.restarts)[0]?.name;
}

/**
 * The container of a template whose limit is to be raised: the one that was killed, or else the one that the template calls its
 * main one, or else the one with the largest limit. Undefined where that one has no limit.
 */
export function containerToResize(
  { metadata, spec }: PodTemplate,
  resource: Resource,
  killed: string | undefined,
): Container | undefined {
  const wanted = (resource === 'memory' ? killed : undefined) ?? metadata?.annotations?.[DEFAULT_CONTAINER];
  const limited = spec.containers.filter((container) => limitOf(container, resource) !== undefined);
  if (wanted !== undefined) return limited.find(({ name }) => name === wanted);
  return [...limited].sort((a, b) => (limitOf(b, resource) ?? 0) - (limitOf(a, resource) ?? 0))[0];
}
