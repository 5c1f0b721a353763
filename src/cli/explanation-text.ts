import { refusalText } from '../domain/remedy.ts';
import { describeWorkload } from '../domain/workload.ts';
import { plainText } from '../notify/text.ts';
import type { ExplainedRemedy, Explanation } from './explanation.ts';

const MAX_LINE = 2_000;

/** What AutoHeal makes of an alert, for a terminal: without control characters of labels or logs. */
export function explanationText({ alert, location, causes, missing, remedies, verdict }: Explanation): string {
  const name = alert['alertname'] ?? 'unnamed alert';
  if (location.kind === 'unlocated')
    return line(`${name}: no workload can be named (${location.reason}): ${location.why}`);
  const { workload, why, decidedBy, notifyOnly } = location;
  return [
    `${name}: ${describeWorkload(workload)} (${why}; by ${decidedBy})`,
    ...(notifyOnly === undefined ? [] : [`only reported on, never acted on: ${notifyOnly}`]),
    '',
    'Likely causes',
    ...causes.map((cause) => `  ${cause.name} (${cause.confidence.toFixed(2)}): ${cause.because.join('; ')}`),
    ...missing.map((each) => `  could not be read: ${each}`),
    '',
    'Remedies',
    ...remedies.flatMap(remedyLines),
    '',
    ...(verdict === undefined ? [] : [`Verdict: ${verdictText(verdict)}`]),
  ]
    .flatMap((text) => text.split('\n'))
    .map(line)
    .join('\n');
}

function line(text: string): string {
  const indent = /^ */.exec(text)?.[0] ?? '';
  return `${indent}${plainText(text.slice(indent.length), MAX_LINE)}`;
}

function remedyLines(explained: ExplainedRemedy): readonly string[] {
  const { remedy, score, because, refusal, disruption, summary, diff, giveBack, call, requests } = explained;
  if (refusal !== undefined) return [`  no ${remedy}: ${refusalText(refusal)}`, ...requests.flatMap(requestLines)];
  const cost =
    disruption === undefined
      ? ''
      : `, costs ${disruption.readyReplicaMinutes} ready-replica-minutes (${disruption.because})`;
  return [
    `  yes ${remedy}: score ${score.toFixed(2)}${cost}${summary === undefined ? '' : `; ${summary}`}`,
    `         ${because.join('; ')}`,
    ...(diff === undefined ? [] : diff.split('\n').map((each) => `         ${each}`)),
    ...requests.flatMap(requestLines),
    ...(call === undefined ? [] : [`         then ${call.method} ${call.url} (not called now)`]),
    ...(giveBack === undefined
      ? []
      : [`         put back ${giveBack.afterMs / 60_000} min after the incident (${giveBack.when})`]),
  ];
}

function requestLines({ write, answer }: ExplainedRemedy['requests'][number]): readonly string[] {
  const said = answer.kind === 'ok' ? 'accepted in a dry run' : `${answer.kind}: ${answer.message}`;
  return [
    `         ${write.method} ${write.path} (${write.contentType})`,
    ...JSON.stringify(write.body, null, 2)
      .split('\n')
      .map((each) => `           ${each}`),
    `         the API server: ${said}`,
  ];
}

function verdictText(verdict: NonNullable<Explanation['verdict']>): string {
  switch (verdict.kind) {
    case 'act':
      return `do ${verdict.candidate.remedy} (mode ${verdict.mode})`;
    case 'ask':
      return `ask a person about ${verdict.candidate.remedy}`;
    case 'observe':
      return `${verdict.candidate.remedy} would be done, but the mode is observe`;
    case 'wait':
      return `wait: ${verdict.because}`;
    case 'refuse':
      return `refuse: ${verdict.refusals.map(refusalText).join('; ')}`;
    case 'escalate':
      return `call people: ${verdict.because}`;
  }
}
