import type { Diagnosis, Signals, Symptom } from '../domain/diagnosis.ts';
import type { Acted, Verification, Verifying } from '../domain/incident.ts';
import type { WorkloadRef } from '../domain/workload.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterReader } from '../ports/cluster.ts';
import type { MetricSource } from '../ports/metrics.ts';
import { unknown, verificationOf, type Finding } from './finding.ts';
import { alive, crashFinding, newPodsCrash, readinessFinding, rolloutFinding, type Since } from './pods.ts';
import { isSignalSymptom, signalFinding, type SignalSymptom } from './signals.ts';
import { clusterFinding, isClusterSymptom, jobFinding } from './symptoms.ts';
import { trendOf } from './trend.ts';
import { lookAt, see, type View } from './view.ts';

export interface VerifyDeps {
  readonly cluster: ClusterReader;
  readonly metrics: MetricSource;
  readonly clock: Pick<Clock, 'now'>;
  /** A container that ended within so many seconds may only be between two crashes. 60 unless given. */
  readonly settleSeconds?: number;
}

export type Verify = (incident: Acted | Verifying) => Promise<Verification>;

/**
 * One look at whether a workload has recovered: its rollout, its pods, and every symptom that showed the illness. What
 * cannot be read is unknown, and recovered needs everything known and good. The alert itself is not looked at: it lags
 * behind by its own window, in both directions. Never throws.
 */
export function makeVerify(deps: VerifyDeps): Verify {
  return async (incident) => {
    const now = deps.clock.now();
    const { location, diagnosis } = incident;
    const view = await lookAt(deps.cluster, location);
    const since: Since = {
      actedAt: startOf(incident, now),
      now,
      settleMs: (deps.settleSeconds ?? 60) * 1000,
      evidence: diagnosis.evidence,
    };
    const symptoms = symptomsOf(diagnosis);
    const base =
      view.rollout === undefined ? [] : [rolloutFinding(view), readinessFinding(view), crashFinding(view, since)];
    const shown = symptoms
      .filter(isClusterSymptom)
      // Looked at for every workload with replicas already.
      .filter((symptom) => view.rollout === undefined || !ALWAYS_LOOKED_AT.has(symptom))
      // A node's pods are others' workloads, and those have incidents of their own.
      .filter((symptom) => location.workload.kind !== 'Node' || NODE_SYMPTOMS.has(symptom));
    const looking = { cluster: deps.cluster, location, view, since };
    const findings = await Promise.all(shown.map((symptom) => clusterFinding(symptom, looking)));
    const signals = await lookAtSignals(symptoms.filter(isSignalSymptom), { view, diagnosis, metrics: deps.metrics });
    const started = startedJob(incident);
    const job = started === undefined ? [] : [await jobFinding(deps.cluster, { workload: started })];
    const outlook = outlookOf(base, view, since);
    const verification = verificationOf([...base, ...findings, ...signals.findings, ...job], now);
    const before = incident.phase === 'verifying' ? incident.verification?.trend : undefined;
    const trend = trendOf(before, { ...signals, settled: outlook === 'settled', now });
    return {
      ...verification,
      ...(outlook === undefined ? {} : { outlook }),
      ...(trend === undefined ? {} : { trend }),
    };
  };
}

function outlookOf(base: readonly Finding[], view: View, since: Since): Verification['outlook'] {
  if (base.length > 0 && base.every(({ kind }) => kind === 'good')) return 'settled';
  return newPodsCrash(view, since) ? 'failing' : undefined;
}

/** The Job that the action started, if it did: before it has ended nobody can say what it has done. */
function startedJob({ intent, result }: Acted | Verifying): WorkloadRef | undefined {
  const creates = intent !== undefined && intent.uid === '' && intent.target.kind === 'Job';
  return creates && result?.kind !== 'refused' ? intent.target : undefined;
}

const NODE_SYMPTOMS: ReadonlySet<Symptom> = new Set(['node-not-ready', 'node-pressure']);
const ALWAYS_LOOKED_AT: ReadonlySet<Symptom> = new Set(['rollout-stuck', 'not-ready', 'crash-looping']);

/** When the action was done, or when the wait for a self-recovery began. */
function startOf(incident: Acted | Verifying, now: number): number {
  if (incident.result !== undefined) return incident.result.at;
  return incident.phase === 'verifying' ? incident.startedAt : now;
}

/** Every symptom of every cause that was found, once. */
function symptomsOf({ causes }: Diagnosis): readonly Symptom[] {
  return [...new Set(causes.flatMap((cause) => cause.symptoms))];
}

interface SignalsLookedAt {
  readonly findings: readonly Finding[];
  /** Those that are not well. */
  readonly ill: Signals;
  /** Those that are. Of one without data nobody knows. */
  readonly well: readonly SignalSymptom[];
}

async function lookAtSignals(
  symptoms: readonly SignalSymptom[],
  { view, diagnosis, metrics }: { readonly view: View; readonly diagnosis: Diagnosis; readonly metrics: MetricSource },
): Promise<SignalsLookedAt> {
  if (symptoms.length === 0) return { findings: [], ill: {}, well: [] };
  const pods = view.pods.kind === 'seen' ? alive(view.pods.value).map((pod) => pod.metadata.name) : [];
  const signals = await see(() => metrics.signals({ workload: view.workload, pods, recent: true }));
  if (signals.kind === 'unseen') {
    const finding = unknown(`${symptoms.join(', ')} could not be read: ${signals.why}`);
    return { findings: [finding], ill: {}, well: [] };
  }
  const { value } = signals;
  const looks = symptoms.map((symptom) => ({
    symptom,
    finding: signalFinding(symptom, value, diagnosis.evidence.signals),
  }));
  const ill = looks.filter(({ finding }) => finding.kind === 'bad').map(({ symptom }) => [symptom, value[symptom]]);
  const well = looks.filter(({ finding }) => finding.kind === 'good').map(({ symptom }) => symptom);
  return { findings: looks.map(({ finding }) => finding), ill: Object.fromEntries(ill), well };
}
