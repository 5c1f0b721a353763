import type { Service } from '../../domain/kubernetes.ts';
import { HEAL_PATH_ANNOTATION, HEAL_PORT_ANNOTATION, type Refusal } from '../../domain/remedy.ts';
import type { OwnServices } from './own-services.ts';

type Annotations = Readonly<Record<string, string>>;

export type HealPath =
  { readonly kind: 'path'; readonly path: string } | { readonly kind: 'refused'; readonly refusal: Refusal };

const MAX_PATH_LENGTH = 200;
const SEGMENT = /^[A-Za-z0-9_~.-]+$/;

/**
 * The path of the heal endpoint that a workload is annotated with. Plain parts only: no query, no escapes, nothing that a
 * client or a proxy would read as another path.
 */
export function healPath(annotations: Annotations): HealPath {
  const path = annotations[HEAL_PATH_ANNOTATION];
  if (path === undefined) {
    return refusedFor(
      'no-endpoint',
      `the workload has no annotation ${HEAL_PATH_ANNOTATION}`,
      `annotate it with the path of its heal endpoint, where it has one`,
    );
  }
  const [root, ...segments] = path.split('/');
  const plain = segments.every((segment) => SEGMENT.test(segment) && segment !== '.' && segment !== '..');
  if (root !== '' || segments.length === 0 || !plain || path.length > MAX_PATH_LENGTH) {
    return refusedFor(
      'no-endpoint',
      `the annotation ${HEAL_PATH_ANNOTATION} is no plain absolute path of at most ${MAX_PATH_LENGTH} characters`,
      'write it like /admin/heal',
    );
  }
  return { kind: 'path', path };
}

export type HealTarget =
  | { readonly kind: 'target'; readonly service: string; readonly port: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** The Service and port of a workload's heal endpoint: the one that its annotation chooses, or the only one there is. */
export function healTarget({ own, shared }: OwnServices, annotations: Annotations): HealTarget {
  const wanted = annotations[HEAL_PORT_ANNOTATION];
  const targets = own.flatMap((service) => portsOf(service, wanted));
  const [target] = targets;
  const suggest = `say with ${HEAL_PORT_ANNOTATION} which port of its Services it is`;
  if (target === undefined) return refusedFor('no-service', whyNone({ own, shared }, wanted), suggest);
  if (targets.length > 1) {
    const names = targets.map(({ service, port }) => `${service}:${port}`).join(', ');
    return refusedFor('no-service', `several ports of its Services could be meant: ${names}`, suggest);
  }
  return { kind: 'target', ...target };
}

function whyNone({ own, shared }: OwnServices, wanted: string | undefined): string {
  if (own.length > 0) {
    const which = wanted === undefined ? 'a TCP port' : `a port ${wanted}`;
    return `Service ${own.map(({ metadata }) => metadata.name).join(', ')} has not ${which}`;
  }
  return shared.length > 0
    ? `Service ${shared.join(', ')} reaches pods of other workloads too`
    : 'no Service of the namespace selects the pods of the workload';
}

function portsOf(
  { metadata, spec }: Service,
  wanted: string | undefined,
): readonly { service: string; port: number }[] {
  return (spec?.ports ?? [])
    .filter(({ protocol = 'TCP' }) => protocol === 'TCP')
    .filter(({ name, port }) => wanted === undefined || name === wanted || String(port) === wanted)
    .map(({ port }) => ({ service: metadata.name, port }));
}

function refusedFor(
  code: Refusal['code'],
  why: string,
  suggest: string,
): { readonly kind: 'refused'; readonly refusal: Refusal } {
  return { kind: 'refused', refusal: { code, why, suggest } };
}
