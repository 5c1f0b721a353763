import type { StoredMetadata } from '../../objects.ts';
import type { ResourceName } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import { terminatePod } from '../pods.ts';

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

/** Removes what is left of owners that are gone. Owners of kinds that the world does not know are left alone. */
export function collectGarbage(kit: Kit): void {
  const living = new Set(
    Object.values(OWNERS).flatMap((resource) => kit.list(resource).map((owner) => owner.metadata.uid)),
  );
  for (const resource of DEPENDENTS) {
    for (const object of kit.list(resource)) {
      const owner = object.metadata.ownerReferences?.find((each) => each.controller === true);
      if (owner !== undefined && OWNERS[owner.kind] !== undefined && !living.has(owner.uid)) {
        discard(kit, resource, object.metadata);
      }
    }
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
