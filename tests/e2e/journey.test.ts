import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import type { Closed, Incident } from '../../src/domain/incident.ts';
import { ACTION_ID_ANNOTATION } from '../../src/domain/remedy.ts';
import type { WriteRecord } from '../../src/simulator/api/context.ts';
import { describeWithParts, eventually } from '../support/parts.ts';
import { startStack, TOKEN, type Stack } from './stack.ts';

/** What this suite reads of an alert in Prometheus' and Alertmanager's answers. */
interface SeenAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state?: string;
  readonly status?: { readonly state: string };
}

async function getJson<T>(url: string): Promise<T> {
  const answer = await request(url, { headersTimeout: 5000, bodyTimeout: 5000 });
  return (await answer.body.json()) as T; // The shapes below are those of the programs' documented APIs.
}

async function postJson(url: string, body: object): Promise<number> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` };
  const answer = await request(url, { method: 'POST', headers, body: JSON.stringify(body), headersTimeout: 5000 });
  await answer.body.dump();
  return answer.statusCode;
}

/** The value of an instant query that comes down to one sample; undefined where there is none. */
async function queryOne(stack: Stack, promql: string): Promise<number | undefined> {
  const url = `${stack.prometheusUrl}/api/v1/query?${new URLSearchParams({ query: promql }).toString()}`;
  type Answer = { readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] } };
  const [sample] = (await getJson<Answer>(url)).data.result;
  return sample === undefined ? undefined : Number(sample.value[1]);
}

async function firingInPrometheus(stack: Stack, service: string): Promise<readonly SeenAlert[]> {
  type Answer = { readonly data: { readonly alerts: readonly SeenAlert[] } };
  const { data } = await getJson<Answer>(`${stack.prometheusUrl}/api/v1/alerts`);
  return data.alerts.filter((alert) => alert.state === 'firing' && isOf(alert, service));
}

async function inAlertmanager(stack: Stack, service: string): Promise<readonly SeenAlert[]> {
  const alerts = await getJson<readonly SeenAlert[]>(`${stack.alertmanagerUrl}/api/v2/alerts`);
  return alerts.filter((alert) => isOf(alert, service));
}

function isOf({ labels }: SeenAlert, service: string): boolean {
  return labels['pod']?.startsWith(`${service}-`) === true || labels['deployment'] === service;
}

/** The incidents of a service that took any step, each as it stands now. */
function incidentsOf(stack: Stack, service: string): readonly Incident[] {
  const latest = new Map(stack.steps.map(({ after }) => [after.id, after]));
  return [...latest.values()].filter(
    (incident) =>
      'location' in incident && incident.location?.kind === 'located' && incident.location.workload.name === service,
  );
}

function closedOf(stack: Stack, service: string): Closed | undefined {
  return incidentsOf(stack, service).find((incident) => incident.phase === 'closed');
}

/** The writes that changed, or were meant to change, the workload; Events about it do not. */
function writesOn(stack: Stack, service: string): readonly WriteRecord[] {
  return stack.writes.filter(({ path }) => path.includes(`/${service}`) && !path.includes('/events'));
}

function phasesOf(stack: Stack, incident: Incident): readonly string[] {
  const phases = stack.steps.filter(({ after }) => after.id === incident.id).map(({ after }) => after.phase);
  return phases.filter((phase, index) => phase !== phases[index - 1]);
}

function imageOf(stack: Stack, namespace: string, name: string): string {
  return (
    JSON.stringify(stack.simulation.objects.get('deployments', namespace, name)?.spec).match(
      /"image":"([^"]*)"/,
    )?.[1] ?? ''
  );
}

function badRollout(stack: Stack, namespace: string, service: string): void {
  stack.simulation.world.inject({ id: `bad-${service}`, kind: 'bad-rollout-crash', target: { namespace, service } });
}

/** What a second Alertmanager would send of the alerts that the first one holds now. */
async function sendFromSecondAlertmanager(stack: Stack, alerts: readonly SeenAlert[]): Promise<number> {
  return postJson(`${stack.autohealUrl}/alert`, {
    version: '4',
    groupKey: '{}:{from="a second Alertmanager"}',
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'autoheal',
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://alertmanager-1.example',
    alerts: alerts.map((alert) => ({ ...alert, status: 'firing', endsAt: '0001-01-01T00:00:00Z' })),
  });
}

describeWithParts(
  'a bad rollout, with the real Prometheus and Alertmanager',
  ['prometheus', 'alertmanager'],
  (parts) => {
    let running: Stack | undefined;

    function stackNow(): Stack {
      if (running === undefined) throw new Error('the stack did not start');
      return running;
    }

    beforeAll(async () => {
      const stack = await startStack(parts);
      running = stack;
      await eventually('both targets are scraped', 20, async () =>
        (await queryOne(stack, 'sum(up)')) === 2 ? true : undefined,
      );
    }, 60_000);

    afterAll(async () => {
      await running?.stop();
    }, 40_000);

    describe('mode auto', () => {
      let image = '';
      let fired: readonly SeenAlert[] = [];
      let healed: Closed | undefined;
      let lateCopy: { readonly alerts: number; readonly status: number } | undefined;

      function healedNow(): Closed {
        if (healed === undefined) throw new Error('the incident did not end');
        return healed;
      }

      beforeAll(async () => {
        const stack = stackNow();
        image = imageOf(stack, 'shop', 'checkout');
        badRollout(stack, 'shop', 'checkout');
        fired = await eventually('Prometheus fires', 40, async () => {
          const alerts = await firingInPrometheus(stack, 'checkout');
          return alerts.length > 0 ? alerts : undefined;
        });
        healed = await eventually('the incident ends', 60, async () => closedOf(stack, 'checkout'));
        // The rule looks back 20 s, so that the alert outlives the illness.
        const lagging = await inAlertmanager(stack, 'checkout');
        lateCopy = { alerts: lagging.length, status: await sendFromSecondAlertmanager(stack, lagging) };
        await eventually('everything is told', 20, async () =>
          (await stack.app.store.queues(Date.now())).notifications === 0 ? true : undefined,
        );
      }, 130_000);

      test('the shipped rule fires, and the incident goes all the way to healed', () => {
        const incident = healedNow();

        expect(fired[0]?.labels).toMatchObject({ alertname: 'AutoHealPodCrashLooping', namespace: 'shop' });
        expect(incident).toMatchObject({ outcome: 'healed', verification: { verdict: 'recovered' } });
        expect(incident.because).toContain('without a break');
        expect(incident.diagnosis?.causes[0].name).toBe('crash-loop-after-rollout');
        expect(incident.verdict).toMatchObject({ kind: 'act', mode: 'auto', candidate: { remedy: 'rollback' } });
        expect(phasesOf(stackNow(), incident)).toEqual([
          'located',
          'diagnosed',
          'scored',
          'decided',
          'intended',
          'acted',
          'verifying',
          'closed',
        ]);
      });

      test('one write: asked in a dry run, sent once, marked, and the image is back', () => {
        const stack = stackNow();
        const actionId = `${healedNow().id}/1`;
        const path = '/apis/apps/v1/namespaces/shop/deployments/checkout';

        expect(writesOn(stack, 'checkout')).toMatchObject([
          { method: 'PATCH', path, dryRun: true, status: 200 },
          { method: 'PATCH', path, dryRun: false, status: 200, actionId },
        ]);
        expect(imageOf(stack, 'shop', 'checkout')).toBe(image);
        const deployment = stack.simulation.objects.get('deployments', 'shop', 'checkout');
        expect(deployment?.metadata.annotations?.[ACTION_ID_ANNOTATION]).toBe(actionId);
      });

      test('Slack: one message that was edited in place, and a reply for each milestone after the first', () => {
        const { slack } = stackNow();

        const [root, ...replies] = slack.messages();

        expect(root?.threadTs).toBeUndefined();
        expect(root?.text).toMatch(/Deployment shop\/checkout.*healed/i);
        expect(replies.map((reply) => reply.threadTs)).toEqual([root?.ts, root?.ts]);
        expect(slack.calls.map((call) => call.method)).toEqual([
          'chat.postMessage',
          'chat.update',
          'chat.postMessage',
          'chat.update',
          'chat.postMessage',
        ]);
      });

      test('e-mail: one thread, as text and HTML', () => {
        const { mails } = stackNow().smtp;

        const [first, ...later] = mails;
        const firstId = first?.headers.get('message-id') ?? '';

        expect(firstId).toMatch(/^<.+@shop\.example>$/);
        expect(first?.headers.has('in-reply-to')).toBe(false);
        expect(later.map((mail) => mail.headers.get('in-reply-to'))).toEqual([firstId, firstId]);
        expect(later.map((mail) => mail.headers.get('references')?.split(' ')[0])).toEqual([firstId, firstId]);
        for (const mail of mails) {
          expect(mail.to).toEqual(['sre@shop.example']);
          expect(mail.text).toContain('shop/checkout');
          expect(mail.html).toContain('shop/checkout');
        }
      });

      test('Kubernetes: Events on the Deployment', async () => {
        type Told = { readonly reason: string; readonly regarding: object; readonly note: string };
        const url = `${stackNow().simulation.apiUrl}/apis/events.k8s.io/v1/namespaces/shop/events`;

        const { items } = await getJson<{ readonly items: readonly Told[] }>(url);
        const told = items.filter(({ note }) => note.includes(healedNow().id));

        expect(told.map(({ reason }) => reason).sort()).toEqual(['Acted', 'Healed']);
        const regarding = { kind: 'Deployment', namespace: 'shop', name: 'checkout' };
        expect(told).toMatchObject([{ regarding }, { regarding }]);
      });

      test('the metrics tell it, and the same Prometheus scrapes them', async () => {
        const stack = stackNow();
        type Target = { readonly lastError: string; readonly health: string };
        type Targets = { readonly data: { readonly activeTargets: readonly Target[] } };

        const metrics = await (await request(`${stack.autohealUrl}/metrics`)).body.text();
        const scraped = await eventually('the scrape after it', 10, async () => {
          const value = await queryOne(stack, 'autoheal_incidents_closed_total{outcome="healed"}');
          return value === 0 ? undefined : value;
        });
        const { data } = await getJson<Targets>(`${stack.prometheusUrl}/api/v1/targets`);

        expect(metrics).toContain('autoheal_incidents_closed_total{outcome="healed"} 1\n');
        expect(scraped).toBe(1);
        expect(data.activeTargets).toMatchObject([
          { health: 'up', lastError: '' },
          { health: 'up', lastError: '' },
        ]);
      });

      test('the alert ends, Alertmanager says so, and the journal holds it', async () => {
        const { store } = stackNow().app;
        const fingerprints = healedNow().alerts.map((alert) => alert.fingerprint);

        await eventually('Prometheus does not fire any more', 60, async () =>
          (await firingInPrometheus(stackNow(), 'checkout')).length === 0 ? true : undefined,
        );
        const episodes = await eventually('all are resolved', 20, async () => {
          const known = await store.episodes(fingerprints);
          return [...known.values()].every((episode) => episode.lastClosed?.resolved === true) ? known : undefined;
        });
        const history = await store.history(healedNow().id);

        expect([...episodes.keys()]).toEqual(fingerprints);
        expect(fingerprints.length).toBeGreaterThan(0);
        expect(history[0]?.kind).toBe('opened');
        expect(history.filter((event) => event.kind === 'step').length).toBeGreaterThanOrEqual(8);
        await expect(store.verifyChain()).resolves.toMatchObject({ problems: [] });
      }, 90_000);

      test('the alert that outlived the illness opened no second incident, not even when it was sent again', async () => {
        const { store } = stackNow().app;

        const incidents = await store.incidents({ limit: 10 });

        expect(lateCopy).toEqual({ alerts: 1, status: 200 });
        expect((await store.queues(Date.now())).deliveries).toBe(0);
        expect(incidents.map(({ id }) => id)).toEqual([healedNow().id]);
      });
    });

    test('mode observe: another namespace gets a verdict and no write', async () => {
      const stack = stackNow();

      badRollout(stack, 'lab', 'search');
      const observed = await eventually('the incident ends', 60, async () => closedOf(stack, 'search'));

      expect(observed).toMatchObject({
        outcome: 'observed',
        verdict: { kind: 'observe', candidate: { remedy: 'rollback' } },
      });
      expect(writesOn(stack, 'search')).toEqual([]);
    }, 70_000);

    test('a silence that is set after the question and before the answer: refused, and no write', async () => {
      const stack = stackNow();

      badRollout(stack, 'shop', 'cart');
      const asking = await eventually('a person is asked', 60, async () =>
        incidentsOf(stack, 'cart').find((incident) => incident.phase === 'awaiting-approval'),
      );
      const silenced = await postJson(`${stack.alertmanagerUrl}/api/v2/silences`, {
        matchers: [
          { name: 'namespace', value: 'shop', isRegex: false, isEqual: true },
          { name: 'pod', value: 'cart-.+', isRegex: true, isEqual: true },
        ],
        startsAt: new Date(Date.now()).toISOString(),
        endsAt: new Date(Date.now() + 600_000).toISOString(),
        createdBy: 'e2e',
        comment: 'somebody is at it',
      });
      await eventually('the alert is silenced', 10, async () => {
        const alerts = await inAlertmanager(stack, 'cart');
        return alerts.length > 0 && alerts.every(({ status }) => status?.state === 'suppressed') ? true : undefined;
      });
      const approved = await postJson(`${stack.autohealUrl}/incidents/${asking.id}/approval`, {
        decision: 'approve',
        by: 'e2e',
      });
      const refused = await eventually('the incident ends', 20, async () => closedOf(stack, 'cart'));

      expect([silenced, approved]).toEqual([200, 200]);
      expect(refused).toMatchObject({ id: asking.id, outcome: 'refused' });
      expect(refused.because).toMatch(/^silenced: /);
      expect(writesOn(stack, 'cart')).toEqual([]);
    }, 90_000);
  },
);
