import { SIGNAL_NAMES, type Evidence, type SignalName, type Symptom } from '../../domain/diagnosis.ts';
import type { Refusal } from '../../domain/remedy.ts';
import type { GuardContext } from '../guard.ts';

const KINDS_WITH_REPLICAS: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet']);

/** Refuses when the state of the workload or its pods could not be read: whatever was diagnosed is a guess then. */
export function evidenceIsComplete({ incident }: GuardContext): Refusal | undefined {
  const { evidence } = incident.diagnosis;
  const unread = missingFrom(evidence, 'workload') ?? missingFrom(evidence, 'pods');
  if (unread !== undefined) return { code: 'evidence-missing', why: unread };
  if (evidence.state === undefined && KINDS_WITH_REPLICAS.has(incident.location.workload.kind)) {
    return { code: 'evidence-missing', why: 'the state of the workload was not read' };
  }
  return undefined;
}

/**
 * Refuses a remedy for a cause that shows in signals when the monitoring did not bring them: neither the cause nor the
 * recovery could be trusted.
 */
export function signalsAreThere({ incident, candidate }: GuardContext): Refusal | undefined {
  const { evidence, causes } = incident.diagnosis;
  const wanted = (causes.find((cause) => cause.name === candidate.cures)?.symptoms ?? []).filter(isSignal);
  if (wanted.length === 0) return undefined;
  const sick = missingFrom(evidence, 'prometheus');
  if (sick !== undefined) return { code: 'evidence-missing', why: `${candidate.cures} shows in signals, but ${sick}` };
  const absent = wanted.filter((signal) => evidence.signals[signal] === undefined);
  if (absent.length === 0) return undefined;
  return { code: 'evidence-missing', why: `${candidate.cures} shows in signals without data: ${absent.join(', ')}` };
}

export function evidenceIsFresh({ incident, policy, now }: GuardContext): Refusal | undefined {
  const ageSeconds = Math.abs(now - incident.diagnosis.evidence.at) / 1000;
  // Written so that an age that is no number refuses as well.
  if (ageSeconds <= policy.maxEvidenceAgeSeconds) return undefined;
  const why = `the evidence is ${Math.round(ageSeconds)} s old, more than ${policy.maxEvidenceAgeSeconds} s`;
  return { code: 'evidence-stale', why };
}

/** The entry of what could not be read that begins with a source. */
function missingFrom(evidence: Evidence, source: string): string | undefined {
  return evidence.missing.find((entry) => entry.startsWith(`${source}:`));
}

function isSignal(symptom: Symptom): symptom is Symptom & SignalName {
  return (SIGNAL_NAMES as readonly string[]).includes(symptom); // Widened, to be asked about any text.
}
