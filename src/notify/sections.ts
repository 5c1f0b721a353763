import { alertName, type Alert } from '../domain/alert.ts';
import type { Cause, Diagnosis } from '../domain/diagnosis.ts';
import type { Attempt, Incident, Restore, Verdict, Verification } from '../domain/incident.ts';
import type { Location } from '../domain/location.ts';
import { refusalText, type Candidate, type Intent } from '../domain/remedy.ts';
import { describeWorkload } from '../domain/workload.ts';
import { CAUSE_WORDS, RESTORE_WORDS, RESULT_WORDS } from './words.ts';

/** A heading and one sentence or fact per line. */
export interface Section {
  readonly heading: string;
  readonly lines: readonly string[];
}

const MOST = { alerts: 10, causes: 3, reasons: 4, candidates: 6, checks: 10, missing: 4, tries: 6 } as const;

/** Everything that is known about an incident, in the order in which it was found out. */
export function sectionsOf(incident: Incident): readonly Section[] {
  const sections = [
    { heading: 'Alerts', lines: alertLines(incident.alerts) },
    { heading: 'Workload', lines: 'location' in incident ? locationLines(incident.location) : [] },
    { heading: 'Likely causes', lines: 'diagnosis' in incident ? causeLines(incident.diagnosis) : [] },
    { heading: 'Remedies', lines: 'candidates' in incident ? candidateLines(incident.candidates) : [] },
    { heading: 'Decision', lines: 'verdict' in incident ? verdictLines(incident.verdict) : [] },
    { heading: 'Changes', lines: changeLines(incident) },
    { heading: 'Verification', lines: 'verification' in incident ? verificationLines(incident.verification) : [] },
    { heading: 'Put back', lines: 'restores' in incident ? restoreLines(incident.restores ?? []) : [] },
    { heading: 'Incident', lines: incidentLines(incident) },
  ];
  return sections.filter(({ lines }) => lines.length > 0);
}

/** A time as ISO 8601 in UTC without milliseconds; in words where it is none. */
export function isoTime(ms: number): string {
  const time = new Date(ms);
  return Number.isNaN(time.getTime()) ? 'an unknown time' : time.toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** The first lines of many, and how many were left out. */
function first(lines: readonly string[], most: number): readonly string[] {
  return lines.length <= most ? lines : [...lines.slice(0, most), `and ${lines.length - most} more`];
}

function restoreLines(restores: readonly Restore[]): readonly string[] {
  const lines = restores.map(({ undo, state, detail, dueAt }) => {
    const name = describeWorkload(undo.target);
    const when = state === 'pending' ? `due ${isoTime(dueAt)}` : RESTORE_WORDS[state];
    return `${name}: ${when} (${detail})`;
  });
  return first(lines, MOST.tries);
}

function alertLines(alerts: readonly Alert[]): readonly string[] {
  const byName = Map.groupBy(alerts, (alert) => alertName(alert) || 'unnamed alert');
  const lines = [...byName].map(([name, same]) => {
    const firing = same.filter((alert) => alert.status === 'firing').length;
    const counts = [
      firing > 0 ? `${firing} firing` : '',
      firing < same.length ? `${same.length - firing} resolved` : '',
    ];
    const since = same.reduce((earliest, alert) => Math.min(earliest, alert.startsAt), Infinity);
    return `${name}: ${counts.filter((count) => count !== '').join(', ')}, since ${isoTime(since)}`;
  });
  return first(lines, MOST.alerts);
}

function locationLines(location: Location | undefined): readonly string[] {
  if (location === undefined) return [];
  if (location.kind === 'unlocated') {
    const candidates = location.candidates.map((each) => `it may be ${describeWorkload(each)}`);
    return [`none (${location.reason}): ${location.why}`, ...first(candidates, MOST.candidates)];
  }
  const { workload, why, decidedBy, notifyOnly } = location;
  const line = `${describeWorkload(workload)}: ${why} (by ${decidedBy})`;
  return notifyOnly === undefined ? [line] : [line, `only reported on, never acted on: ${notifyOnly}`];
}

function causeLines(diagnosis: Diagnosis | undefined): readonly string[] {
  if (diagnosis === undefined) return [];
  const missing = diagnosis.evidence.missing.map((each) => `could not be read: ${each}`);
  return [...first(diagnosis.causes.map(causeLine), MOST.causes), ...first(missing, MOST.missing)];
}

function causeLine({ name, confidence, because }: Cause): string {
  return `${CAUSE_WORDS[name]} (confidence ${confidence.toFixed(2)}): ${first(because, MOST.reasons).join('; ')}`;
}

function candidateLines(candidates: readonly Candidate[] | undefined): readonly string[] {
  const worthTelling = (candidates ?? []).filter(
    ({ refusal }) => refusal === undefined || !BESIDE_THE_POINT.has(refusal.code),
  );
  return first(worthTelling.map(candidateLine), MOST.candidates);
}

/** Remedies that nobody would think of here. */
const BESIDE_THE_POINT: ReadonlySet<string> = new Set(['does-not-cure', 'wrong-kind', 'incident-in-namespace']);

function candidateLine({ remedy, score, because, refusal, disruption }: Candidate): string {
  if (refusal !== undefined) return `${remedy}: does not apply, ${refusalText(refusal)}`;
  const cost = disruption === undefined ? '' : `, costs ${disruption.readyReplicaMinutes} ready-replica-minutes`;
  return `${remedy} (score ${score.toFixed(2)}${cost}): ${first(because, MOST.reasons).join('; ')}`;
}

function verdictLines(verdict: Verdict | undefined): readonly string[] {
  switch (verdict?.kind) {
    case undefined:
      return [];
    case 'act':
      return [`do ${verdict.candidate.remedy} (mode ${verdict.mode})`];
    case 'ask':
      return [`ask about ${verdict.candidate.remedy} until ${isoTime(verdict.expiresAt)} (mode ${verdict.mode})`];
    case 'observe':
      return [`would do ${verdict.candidate.remedy}, but the mode is observe`];
    case 'wait':
      return [`wait for a recovery without a remedy: ${verdict.because}`];
    case 'refuse':
      return first(
        verdict.refusals.map((refusal) => `refused, ${refusalText(refusal)}`),
        MOST.reasons,
      );
    case 'escalate':
      return [`call people: ${verdict.because}`];
  }
}

/** What was written so far, and what is about to be. */
function changeLines(incident: Incident): readonly string[] {
  const lines = incident.attempts.map(attemptLine);
  const intent = 'intent' in incident ? incident.intent : undefined;
  const counted = incident.attempts.some((attempt) => attempt.intent.actionId === intent?.actionId);
  if (intent !== undefined && !counted) {
    const result = 'result' in incident ? incident.result : undefined;
    lines.push(result === undefined ? `about to: ${intentText(intent)}` : attemptLine({ intent, result }));
  }
  return first(lines, MOST.tries);
}

function attemptLine({ intent, result, verification }: Attempt): string {
  const why = result.kind === 'refused' ? `, ${refusalText(result.refusal)}` : '';
  const verdict = verification === undefined ? '' : `; ${verification.verdict}`;
  return `${intentText(intent)}: ${RESULT_WORDS[result.kind]}${why}${verdict}`;
}

function intentText({ remedy, target, summary, undo }: Intent): string {
  const back = undo === undefined ? 'cannot be put back' : 'can be put back';
  return `${remedy} on ${describeWorkload(target)}, ${summary} (${back})`;
}

function verificationLines(verification: Verification | undefined): readonly string[] {
  if (verification === undefined) return [];
  const { verdict, reasons, at } = verification;
  return [`${verdict} at ${isoTime(at)}`, ...first(reasons, MOST.checks)];
}

function incidentLines(incident: Incident): readonly string[] {
  const ended = incident.phase === 'closed' ? `, closed ${isoTime(incident.closedAt)}` : '';
  const lines = [`${incident.id}, opened ${isoTime(incident.openedAt)}${ended}`];
  if (incident.phase === 'closed' && incident.mergedInto !== undefined) lines.push(`joined ${incident.mergedInto}`);
  return lines;
}
