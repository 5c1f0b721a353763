import type { Location } from '../../src/domain/location.ts';
import { clusterItems, locateIn, webhookAlerts, webhookNames } from '../unit/diagnose/locate/fixtures.ts';
import { shippedAlerts } from '../rules/shipped.ts';

/** The alerts that are shipped, as a Markdown table: one row each, in the order of the rules. */
export function shippedTable(): string {
  const rows = shippedAlerts().map(({ alert, labels, annotations, file, for: wait = '' }) => {
    const says = (annotations?.['summary'] ?? '').replaceAll(/\{\{\s*\$(?:labels\.)?(\w+)\s*\}\}/g, '`$1`');
    const about = labels?.['autoheal'] === 'self' ? 'AutoHeal itself' : 'a workload';
    const cells = [`[${alert}](runbooks/${alert}.md)`, labels?.['severity'] ?? '', wait, about, says, `\`${file}\``];
    return `| ${cells.join(' | ')} |`;
  });
  return ['| alert | severity | waits | about | says | file |', '| --- | --- | --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}

/**
 * What AutoHeal makes of the alerts of kube-prometheus-stack, as a Markdown list: each webhook of `tests/fixtures/webhooks` is
 * located in the cluster of the fixtures by the code that locates real ones. What may be acted on comes first.
 */
export async function understoodList(): Promise<string> {
  const locate = locateIn(clusterItems());
  const namesByMeaning = new Map<string, string[]>();
  for (const name of webhookNames()) {
    const meaning = meaningOf(await locate(webhookAlerts(name)));
    const names = namesByMeaning.get(meaning) ?? [];
    namesByMeaning.set(meaning, [...names, `\`${name}\``]);
  }
  return [...namesByMeaning]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([meaning, names]) => `- ${meaning}: ${names.join(', ')}.`)
    .join('\n');
}

function meaningOf(location: Location): string {
  if (location.kind === 'unlocated') return `Names no workload (${location.reason})`;
  const { workload, decidedBy, notifyOnly } = location;
  const about = `${workload.kind}, found by \`${decidedBy}\``;
  return notifyOnly === undefined ? `**May be acted on.** ${about}` : `**Only reported** (${notifyOnly}). ${about}`;
}
