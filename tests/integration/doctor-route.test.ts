import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { parseDocument } from 'yaml';
import { buildApp, type App } from '../../src/app.ts';
import type { Config } from '../../src/config/config.ts';
import type { Finding, Wishes } from '../../src/doctor/finding.ts';
import { makeLogger } from '../../src/telemetry/logger.ts';
import { aConfig, aPatient, findingsOf } from '../builders/patient.ts';
import { fastAlertmanager } from '../e2e/shipped-config.ts';
import { startAlertmanager } from '../support/monitoring.ts';
import { describeWithParts, freePort, type Running } from '../support/parts.ts';

const TOKEN = 'route-test-token';

describeWithParts('the way of an alert through a real Alertmanager', ['alertmanager'], (parts) => {
  let folder = '';
  let app: App;
  let config: Config;
  let autohealPort = 0;
  let alertmanager: Running | undefined;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'autoheal-doctor-'));
    autohealPort = await freePort();
    app = await buildApp(configAt(autohealPort, 'http://127.0.0.1:1'), { log: makeLogger({ level: 'error' }) });
    await app.listen();
  });
  afterAll(async () => {
    await app.stop(5_000);
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    await alertmanager?.stop();
    alertmanager = undefined;
  });

  function configAt(port: number, alertmanagerUrl: string): Config {
    return aConfig({
      server: { port, auth: { mode: 'bearer', tokens: [TOKEN] } },
      store: { path: join(folder, `autoheal-${port}.db`) },
      cluster: { server: 'http://127.0.0.1:1' },
      alertmanager: { url: alertmanagerUrl },
      log: { level: 'error' },
    });
  }

  type Change = (config: ReturnType<typeof parseDocument>) => void;

  /** Starts an Alertmanager with the shipped route to `port`, changed. */
  async function start(change: Change = () => undefined, port = autohealPort): Promise<void> {
    const own = mkdtempSync(join(folder, 'alertmanager-'));
    writeFileSync(join(own, 'token'), TOKEN, { mode: 0o600 });
    writeFileSync(join(own, 'wrong-token'), 'not-the-token', { mode: 0o600 });
    const document = parseDocument(fastAlertmanager({ autoheal: `127.0.0.1:${port}` }, join(own, 'token')));
    change(document);
    writeFileSync(join(own, 'alertmanager.yml'), String(document));
    alertmanager = await startAlertmanager({ parts, folder: own });
    config = configAt(port, alertmanager.url);
  }

  function look(wishes: Partial<Wishes> = {}): Promise<readonly Finding[]> {
    return findingsOf(aPatient(config, { send: 'alert', ...wishes }), 'alertmanager', 'route');
  }

  const WEBHOOK = ['receivers', 1, 'webhook_configs', 0] as const;

  describe('that arrives', () => {
    let findings: readonly Finding[] = [];

    beforeEach(async () => {
      await start();
      findings = await look();
    }, 60_000);

    test('is told of with its receiver, group and time, becomes no incident, and is in the journal', async () => {
      const headers = { authorization: `Bearer ${TOKEN}` };
      const answer = await request(`http://127.0.0.1:${autohealPort}/incidents`, { headers });
      const incidents = await answer.body.json();
      const { events, problems } = await app.store.verifyChain();

      expect(findings.map(({ name, state }) => `${state} ${name}`)).toEqual([
        'ok alertmanager',
        'ok route',
        'ok route/labels',
        'ok route/resolved',
      ]);
      expect(findings[1]?.message).toMatch(
        /^the alert arrived at http:\/\/127\.0\.0\.1:\d+ after [\d.]+ s: receiver autoheal, group \{\}\/\{autoheal="true"\}:\{alertname="AutoHealDoctor", namespace="autoheal"\}, 1 in the webhook$/,
      );
      expect(incidents).toEqual({ incidents: [] });
      expect(events).toBeGreaterThan(0);
      expect(problems).toEqual([]);
    }, 60_000);
  });

  const broken: readonly {
    readonly name: string;
    readonly change: Change;
    readonly says: string;
    readonly todo: string;
  }[] = [
    {
      name: 'a matcher that does not match',
      change: (document) => document.setIn(['route', 'routes', 0, 'matchers', 0], 'autoheal="yes"'),
      says: 'no route sends the alert to a webhook: its receivers are none',
      todo: 'compare the matchers of the route with the labels of the alert (autoheal="true", severity="none"',
    },
    {
      name: 'the wrong token',
      change: (document) => {
        const at = [...WEBHOOK, 'http_config', 'authorization', 'credentials_file'];
        document.setIn(at, String(document.getIn(at)).replace(/token$/, 'wrong-token'));
      },
      says: 'with 401: the sender has the wrong token or none',
      todo: 'give the receiver the token of server.auth',
    },
    {
      name: 'the wrong path',
      change: (document) => document.setIn([...WEBHOOK, 'url'], `http://127.0.0.1:${autohealPort}/alerts`),
      says: 'of Alertmanager to reach a webhook failed meanwhile; its receivers are autoheal',
      todo: 'check the url of the receiver (it must end in /alert)',
    },
    {
      name: 'the wrong port',
      change: (document) => document.setIn([...WEBHOOK, 'url'], 'http://127.0.0.1:1/alert'),
      says: 'of Alertmanager to reach a webhook failed meanwhile; its receivers are autoheal',
      todo: 'check the url of the receiver (it must end in /alert), the network policies',
    },
  ];

  test.each(broken)(
    'is broken by $name: said, with what to do',
    async ({ change, says, todo }) => {
      await start(change);

      const findings = await look({ waitMs: 6_000 });

      const route = findings.filter(({ name }) => name.startsWith('route'));
      expect(route).toMatchObject([{ name: 'route', state: 'fail' }]);
      expect(route[0]?.message).toContain(says);
      expect(route[0]?.remedy).toContain(todo);
    },
    60_000,
  );

  test('with cut lists and no word of the end: both are said', async () => {
    await start((document) => {
      document.setIn([...WEBHOOK, 'max_alerts'], 5);
      document.setIn([...WEBHOOK, 'send_resolved'], false);
    });

    const findings = await look();

    expect(findings.map(({ name, state }) => `${state} ${name}`)).toEqual([
      'ok alertmanager',
      'ok route',
      'ok route/labels',
      'warn route/truncated',
      'warn route/resolved',
    ]);
  }, 60_000);

  test('a silence that keeps it back is named at once', async () => {
    await start();
    const now = Date.now();
    const made = await request(`${config.alertmanager?.url ?? ''}/api/v2/silences`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        matchers: [{ name: 'namespace', value: 'autoheal', isRegex: false, isEqual: true }],
        startsAt: new Date(now).toISOString(),
        endsAt: new Date(now + 600_000).toISOString(),
        createdBy: 'test',
        comment: 'maintenance',
      }),
    });
    const { silenceID } = (await made.body.json()) as { readonly silenceID: string }; // Alertmanager's documented answer.

    const findings = await look();

    expect(findings.at(-1)).toMatchObject({
      name: 'route',
      state: 'fail',
      message: `Alertmanager keeps the alert back: silence ${silenceID}`,
    });
  }, 60_000);

  test('without a service, the doctor listens in its place when asked to', async () => {
    const port = await freePort();
    await start(undefined, port);

    const [, missing] = await look();
    const findings = await look({ listen: { host: '127.0.0.1', port } });

    expect(missing).toMatchObject({ name: 'route', state: 'fail' });
    expect(missing?.remedy).toContain('--listen HOST:PORT');
    expect(findings.map(({ name, state }) => `${state} ${name}`)).toContain('ok route');
    expect(findings[1]?.message).toContain('(the doctor itself)');
  }, 60_000);

  test('a service with other credentials is told from one that is not there', async () => {
    await start();

    const findings = await look({ token: 'some-other-token' });

    expect(findings.at(-1)).toMatchObject({ name: 'route', state: 'fail' });
    expect(findings.at(-1)?.message).toContain('does not take the credentials');
  }, 60_000);
});
