import { FOREGROUND, type StoredMetadata, type StoredObject } from '../../objects.ts';
import type { ResourceName } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import { terminatePod } from '../pods.ts';
import { makeSettled } from '../settled.ts';

const OWNERS: Readonly<Record<string, ResourceName>> = {
  Deployment: 'deployments',
  ReplicaSet: 'replicasets',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets',
  Job: 'jobs',
  CronJob: 'cronjobs',
  Service: 'services',
};

const DEPENDENTS = [
  'replicasets',
  'controllerrevisions',
  'jobs',
  'endpointslices',
  'pods',
] as const satisfies readonly ResourceName[];

const LOOKED_AT: readonly ResourceName[] = [...new Set([...Object.values(OWNERS), ...DEPENDENTS])];

/** Removes what is left of owners that are gone. Owners of kinds that the world does not know are left alone. */
export function collectGarbage(kit: Kit): void {
  const inputs = LOOKED_AT.map((resource) => kit.list(resource));
  const pods = kit.list('pods');
  if (settled.has(pods, inputs)) {
    return;
  }
  const before = kit.version();
  collect(kit);
  if (kit.version() === before) {
    settled.add(pods, inputs);
  }
}

const settled = makeSettled();

function collect(kit: Kit): void {
  const living = new Set<string>();
  const leaving: (readonly [ResourceName, StoredObject])[] = [];
  for (const resource of Object.values(OWNERS)) {
    for (const owner of kit.list(resource)) {
      living.add(owner.metadata.uid);
      if (owner.metadata.finalizers?.includes(FOREGROUND) === true) {
        leaving.push([resource, owner]);
      }
    }
  }
  for (const resource of DEPENDENTS) {
    for (const object of kit.list(resource)) {
      const owner = object.metadata.ownerReferences?.find((each) => each.controller === true);
      if (owner !== undefined && OWNERS[owner.kind] !== undefined && !living.has(owner.uid)) {
        discard(kit, resource, object.metadata);
      }
    }
  }
  for (const [resource, owner] of leaving) {
    removeInForeground(kit, resource, owner);
  }
}

/** An owner that is deleted in the foreground goes when the last of what it owns has gone. */
function removeInForeground(kit: Kit, resource: ResourceName, owner: StoredObject): void {
  const { namespace, name, uid } = owner.metadata;
  const owned = DEPENDENTS.flatMap((each) => kit.owned(each, uid).map(({ metadata }) => [each, metadata] as const));
  for (const [each, metadata] of owned) {
    discard(kit, each, metadata);
  }
  if (owned.length === 0) {
    kit.remove(resource, namespace, name);
  }
}

function discard(kit: Kit, resource: ResourceName, { namespace, name }: StoredMetadata): void {
  const pod = resource === 'pods' ? kit.get('pods', namespace, name) : undefined;
  if (pod === undefined) {
    kit.remove(resource, namespace, name);
  } else {
    terminatePod(kit, pod);
  }
}
