import type { Location } from '../../domain/location.ts';
import { unlocated } from './answer.ts';
import { podsBehind } from './behind.ts';
import { commonOwner } from './common-owner.ts';
import type { Lookups } from './lookups.ts';
import { invalidName, type SubjectLabels } from './subject-labels.ts';

/** TargetDown: the workload behind the Service that label `service` names, through its EndpointSlices. */
export async function locateService(cluster: Lookups, labels: SubjectLabels): Promise<Location> {
  const invalid = invalidName(labels, ['namespace', 'service']);
  if (invalid !== undefined) return invalid;
  const namespace = labels.value('namespace');
  const name = labels.value('service');
  if (namespace === undefined || name === undefined) {
    return unlocated('no-subject', 'labels namespace and service would name it, but are not both there');
  }
  const label = labels.source('service');
  return behindService(cluster, { namespace, name }, { label, text: `label ${label}=${name} names a Service` });
}

/** KubeAggregatedAPI*: the workload behind the Service that serves the APIService of label `name`. */
export async function locateApiService(cluster: Lookups, labels: SubjectLabels): Promise<Location> {
  const invalid = invalidName(labels, ['name']);
  if (invalid !== undefined) return invalid;
  const name = labels.value('name');
  if (name === undefined) return unlocated('no-subject', 'label name would name the APIService, but is not there');
  const service = (await cluster.get('APIService', { name }))?.spec?.service;
  if (service?.namespace === undefined || service.name === undefined) {
    return unlocated('not-found', `APIService ${name} does not exist, or the API server itself serves it`);
  }
  const at = { namespace: service.namespace, name: service.name };
  const label = labels.source('name');
  const text = `label ${label}=${name} names an APIService of Service ${at.namespace}/${at.name}`;
  return behindService(cluster, at, { label, text });
}

async function behindService(
  cluster: Lookups,
  service: { readonly namespace: string; readonly name: string },
  { label, text }: { readonly label: string; readonly text: string },
): Promise<Location> {
  const pods = await podsBehind(cluster, service);
  const withPods = `${text} with pods behind it`;
  const say = (owners: string): string => (owners === '' ? withPods : `${withPods}, ${owners}`);
  return commonOwner(cluster, pods, { text: withPods, decision: { label, pods: [], say } });
}
