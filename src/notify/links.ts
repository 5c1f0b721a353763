import type { Incident } from '../domain/incident.ts';
import type { WorkloadRef } from '../domain/workload.ts';

/** The addresses that people's browsers know, where links in messages lead. */
export interface LinkBases {
  /** Of this service. */
  readonly publicUrl?: string;
  /** Of the Grafana that has the dashboards of grafana/. */
  readonly grafanaUrl?: string;
}

/** The dashboards that messages lead to. `tests/dashboards` holds them to those that are shipped. */
export const LINKED_DASHBOARDS = { services: 'autoheal-services', cluster: 'autoheal-cluster' } as const;

/** Kinds that have a section on the dashboard of services. */
const WITH_SECTION: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet']);

/** How much is shown before the first alert, and after the end. */
const MARGIN_MS = 10 * 60_000;
/** An alert may have fired for weeks when it is first told of: a graph over all of them shows nothing. */
const MAX_BEFORE_MS = 6 * 60 * 60_000;
/** No name of Kubernetes is longer. */
const MAX_NAME = 253;

/** The address of the incident below that of the service; undefined where that is not an http(s) address. */
export function incidentLink(incident: Incident, publicUrl: string | undefined): string | undefined {
  const base = webAddress(publicUrl);
  if (base === undefined) return undefined;
  base.search = '';
  base.pathname = below(base, `incidents/${encodeURIComponent(incident.id)}`);
  return quoted(base);
}

/**
 * The address of the dashboard that shows what is ill, from before the first alert until after the end: of the services, with
 * the workload chosen, or of the cluster for what is no service, such as a node. Undefined where no workload is named, or
 * `grafanaUrl` is not an http(s) address. A query of that stays, as Grafana chooses an organisation by one.
 */
export function dashboardLink(incident: Incident, grafanaUrl: string | undefined): string | undefined {
  const base = webAddress(grafanaUrl);
  const location = 'location' in incident ? incident.location : undefined;
  if (base === undefined || location?.kind !== 'located') return undefined;
  const { dashboard, variables } = placeOf(location.workload);
  base.pathname = below(base, `d/${dashboard}`);
  for (const [name, value] of Object.entries({ ...variables, ...timesOf(incident) })) {
    base.searchParams.set(name, value.slice(0, MAX_NAME));
  }
  return quoted(base);
}

function placeOf({ kind, namespace, name }: WorkloadRef): {
  readonly dashboard: string;
  readonly variables: Readonly<Record<string, string>>;
} {
  const variables: Readonly<Record<string, string>> = namespace === '' ? {} : { 'var-namespace': namespace };
  return WITH_SECTION.has(kind)
    ? { dashboard: LINKED_DASHBOARDS.services, variables: { ...variables, 'var-workload': name } }
    : { dashboard: LINKED_DASHBOARDS.cluster, variables };
}

/** In epoch milliseconds; until now while the incident is open. */
function timesOf(incident: Incident): { readonly from: string; readonly to: string } {
  const { openedAt, alerts } = incident;
  // The times of alerts are what their senders say.
  const starts = alerts.map(({ startsAt }) => startsAt).filter((at) => at > openedAt - MAX_BEFORE_MS);
  const from = starts.reduce((first, at) => Math.min(first, at), openedAt) - MARGIN_MS;
  return { from: String(from), to: incident.phase === 'closed' ? String(incident.closedAt + MARGIN_MS) : 'now' };
}

/** An address of the web without credentials and fragment; undefined for anything else. */
function webAddress(address: string | undefined): URL | undefined {
  if (address === undefined || !URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  url.username = '';
  url.password = '';
  url.hash = '';
  return url;
}

function below({ pathname }: URL, path: string): string {
  return `${pathname.replace(/\/+$/, '')}/${path}`;
}

/** A bar ends the address in a Slack link; quotes would end an attribute. */
function quoted({ href }: URL): string {
  return href.replaceAll(/[|'"<>]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
