import { alertName, type Alert } from '../../domain/alert.ts';
import { columnsOf, FLAG, LOG_COUNT, LOG_MINUTES } from './column.ts';
import { logOf, minutesFrom } from './numbers.ts';
import type { Situation } from './situation.ts';

/** Names are untrusted text; what lies beyond is not looked at. */
const LONGEST_NAME = 200;

/** Severities as rules commonly name them. Others say nothing. */
const SEVERITIES: ReadonlyMap<string, number> = new Map([
  ['info', 0],
  ['notice', 0],
  ['warning', 1],
  ['error', 1],
  ['critical', 2],
  ['page', 2],
  ['emergency', 2],
]);

/** Kinds of alerts by their names: those of this project's rules, of kubernetes-mixin, and what is common beside them. */
const CLASSES = {
  errors: /error(?:ratio|rate|s?high|budget)|5xx|failurerate/i,
  latency: /latency|slow|responsetime|duration/i,
  saturation: /cpu|throttl|memory|oom|fillingup|diskfull|hpa|autoscaler|saturat|queue/i,
  crash: /crash|oom|restart/i,
  unavailable: /notready|rolloutstuck|mismatch|unavailable|absent|targetdown|notrolledout/i,
  start: /imagepull|configerror|containerwaiting|pending|unschedulable|notscheduled/i,
  node: /node|kubelet|evict/i,
  job: /job/i,
} as const satisfies Readonly<Record<string, RegExp>>;

type AlertClass = keyof typeof CLASSES;

const CLASS_MEANINGS: Readonly<Record<AlertClass, string>> = {
  errors: 'requests fail',
  latency: 'requests take long',
  saturation: 'CPU, memory, a volume, a queue or an autoscaler is at its limit',
  crash: 'containers end or are killed',
  unavailable: 'pods are not ready or too few, a rollout is stuck, or a target is down',
  start: 'pods cannot start or find no node',
  node: 'a node or its kubelet is ill',
  job: 'a Job failed or does not end',
};

// Object.keys knows only strings; the keys of the literal above are all there are.
const CLASS_NAMES = Object.keys(CLASSES) as readonly AlertClass[];

export const ALERT_COLUMNS = columnsOf<Situation>('alerts', [
  {
    name: 'alert_severity',
    unit: 'rank',
    range: [0, 2],
    meaning: 'The highest severity that fires: 0 information, 1 warning, 2 critical. Missing where no label says.',
    value: ({ firing }) => severityOf(firing),
  },
  {
    name: 'alert_minutes',
    ...LOG_MINUTES,
    meaning: 'How long the oldest firing alert has fired; an hour and more are all alike.',
    value: ({ symptomAt, at }) => logOf(minutesFrom(symptomAt, at)),
  },
  {
    name: 'alert_count',
    ...LOG_COUNT,
    meaning: 'Alerts of the incident that fire.',
    value: ({ firing }) => logOf(firing.length),
  },
  {
    name: 'alert_names',
    ...LOG_COUNT,
    meaning: 'Different names among them: one symptom, or many.',
    value: ({ firing }) => logOf(new Set(firing.map(alertName)).size),
  },
  ...CLASS_NAMES.map((name) => ({
    name: `alert_${name}`,
    ...FLAG,
    meaning: `An alert fires whose name says that ${CLASS_MEANINGS[name]}.`,
    value: ({ firing }: Situation) => Number(firing.some((alert) => CLASSES[name].test(shortName(alert)))),
  })),
  {
    name: 'alert_other',
    ...FLAG,
    meaning: 'An alert fires whose name says none of these.',
    value: ({ firing }) => Number(firing.some(isOther)),
  },
]);

function severityOf(firing: readonly Alert[]): number | undefined {
  const ranks = firing
    .map(({ labels }) => SEVERITIES.get((labels['severity'] ?? '').toLowerCase()))
    .filter((rank) => rank !== undefined);
  return ranks.length === 0 ? undefined : Math.max(...ranks);
}

function isOther(alert: Alert): boolean {
  return CLASS_NAMES.every((name) => !CLASSES[name].test(shortName(alert)));
}

function shortName(alert: Alert): string {
  return alertName(alert).slice(0, LONGEST_NAME);
}
