import { CATALOGUE } from '../../../src/act/catalogue.ts';
import { contextOf, type PolicyOfRemedies } from '../../../src/act/remedy.ts';
import type { Bed } from '../../../src/lab/bed.ts';
import { stagesOn } from '../../../src/lab/stages.ts';
import type { Cause, CauseName } from '../../../src/domain/diagnosis.ts';
import type { Diagnosed, IncidentId } from '../../../src/domain/incident.ts';
import type { Located } from '../../../src/domain/location.ts';
import type { Candidate } from '../../../src/domain/remedy.ts';
import { workloadKey, type WorkloadRef } from '../../../src/domain/workload.ts';
import type { FaultSpec, ServiceSpec, WorldSpec } from '../../../src/simulator/world/spec.ts';

/** What somebody could do who knows which workload is ill, without a diagnosis: every remedy that its state allows. */
export interface Possibility {
  readonly incident: Diagnosed;
  readonly candidate: Candidate;
}

const RESOURCES: Readonly<Record<string, 'deployments' | 'statefulsets' | 'daemonsets' | 'nodes'>> = {
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets',
  Node: 'nodes',
};

/** More ill services than these are callers of the first ones. */
const MOST_ILL = 3;

/** The workloads and nodes that the faults sit in, the services that people suffer from, and the nodes that are not well. */
export function patientsOf(
  bed: Bed,
  spec: WorldSpec,
  { faults, ill }: { readonly faults: readonly FaultSpec[]; readonly ill: readonly ServiceSpec[] },
): readonly WorkloadRef[] {
  const { kit } = bed.world.view;
  const found = new Map<string, WorkloadRef>();
  const add = (ref: WorkloadRef): void => void found.set(workloadKey(ref), ref);
  for (const { target } of faults) {
    const service = spec.services.find((each) => each.namespace === target.namespace && each.name === target.service);
    if (service !== undefined) add({ kind: service.kind, namespace: service.namespace, name: service.name });
    if (target.namespace === '') add({ kind: 'Node', namespace: '', name: target.service });
  }
  for (const { kind, namespace, name } of ill.slice(0, MOST_ILL)) add({ kind, namespace, name });
  for (const node of kit.list('nodes')) {
    const unwell = (node.status?.conditions ?? []).some(({ type, status }) =>
      type === 'Ready' ? status !== 'True' : status === 'True',
    );
    if (unwell) add({ kind: 'Node', namespace: '', name: node.metadata.name });
  }
  return [...found.values()];
}

/** Everything that can be done to a workload as it stands, whatever it may be ill with. */
export async function possibilities(
  bed: Bed,
  workload: WorkloadRef,
  policy: PolicyOfRemedies,
): Promise<readonly Possibility[]> {
  const resource = RESOURCES[workload.kind];
  const namespace = workload.namespace === '' ? undefined : workload.namespace;
  const object = resource === undefined ? undefined : bed.world.view.kit.get(resource, namespace, workload.name);
  if (object === undefined) return [];
  const location: Located = {
    kind: 'located',
    workload,
    uid: object.metadata.uid,
    pods: illPods(bed, workload),
    decidedBy: 'knowledge',
    why: 'the fault sits in it',
  };
  const at = bed.time.now();
  const alert = {
    fingerprint: '0',
    status: 'firing' as const,
    labels: { alertname: 'Oracle' },
    annotations: {},
    startsAt: at,
    generatorURL: '',
  };
  const diagnosis = await stagesOn(bed, policy).diagnose(location, [alert]);
  return CATALOGUE.flatMap((remedy) =>
    waysOf(remedy).flatMap((name): readonly Possibility[] => {
      const cause: Cause = { name: name as CauseName, confidence: 1, because: ['known'], symptoms: [] }; // A key of `cures`.
      const incident: Diagnosed = {
        phase: 'diagnosed',
        id: `oracle-${at}-${workload.name}` as IncidentId, // Simulated incidents only.
        openedAt: at,
        updatedAt: at,
        alerts: [alert],
        rung: 1,
        attempts: [],
        failures: 0,
        location,
        diagnosis: { ...diagnosis, causes: [cause] },
      };
      if (remedy.consider(contextOf(incident, policy)).kind === 'refused') return [];
      return [{ incident, candidate: { remedy: remedy.name, score: 1, cures: cause.name, because: ['known'] } }];
    }),
  );
}

/** The causes for which a remedy does something else: a limit of memory or of CPU, one pod or the whole traffic. */
const DIFFERENT: Readonly<Record<string, readonly CauseName[]>> = {
  resize: ['memory-limit-too-low', 'cpu-throttling'],
  reroute: ['one-bad-pod', 'errors-after-rollout'],
};

/** For all other remedies one cause is as good as another. */
function waysOf({ name, cures }: (typeof CATALOGUE)[number]): readonly string[] {
  return DIFFERENT[name] ?? Object.keys(cures).slice(0, 1);
}

/** The pods of a workload that are not ready, by name. */
function illPods(bed: Bed, workload: WorkloadRef): readonly string[] {
  return bed.world.view.kit
    .list('pods', workload.namespace)
    .filter(({ metadata }) => metadata.labels?.['app'] === workload.name)
    .filter(({ status }) => !(status?.conditions ?? []).some((each) => each.type === 'Ready' && each.status === 'True'))
    .map(({ metadata }) => metadata.name);
}
