type Labels = Readonly<Record<string, string>>;

// Labels that name the thing itself whatever else the alert carries. Under the Helm chart `pod` is next to them too, but
// then it is the pod of kube-state-metrics.
const OBJECT_LABELS = [
  'horizontalpodautoscaler',
  'deployment',
  'statefulset',
  'daemonset',
  'job_name',
  'cronjob',
  'replicaset',
  'rollout',
  'persistentvolumeclaim',
  'poddisruptionbudget',
  'persistentvolume',
  'resourcequota',
] as const;

// Labels that say what is wrong with a pod or who saw it, never which pod.
const DESCRIPTIVE = new Set([
  'alertname',
  'severity',
  'reason',
  'container',
  'endpoint',
  'instance',
  'job',
  'service',
  'prometheus',
  'metrics_path',
]);

/**
 * A key that two alerts share only when their labels name plainly the same thing: the same objects in the same namespace
 * and cluster, or the same pod with no other label telling them apart. Undefined where the labels name no object.
 *
 * Deliberately narrow: alerts that are kept apart here meet again when the journey has found their workload.
 */
export function subjectKey(labels: Labels): string | undefined {
  const place = [labels['cluster'] ?? '', labels['exported_namespace'] ?? labels['namespace'] ?? ''];
  const objects = OBJECT_LABELS.flatMap((name) => {
    const value = labels[`exported_${name}`] ?? labels[name];
    return value === undefined || value === '' ? [] : [name, value];
  });
  if (objects.length > 0) return JSON.stringify([...place, ...objects]);

  if (!labels['pod'] && !labels['exported_pod']) return undefined;
  const telling = Object.keys(labels)
    .filter((name) => !DESCRIPTIVE.has(name))
    .sort()
    .flatMap((name) => [name, labels[name]]);
  return JSON.stringify([...place, ...telling]);
}
