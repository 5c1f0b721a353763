import { alertName } from '../domain/alert.ts';
import type { Closed, Incident, Outcome, Verdict } from '../domain/incident.ts';
import { refusalText } from '../domain/remedy.ts';
import { describeWorkload } from '../domain/workload.ts';
import { dashboardLink, incidentLink, type LinkBases } from './links.ts';
import { milestone, needsPerson } from './milestone.ts';
import { nextStep } from './next-step.ts';
import { isoTime, sectionsOf, type Section } from './sections.ts';
import { CAUSE_WORDS, OUTCOME_WORDS, RESULT_WORDS } from './words.ts';

export type Severity = 'good' | 'info' | 'warning' | 'critical';

/** Severity colours as `#RRGGBB`. */
export const COLOURS = {
  good: '#009688',
  info: '#1A237E',
  warning: '#B26A00',
  critical: '#B3261E',
} as const satisfies Record<Severity, string>;

/**
 * What there is to say about an incident, in order, not rendered yet: every string may hold untrusted text of any length,
 * and each channel escapes and bounds it for its own place. Only `link` and `dashboard` are addresses of the web, without
 * quotes, bars and angle brackets.
 */
export interface Message {
  readonly incident: string;
  /** `Deployment shop/cart: crash loop after a rollout`. */
  readonly title: string;
  /** One sentence: the stage or the outcome, and why. */
  readonly status: string;
  readonly severity: Severity;
  /** `#RRGGBB`, the colour of the severity. */
  readonly colour: string;
  /** Whether the incident waits for, or ended in need of, a person. */
  readonly needsPerson: boolean;
  /** Never empty sections; the ones there is nothing to say about are left out. */
  readonly sections: readonly Section[];
  /** One sentence: what a person does next. */
  readonly nextStep: string;
  /** Where the incident can be read, when the address of the service is known. */
  readonly link?: string;
  /** The dashboard of the workload at the time of the incident, when the address of Grafana is known. */
  readonly dashboard?: string;
}

/** How an incident stands, for people. Never throws, whatever the incident's texts and times hold. */
export function describeIncident(incident: Incident, links: LinkBases = {}): Message {
  const severity = severityOf(incident);
  const link = incidentLink(incident, links.publicUrl);
  const dashboard = dashboardLink(incident, links.grafanaUrl);
  return {
    incident: incident.id,
    title: titleOf(incident),
    status: statusOf(incident),
    severity,
    colour: COLOURS[severity],
    needsPerson: needsPerson(incident),
    sections: sectionsOf(incident),
    nextStep: nextStep(incident),
    ...(link === undefined ? {} : { link }),
    ...(dashboard === undefined ? {} : { dashboard }),
  };
}

/** Who is ill and of what, as far as it is known. */
function titleOf(incident: Incident): string {
  const location = 'location' in incident ? incident.location : undefined;
  const diagnosis = 'diagnosis' in incident ? incident.diagnosis : undefined;
  const names = alertNames(incident);
  if (location === undefined) return names;
  if (location.kind === 'unlocated') return `${names}: no workload can be named`;
  const what = diagnosis === undefined ? names : CAUSE_WORDS[diagnosis.causes[0].name];
  return `${describeWorkload(location.workload)}: ${what}`;
}

const NAMES_IN_TITLE = 3;

function alertNames(incident: Incident): string {
  const names = [...new Set(incident.alerts.map((alert) => alertName(alert) || 'unnamed alert'))];
  if (names.length === 0) return 'no alerts';
  const more = names.length - NAMES_IN_TITLE;
  return names.slice(0, NAMES_IN_TITLE).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function statusOf(incident: Incident): string {
  switch (incident.phase) {
    case 'received':
      return 'Received; looking for the workload.';
    case 'located':
      return incident.rung > 1 ? 'Looking again after the last attempt.' : 'Gathering evidence.';
    case 'diagnosed':
      return 'Diagnosed; weighing the remedies.';
    case 'scored':
      return 'Remedies weighed; deciding.';
    case 'decided':
      return verdictStatus(incident.verdict);
    case 'awaiting-approval':
      return `Waiting until ${isoTime(incident.verdict.expiresAt)} for a person to approve ${incident.verdict.candidate.remedy}.`;
    case 'intended':
      return `About to act: ${incident.intent.remedy}, ${incident.intent.summary}.`;
    case 'acted':
      return `Acted: ${incident.intent.remedy}, ${incident.intent.summary}: ${RESULT_WORDS[incident.result.kind]}. Watching for the recovery.`;
    case 'verifying':
      return `Watching for the recovery since ${isoTime(incident.startedAt)}.`;
    case 'closed':
      return closedStatus(incident);
  }
}

function verdictStatus(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'act':
      return `Going to act: ${verdict.candidate.remedy} (mode ${verdict.mode}).`;
    case 'ask':
      return `Going to ask a person about ${verdict.candidate.remedy}.`;
    case 'observe':
      return `Mode observe: ${verdict.candidate.remedy} would be done.`;
    case 'wait':
      return `Waiting for a recovery without a remedy: ${verdict.because}`;
    case 'refuse':
      return `Refused: ${verdict.refusals.map(refusalText).join('; ')}`;
    case 'escalate':
      return `A person is needed: ${verdict.because}`;
  }
}

function closedStatus(incident: Closed): string {
  const { outcome, because, restores = [] } = incident;
  if (milestone(incident) === 'taken-back') {
    const done = restores.filter(({ state }) => state === 'undone').length;
    return done === restores.length
      ? 'What was changed for a time is back as it was.'
      : `${restores.length - done} of ${restores.length} changes could not be put back: a person is needed.`;
  }
  return because === '' ? `${OUTCOME_WORDS[outcome]}.` : `${OUTCOME_WORDS[outcome]}: ${because}`;
}

function severityOf(incident: Incident): Severity {
  if (incident.phase === 'closed') return OUTCOME_SEVERITY[incident.outcome];
  return incident.phase === 'awaiting-approval' ? 'warning' : 'info';
}

const OUTCOME_SEVERITY = {
  healed: 'good',
  'self-recovered': 'good',
  observed: 'warning',
  refused: 'warning',
  denied: 'warning',
  expired: 'warning',
  cancelled: 'info',
  'not-healed': 'critical',
  unknown: 'critical',
  escalated: 'critical',
  merged: 'info',
} as const satisfies Record<Outcome, Severity>;
