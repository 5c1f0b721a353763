import { describe, expect, test } from '@jest/globals';

import type { Incident } from '../../../src/domain/incident.ts';
import { dashboardLink, incidentLink } from '../../../src/notify/links.ts';
import { ACT, anAlert, CART, decided, NIGHT, received } from '../../builders/journey.ts';
import { aClosed, hostileIncident } from '../../contract/notifier.contract.ts';

const MINUTE = 60_000;

function aboutWorkload(kind: string, namespace: string, name: string): Incident {
  return decided(ACT, { openedAt: NIGHT, alerts: [], location: { ...CART, workload: { kind, namespace, name } } });
}

/** Path and query of an address, the query as it is read. */
function partsOf(address: string | undefined): object {
  const { origin, pathname, searchParams } = new URL(address ?? 'none:');
  return { at: `${origin}${pathname}`, query: Object.fromEntries(searchParams) };
}

describe('the link to the dashboard', () => {
  const FROM = String(NIGHT - 10 * MINUTE);
  const G = 'https://grafana.example';
  const cases = [
    {
      name: 'a Deployment has its section',
      incident: aboutWorkload('Deployment', 'shop', 'cart'),
      at: `${G}/d/autoheal-services`,
      query: { 'var-namespace': 'shop', 'var-workload': 'cart' },
    },
    {
      name: 'a node is on the dashboard of the cluster',
      incident: aboutWorkload('Node', '', 'node-1'),
      at: `${G}/d/autoheal-cluster`,
      query: {},
    },
    {
      name: 'a job has no section: its namespace is shown',
      incident: aboutWorkload('Job', 'shop', 'mail-1'),
      at: `${G}/d/autoheal-cluster`,
      query: { 'var-namespace': 'shop' },
    },
    {
      name: 'names that mean something in an address are values only',
      incident: aboutWorkload('Deployment', 'a&to=1', 'b|c>"&var-namespace=kube-system#'),
      at: `${G}/d/autoheal-services`,
      query: { 'var-namespace': 'a&to=1', 'var-workload': 'b|c>"&var-namespace=kube-system#' },
    },
    {
      name: 'Grafana below a path, and an organisation chosen',
      grafanaUrl: 'https://ops.example/grafana/?orgId=2',
      incident: aboutWorkload('StatefulSet', 'shop', 'db'),
      at: 'https://ops.example/grafana/d/autoheal-services',
      query: { orgId: '2', 'var-namespace': 'shop', 'var-workload': 'db' },
    },
  ];

  test.each(cases)('$name', ({ grafanaUrl = G, incident, at, query }) => {
    const link = dashboardLink(incident, grafanaUrl);

    expect(partsOf(link)).toEqual({ at, query: { ...query, from: FROM, to: 'now' } });
    expect(link).not.toMatch(/[|'"<>\s]/);
  });

  const times: readonly { readonly name: string; readonly incident: Incident; readonly shown: object }[] = [
    {
      name: 'begins before the first alert',
      incident: decided(ACT, {
        openedAt: NIGHT,
        alerts: [anAlert({ startsAt: NIGHT - MINUTE }), anAlert({ startsAt: NIGHT - 3 * MINUTE })],
      }),
      shown: { from: String(NIGHT - 13 * MINUTE), to: 'now' },
    },
    {
      name: 'does not show the weeks that an alert has fired, nor a time that is none',
      incident: decided(ACT, {
        openedAt: NIGHT,
        alerts: [anAlert({ startsAt: NIGHT - 21 * 24 * 60 * MINUTE }), anAlert({ startsAt: Number.NaN })],
      }),
      shown: { from: FROM, to: 'now' },
    },
    {
      name: 'ends after the end',
      incident: aClosed('healed', { openedAt: NIGHT, alerts: [], location: CART, closedAt: NIGHT + 5 * MINUTE }),
      shown: { from: FROM, to: String(NIGHT + 15 * MINUTE) },
    },
  ];

  test.each(times)('$name', ({ incident, shown }) => {
    expect(partsOf(dashboardLink(incident, G))).toMatchObject({ query: shown });
  });

  test.each([
    { name: 'Grafana is not known', incident: aboutWorkload('Deployment', 'shop', 'cart'), grafanaUrl: undefined },
    { name: 'nothing is located yet', incident: received(), grafanaUrl: G },
    {
      name: 'no workload can be named',
      incident: aClosed('escalated', {
        location: { kind: 'unlocated', reason: 'ambiguous', why: 'two owners', candidates: [] },
      }),
      grafanaUrl: G,
    },
    { name: 'it is no address of the web', incident: aboutWorkload('Job', 'shop', 'x'), grafanaUrl: 'javascript:0' },
  ])('there is none where $name', ({ incident, grafanaUrl }) => {
    expect(dashboardLink(incident, grafanaUrl)).toBeUndefined();
  });

  test('endless names make no endless link', () => {
    const endless = aboutWorkload('Deployment', 'n'.repeat(10_000), 'w'.repeat(10_000));

    expect(dashboardLink(endless, G)?.length).toBeLessThan(700);
    expect(dashboardLink(hostileIncident(), G)).not.toMatch(/[|'"<>\s]/);
  });
});

describe('the link to the incident', () => {
  test.each([
    { name: 'no address', publicUrl: undefined, link: undefined },
    { name: 'an address', publicUrl: 'https://heal.example', link: 'https://heal.example/incidents/inc-1' },
    { name: 'a path', publicUrl: 'https://x.example/a/', link: 'https://x.example/a/incidents/inc-1' },
    {
      name: 'credentials and a query are left out',
      publicUrl: 'https://u:p@x.example/?q#h',
      link: 'https://x.example/incidents/inc-1',
    },
    {
      name: 'a bar cannot end a link',
      publicUrl: 'https://x.example/a|b>',
      link: 'https://x.example/a%7Cb%3E/incidents/inc-1',
    },
    { name: 'not http', publicUrl: 'javascript:alert(1)', link: undefined },
    { name: 'not an address', publicUrl: 'heal', link: undefined },
  ])('$name', ({ publicUrl, link }) => {
    expect(incidentLink(received(), publicUrl)).toBe(link);
  });
});
