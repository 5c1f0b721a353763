import type { Incident } from '../domain/incident.ts';
import { describeIncident } from '../notify/message.ts';
import { plainText } from '../notify/text.ts';

const MAX_LINE = 500;

/** An incident as people read it in a terminal: what the messages say, without control characters. */
export function describeForTerminal(incident: Incident): string {
  const { title, status, sections, nextStep } = describeIncident(incident);
  const body = sections.flatMap(({ heading, lines }) => [
    '',
    heading,
    ...lines.map((line) => `  ${plainText(line, MAX_LINE)}`),
  ]);
  return [plainText(title, MAX_LINE), plainText(status, MAX_LINE), ...body, '', plainText(nextStep, MAX_LINE)].join(
    '\n',
  );
}
