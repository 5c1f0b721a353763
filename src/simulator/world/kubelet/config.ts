import type { Container } from '../../../domain/kubernetes.ts';
import type { Kit } from '../kit.ts';

interface Reference {
  readonly resource: 'configmaps' | 'secrets';
  readonly name: string;
  readonly key?: string;
}

/** Why a container cannot be configured, in the kubelet's words; undefined when everything it reads is there. */
export function configProblem(kit: Kit, namespace: string, container: Container): string | undefined {
  for (const reference of referencesOf(container)) {
    const kind = reference.resource === 'configmaps' ? 'configmap' : 'secret';
    const object = kit.get(reference.resource, namespace, reference.name);
    if (object === undefined) {
      return `${kind} "${reference.name}" not found`;
    }
    const data = asRecord(object['data']);
    if (reference.key !== undefined && data[reference.key] === undefined) {
      const title = reference.resource === 'configmaps' ? 'ConfigMap' : 'Secret';
      return `couldn't find key ${reference.key} in ${title} ${namespace}/${reference.name}`;
    }
  }
  return undefined;
}

function referencesOf(container: Container): readonly Reference[] {
  const references: Reference[] = [];
  for (const source of asList(container['envFrom'])) {
    add(references, 'configmaps', source['configMapRef']);
    add(references, 'secrets', source['secretRef']);
  }
  for (const variable of asList(container['env'])) {
    const from = asRecord(variable['valueFrom']);
    add(references, 'configmaps', from['configMapKeyRef']);
    add(references, 'secrets', from['secretKeyRef']);
  }
  return references;
}

function add(references: Reference[], resource: Reference['resource'], value: unknown): void {
  const { name, key, optional } = asRecord(value);
  if (typeof name === 'string' && optional !== true) {
    references.push({ resource, name, ...(typeof key === 'string' ? { key } : {}) });
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  // Any object can be read as a record of unknowns.
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function asList(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(asRecord) : [];
}
