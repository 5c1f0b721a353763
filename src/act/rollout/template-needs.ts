import type { PodTemplate } from '../../domain/kubernetes.ts';
import { valueAt } from '../objects.ts';

/** A ConfigMap or Secret without which the pods of a template do not start. */
export interface TemplateNeed {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
}

/**
 * The ConfigMaps and Secrets that a pod template refers to, each once: in the environment of its containers, in its volumes
 * and as pull secrets. References that are marked `optional` are left out.
 */
export function needsOf(template: PodTemplate): readonly TemplateNeed[] {
  const { spec } = template;
  const containers = [...itemsAt(spec, '/initContainers'), ...itemsAt(spec, '/containers')];
  const found = [
    ...containers.flatMap((container) => [
      ...itemsAt(container, '/env').flatMap(ofEnvironment),
      ...itemsAt(container, '/envFrom').flatMap(ofEnvironmentSource),
    ]),
    ...itemsAt(spec, '/volumes').flatMap(ofVolume),
    ...itemsAt(spec, '/imagePullSecrets').flatMap((each) => need('Secret', each)),
  ];
  return [...new Map(found.map((each) => [keyOf(each), each])).values()];
}

/** Tells two needs apart. */
export function keyOf({ kind, name }: TemplateNeed): string {
  return `${kind} ${name}`;
}

function ofEnvironment(variable: unknown): readonly TemplateNeed[] {
  return [
    ...need('ConfigMap', valueAt(variable, '/valueFrom/configMapKeyRef')),
    ...need('Secret', valueAt(variable, '/valueFrom/secretKeyRef')),
  ];
}

function ofEnvironmentSource(source: unknown): readonly TemplateNeed[] {
  return [...need('ConfigMap', valueAt(source, '/configMapRef')), ...need('Secret', valueAt(source, '/secretRef'))];
}

function ofVolume(volume: unknown): readonly TemplateNeed[] {
  const projected = itemsAt(volume, '/projected/sources').flatMap((source) => [
    ...need('ConfigMap', valueAt(source, '/configMap')),
    ...need('Secret', valueAt(source, '/secret')),
  ]);
  return [
    ...need('ConfigMap', valueAt(volume, '/configMap')),
    ...need('Secret', valueAt(volume, '/secret'), 'secretName'),
    ...need('Secret', valueAt(volume, '/csi/nodePublishSecretRef')),
    ...projected,
  ];
}

function need(kind: TemplateNeed['kind'], reference: unknown, field = 'name'): readonly TemplateNeed[] {
  const name = valueAt(reference, `/${field}`);
  if (typeof name !== 'string' || name === '' || valueAt(reference, '/optional') === true) return [];
  return [{ kind, name }];
}

function itemsAt(document: unknown, pointer: string): readonly unknown[] {
  const items = valueAt(document, pointer);
  return Array.isArray(items) ? items : [];
}
