import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Alert } from '../../../../src/domain/alert.ts';
import type { KubernetesObject } from '../../../../src/domain/kubernetes.ts';
import { makeLocate, type Locate, type LocateDeps } from '../../../../src/diagnose/locate/locate.ts';
import { parseWebhook } from '../../../../src/receive/webhook.ts';
import { anAlert } from '../../../builders/journey.ts';
import { makeSnapshotCluster } from '../../../fakes/snapshot-cluster.ts';

const FIXTURES = join(import.meta.dirname, '../../../fixtures');
/** After the alerts of the fixtures started. */
const NOW = Date.UTC(2026, 10, 21, 3);

/** An object that a test may change. */
export type Item = Record<string, unknown> & { kind: string; metadata: KubernetesObject['metadata'] };

/** The objects of the cluster that the webhooks of `fixtures/webhooks` are about. Each call gives new ones. */
export function clusterItems(): Item[] {
  const list: unknown = JSON.parse(readFileSync(join(FIXTURES, 'clusters/kube-prometheus-stack.json'), 'utf8'));
  return (list as { items: Item[] }).items; // What the fixture holds; a wrong one fails every test here.
}

/** The alerts that have a webhook here. Those that a real Alertmanager was recorded with are about another cluster. */
export function webhookNames(): readonly string[] {
  const files = readdirSync(join(FIXTURES, 'webhooks')).filter((file) => !file.startsWith('recorded-'));
  return files.map((file) => file.replace(/\.json$/, '')).sort();
}

export function webhookText(alertname: string): string {
  return readFileSync(join(FIXTURES, 'webhooks', `${alertname}.json`), 'utf8');
}

/** The alerts of a webhook as the service itself reads them. */
export function webhookAlerts(alertname: string): readonly Alert[] {
  const parsed = parseWebhook(webhookText(alertname), NOW);
  if (parsed.kind === 'invalid' || parsed.webhook.rejected.length > 0)
    throw new Error(`${alertname}.json is no webhook`);
  return parsed.webhook.alerts;
}

export function alertOf(labels: Readonly<Record<string, string>>, more: Partial<Alert> = {}): Alert {
  return anAlert({ labels, ...more });
}

export function locateIn(items: readonly unknown[], deps: Partial<LocateDeps> = {}): Locate {
  return makeLocate({
    cluster: makeSnapshotCluster({ items }),
    allowTargetOverride: false,
    monitoringNamespaces: ['monitoring'],
    ...deps,
  });
}

/** The object of a kind and name, to be changed in place. */
export function itemOf(items: readonly Item[], kind: string, name: string): Item {
  const found = items.find((item) => item.kind === kind && item.metadata.name === name);
  if (found === undefined) throw new Error(`the fixture has no ${kind} ${name}`);
  return found;
}

export function without(items: readonly Item[], kind: string, name: string): Item[] {
  itemOf(items, kind, name);
  return items.filter((item) => item.kind !== kind || item.metadata.name !== name);
}
