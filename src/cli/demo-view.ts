import { styleText } from 'node:util';
import type { Closed, Incident, LocatedIncident, Verdict } from '../domain/incident.ts';
import { describeWorkload } from '../domain/workload.ts';

/** What the demo prints. */
export interface DemoView {
  say(line: string): void;
  chapter(number: number, of: number, title: string, at: number): void;
  step(before: Incident, after: Incident): void;
  /** `wrong` is why the end is not the right one. */
  verdict(end: Closed | undefined, wrong: string | undefined): void;
}

type Style = Parameters<typeof styleText>[0];

/** Prints each step of each incident as it happens, one or two lines each; in colour where the stream is a terminal. */
export function makeDemoView(stream: NodeJS.WriteStream): DemoView {
  let chapterBegan = 0;

  function print(line: string): void {
    stream.write(`${line}\n`);
  }

  function paint(style: Style, text: string): string {
    return stream.isTTY ? styleText(style, text) : text;
  }

  function entry(at: number, stage: string, text: string): void {
    const seconds = Math.max(0, Math.round((at - chapterBegan) / 1000));
    const clock = `${String(Math.floor(seconds / 60)).padStart(3)}:${String(seconds % 60).padStart(2, '0')}`;
    print(`${paint('dim', clock)}  ${paint(['bold', 'cyan'], stage.padEnd(9))} ${text}`);
  }

  return {
    say: print,
    chapter(number, of, title, at) {
      chapterBegan = at;
      print('');
      print(paint('bold', `== ${number} of ${of}: ${title}`));
    },
    step(before, after) {
      if (before.phase === 'received') {
        for (const alert of before.alerts) entry(before.openedAt, 'alert', describeAlert(alert.labels));
      }
      if (after.phase === before.phase) return;
      for (const [stage, text] of linesOf(after)) entry(after.updatedAt, stage, text);
    },
    verdict(end, wrong) {
      if (wrong === undefined && end !== undefined) {
        const seconds = Math.round((end.closedAt - end.openedAt) / 1000);
        print(paint(['bold', 'green'], `   healed, verified ${seconds} simulated seconds after the alert (${end.id})`));
      } else {
        print(paint(['bold', 'red'], `   not as it should be: ${wrong ?? 'nothing ended'}`));
      }
    },
  };
}

function describeAlert(labels: Readonly<Record<string, string>>): string {
  const subject = labels['pod'] ?? labels['deployment'] ?? labels['node'] ?? '';
  return `${labels['alertname'] ?? ''} ${labels['namespace'] ?? ''}/${subject}`;
}

/** The lines that tell what a phase found. */
function linesOf(incident: Incident): readonly (readonly [stage: string, text: string])[] {
  switch (incident.phase) {
    case 'located':
      return [['located', locationText(incident)]];
    case 'diagnosed':
      return incident.diagnosis.causes
        .slice(0, 2)
        .map((cause) => [
          'diagnosed',
          `${cause.name} (${cause.confidence.toFixed(2)}): ${cause.because.slice(0, 2).join('; ')}`,
        ]);
    case 'scored':
      return [['scored', incident.candidates.map((each) => `${each.remedy} ${refusalOrScore(each)}`).join(', ')]];
    case 'decided':
      return [['decided', verdictText(incident.verdict)]];
    case 'intended':
      return [['intended', `${incident.intent.summary} (dry run accepted)`]];
    case 'acted':
      return [['acted', `${incident.intent.write.method} ${incident.intent.write.path}: ${incident.result.kind}`]];
    case 'closed':
      return [endLine(incident)];
    case 'received':
    case 'awaiting-approval':
    case 'verifying':
      return [];
  }
}

function locationText({ rung, location }: LocatedIncident): string {
  return rung > 1 ? `looking again, rung ${rung}` : `${describeWorkload(location.workload)}: ${location.why}`;
}

function verdictText(verdict: Verdict): string {
  return 'candidate' in verdict ? `${verdict.kind}: ${verdict.candidate.remedy}` : verdict.kind;
}

function endLine({ outcome, because }: Closed): readonly [stage: string, text: string] {
  if (outcome === 'merged') return ['merged', because];
  return [outcome === 'healed' ? 'verified' : 'closed', `${outcome}: ${because}`];
}

function refusalOrScore(candidate: { readonly score: number; readonly refusal?: { readonly code: string } }): string {
  return candidate.refusal === undefined ? candidate.score.toFixed(2) : `(${candidate.refusal.code})`;
}
