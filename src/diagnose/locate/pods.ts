import type { Location } from '../../domain/location.ts';
import { unlocated } from './answer.ts';
import { exporterOfJob, isOnlyTheExporter } from './exporters.ts';
import { locateGonePod } from './gone-pods.ts';
import type { Lookups } from './lookups.ts';
import { walkToTop, type Decision } from './owners.ts';
import { invalidName, type SubjectLabels } from './subject-labels.ts';

/** The workload of the pod that an alert names, unless that pod is only the exporter that was scraped. */
export async function locatePod(cluster: Lookups, labels: SubjectLabels): Promise<Location> {
  const invalid = invalidName(labels, ['namespace', 'pod']);
  if (invalid !== undefined) return invalid;
  const label = labels.source('pod');
  const name = labels.value('pod');
  const namespace = labels.value('namespace');
  if (name === undefined || namespace === undefined) {
    return unlocated('no-subject', `label ${label} names a pod, but no label its namespace`);
  }
  if (label === 'pod' && labels.source('namespace') !== 'namespace') {
    return unlocated(
      'exporter-only',
      'label pod names the exporter: the subject stands in exported_namespace, without a pod',
    );
  }
  const pod = await cluster.get('Pod', { namespace, name });
  if (pod === undefined) return locateGonePod(cluster, { namespace, name }, label);
  const uid = labels.value('uid');
  if (uid !== undefined && uid !== pod.metadata.uid) {
    return unlocated('uid-changed', `pod ${namespace}/${name} is not the one that fired: its uid is another`);
  }
  if (await isOnlyTheExporter(cluster, pod, labels)) {
    return unlocated('exporter-only', `pod ${namespace}/${name} (label pod) is only the exporter that was scraped`);
  }
  return walkToTop(cluster, { kind: 'Pod', object: pod, builtIn: true }, podDecision(labels, { namespace, name }));
}

function podDecision(
  labels: SubjectLabels,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Decision {
  const label = labels.source('pod');
  return {
    label,
    pods: [name],
    say: (owners) =>
      `pod ${namespace}/${name} ${owners === '' ? 'has no controller' : `is ${owners}`}; label ${label} decided${since(labels)}`,
  };
}

/** Why the labels beside `pod` did not count, where an exporter gave them. */
function since(labels: SubjectLabels): string {
  const exporter = exporterOfJob(labels);
  const given = ['endpoint', 'instance', 'job', 'service'].filter((name) => labels.scraped(name) !== undefined);
  if (exporter === undefined) return '';
  const whose = exporter.endsWith('s') ? `${exporter}'` : `${exporter}'s`;
  return `, since ${given.join('/')} ${given.length === 1 ? 'is' : 'are'} ${whose} own`;
}
