import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { AccessRule } from '../../src/act/remedy.ts';
import { openSqliteStore } from '../../src/adapters/store/sqlite-store.ts';
import { accessTable } from '../../src/cli/access.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import { accessByToken, type Rule } from '../../src/simulator/api/access.ts';
import { aConfig, aPatient, findingsOf } from '../builders/patient.ts';
import { simulatedCluster } from '../fakes/simulated-cluster.ts';
import { startSlackServer } from '../fakes/slack-server.ts';
import { startSmtpServer } from '../fakes/smtp-server.ts';
import { textOf } from '../rules/shipped.ts';
import { startPrometheus } from '../support/monitoring.ts';
import { describeWithParts } from '../support/parts.ts';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
const closing: (() => Promise<void>)[] = [];
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'autoheal-doctor-'));
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function stateOf(findings: readonly Finding[], name: string): string | undefined {
  return findings.find((each) => each.name === name)?.state;
}

const TABLE = accessTable();
const EVERYTHING: readonly AccessRule[] = [...TABLE.reads, ...TABLE.events, ...Object.values(TABLE.remedies).flat()];

/** The address of an API server that grants the bearer of `token` exactly these rules. */
async function clusterGranting(rules: readonly Rule[], namespaces: Readonly<Record<string, readonly Rule[]>> = {}) {
  const user = 'system:serviceaccount:autoheal:autoheal';
  const cluster = await simulatedCluster(
    {},
    { access: accessByToken({ token: { user, rules, namespaces } }), token: 'token' },
  );
  closing.push(() => cluster.close());
  return { server: cluster.url, token: 'token' };
}

function without(rules: readonly AccessRule[], verb: string, resource: string): readonly AccessRule[] {
  return rules.flatMap((rule) =>
    rule.resources.map((each) => ({
      ...rule,
      resources: [each],
      verbs: rule.verbs.filter((known) => each !== resource || known !== verb),
    })),
  );
}

describe('rights, on an API server that answers truthfully', () => {
  const POLICY = { mode: 'auto', remedies: ['rollback', 'restart-pod', 'cordon'] };

  test('all granted: each remedy and the reads are ok', async () => {
    const config = aConfig({ cluster: await clusterGranting(EVERYTHING), policy: POLICY });

    const findings = await findingsOf(aPatient(config), 'kubernetes', 'rights');

    expect(findings.map(({ name, state }) => `${state} ${name}`)).toEqual([
      'ok kubernetes',
      'ok rights/reads',
      'ok rights/events',
      'ok rights/rollback',
      'ok rights/restart-pod',
      'ok rights/cordon',
    ]);
    expect(findings[0]?.message).toMatch(/^v1\.36\.3\+simulator at http:\/\/127\.0\.0\.1:\d+$/);
  });

  test('a right that is missing fails the remedies that need it and no others, and the rule to add is printed', async () => {
    const rules = without(EVERYTHING, 'create', 'pods/eviction');
    const config = aConfig({ cluster: await clusterGranting(rules), policy: POLICY });

    const findings = await findingsOf(aPatient(config), 'rights');

    const failed = findings.filter(({ state }) => state === 'fail');
    expect(failed).toMatchObject([{ name: 'rights/restart-pod', message: 'lacks create pods/eviction' }]);
    expect(failed[0]?.remedy).toContain(
      'add to the ClusterRole: - {apiGroups: [""], resources: ["pods/eviction"], verbs: ["create"]}',
    );
  });

  test('a right that is optional is only worth a look, and what is lost is said', async () => {
    const rules = without(EVERYTHING, 'get', 'pods/log');
    const config = aConfig({ cluster: await clusterGranting(rules), policy: POLICY });

    const findings = await findingsOf(aPatient(config), 'rights');

    expect(findings.filter(({ state }) => state === 'fail')).toEqual([]);
    expect(findings.find(({ name }) => name === 'rights/reads')).toMatchObject({
      state: 'warn',
      message: 'lacks get pods/log: without it the last words of crashing containers are no evidence',
    });
  });

  test('Roles in two namespaces are enough where the policy and the person name both', async () => {
    const inCluster = EVERYTHING.filter(({ scope }) => scope === 'cluster');
    const own = { shop: EVERYTHING, bank: without(EVERYTHING, 'patch', 'deployments') };
    const rules = [{ name: 'two', match: { namespaces: ['shop', 'bank'] }, mode: 'auto' }];
    const policy = { remedies: ['rollback'], rules };
    const config = aConfig({ cluster: await clusterGranting(inCluster, own), policy });

    const findings = await findingsOf(aPatient(config, { namespaces: ['shop', 'bank'] }), 'rights');

    expect(stateOf(findings, 'rights/reads')).toBe('ok');
    expect(stateOf(findings, 'rights/reads-everywhere')).toBe('ok');
    expect(findings.find(({ name }) => name === 'rights/rollback')).toMatchObject({
      state: 'fail',
      message: 'lacks patch deployments.apps in bank',
      remedy: expect.stringContaining(
        'the Role in each namespace: - {apiGroups: ["apps"], resources: ["deployments"], verbs: ["patch"]}',
      ),
    });
  });

  test('without any right on nodes, Roles in namespaces are enough for what does not concern nodes', async () => {
    const policy = { mode: 'auto', remedies: ['restart-pod', 'cordon'] };
    const config = aConfig({ cluster: await clusterGranting([], { shop: EVERYTHING }), policy });

    const findings = await findingsOf(aPatient(config, { namespaces: ['shop'] }), 'rights');

    expect(findings.map(({ name, state }) => `${state} ${name}`)).toEqual([
      'ok rights/reads',
      'warn rights/reads-everywhere',
      'ok rights/events',
      'ok rights/restart-pod',
      'warn rights/cordon',
    ]);
  });

  test('where it only observes, a remedy that lacks rights is no failure yet', async () => {
    const config = aConfig({ cluster: await clusterGranting(TABLE.reads), policy: { remedies: ['rollback'] } });

    const findings = await findingsOf(aPatient(config), 'rights');

    expect(stateOf(findings, 'rights/reads')).toBe('ok');
    expect(stateOf(findings, 'rights/events')).toBe('warn');
    expect(stateOf(findings, 'rights/rollback')).toBe('warn');
  });

  test('a token that is not known fails, and is not printed', async () => {
    const cluster = { ...(await clusterGranting([])), token: 'a-stolen-token' };
    const config = aConfig({ cluster });

    const findings = await findingsOf(aPatient(config), 'rights');

    expect(findings).toMatchObject([{ state: 'fail', remedy: expect.stringContaining('check the token') }]);
    expect(JSON.stringify(findings)).not.toContain('a-stolen-token');
  });
});

describe('slack', () => {
  const SETTINGS = { token: 'xoxb-doctor-secret', channel: 'C1' };
  type Workspace = Omit<Parameters<typeof startSlackServer>[0], 'token' | 'channel'>;

  async function look(workspace: Workspace & { readonly token?: string }, send: 'nothing' | 'messages' = 'nothing') {
    const server = await startSlackServer({ ...SETTINGS, ...workspace });
    closing.push(() => server.stop());
    const config = aConfig({ notify: { slack: { ...SETTINGS, apiUrl: server.apiUrl } } });
    return { server, findings: await findingsOf(aPatient(config, { send }), 'slack') };
  }

  test.each<{
    name: string;
    workspace: Workspace & { readonly token?: string };
    states: readonly string[];
    says: string;
  }>([
    { name: 'all is well', workspace: {}, states: ['ok slack', 'ok slack/channel'], says: 'the app is in #incidents' },
    { name: 'the token is not known', workspace: { token: 'other' }, states: ['fail slack'], says: 'invalid_auth' },
    {
      name: 'the app is not in the channel',
      workspace: { isMember: false },
      states: ['ok slack', 'fail slack/channel'],
      says: 'the app is not in #incidents',
    },
    {
      name: 'the channel is archived',
      workspace: { isArchived: true },
      states: ['ok slack', 'fail slack/channel'],
      says: '#incidents is archived',
    },
    {
      name: 'the token may not look at channels',
      workspace: { scopes: ['chat:write'] },
      states: ['ok slack', 'warn slack/channel'],
      says: 'cannot be seen with this token',
    },
    {
      name: 'the token may not post',
      workspace: { scopes: ['channels:read'] },
      states: ['fail slack'],
      says: 'may not post',
    },
  ])('$name', async ({ workspace, states, says }) => {
    const { server, findings } = await look(workspace);

    expect(findings.map(({ name, state }) => `${state} ${name}`)).toEqual(states);
    expect(findings.at(-1)?.message).toContain(says);
    expect(JSON.stringify(findings)).not.toContain(SETTINGS.token);
    expect(server.messages()).toEqual([]);
  });

  test('a message is posted only when asked for', async () => {
    const { server, findings } = await look({}, 'messages');

    expect(stateOf(findings, 'slack/message')).toBe('ok');
    expect(server.messages()).toHaveLength(1);
  });
});

describe('email', () => {
  const AUTH = { user: 'autoheal', password: 'mail-secret' };
  const ADDRESSES = { from: 'autoheal@shop.example', to: ['sre@shop.example'], requireTls: false };

  test.each<{ name: string; password: string; send: 'nothing' | 'messages'; states: readonly string[]; mails: number }>(
    [
      {
        name: 'the login is taken, and no mail is sent',
        password: AUTH.password,
        send: 'nothing',
        states: ['ok email'],
        mails: 0,
      },
      {
        name: 'a mail is sent when asked for',
        password: AUTH.password,
        send: 'messages',
        states: ['ok email', 'ok email/message'],
        mails: 1,
      },
      { name: 'the wrong password', password: 'wrong-secret', send: 'messages', states: ['fail email'], mails: 0 },
    ],
  )('$name', async ({ password, send, states, mails }) => {
    const server = await startSmtpServer({ auth: AUTH });
    closing.push(() => server.stop());
    const email = { ...ADDRESSES, host: '127.0.0.1', port: server.port, user: AUTH.user, password };

    const findings = await findingsOf(aPatient(aConfig({ notify: { email } }), { send }), 'email');

    expect(findings.map(({ name, state }) => `${state} ${name}`)).toEqual(states);
    expect(server.mails).toHaveLength(mails);
    expect(JSON.stringify(findings)).not.toContain(password);
  });
});

describe('store', () => {
  test('one that is not there yet will be made; one that is there is looked at beside its service', async () => {
    const path = join(folder, 'own.db');
    const config = aConfig({ store: { path } });

    const [before] = await findingsOf(aPatient(config), 'store');
    const service = await openSqliteStore({ path });
    await service.appendDeliveries([{ id: 'd', receivedAt: 1, body: '{}' }]);
    const [beside] = await findingsOf(aPatient(config), 'store');
    const { events } = await service.verifyChain();
    await service.close();

    expect(before).toMatchObject({ state: 'ok', message: `${path} is not there yet; it will be made` });
    expect(beside).toMatchObject({ state: 'ok', message: expect.stringContaining('journal mode wal') });
    expect(events).toBe(1);
  });

  test.each([
    { name: 'a file of something else', path: 'other.db', says: 'the store' },
    { name: 'a folder that is not there', path: 'nowhere/autoheal.db', says: 'does not exist' },
  ])('$name fails', async ({ path, says }) => {
    writeFileSync(join(folder, 'other.db'), 'not a database, but long enough to be looked at as one'.repeat(20));
    const config = aConfig({ store: { path: join(folder, path) } });

    const [finding] = await findingsOf(aPatient(config), 'store');

    expect(finding).toMatchObject({ state: 'fail', message: expect.stringContaining(says) });
  });
});

describe('model', () => {
  test.each([
    { name: 'the shipped one', model: {}, state: 'ok', says: 'the shipped model' },
    { name: 'none is wanted', model: { enabled: false }, state: 'skipped', says: 'switched off' },
    { name: 'a file that is not there', model: { file: 'no.model.json' }, state: 'fail', says: 'cannot be read' },
  ])('$name', async ({ model, state, says }) => {
    const [finding] = await findingsOf(aPatient(aConfig({ model })), 'model');

    expect(finding).toMatchObject({ state, message: expect.stringContaining(says) });
  });
});

/** A server that answers each request by its body. */
async function answering(
  answer: (body: string) => { readonly status: number; readonly value: object },
): Promise<string> {
  const server: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const { status, value } = answer(body);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    });
  });
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  const { port } = server.address() as AddressInfo; // It listens on a TCP port.
  return `http://127.0.0.1:${port}`;
}

function scalar(value: number): object {
  return { status: 'success', data: { resultType: 'scalar', result: [value, String(value)] } };
}

describe('signals', () => {
  test('a query that is too much for all workloads at once is no proof of anything', async () => {
    const tooMuch = { status: 'error', errorType: 'execution', error: 'query processing would load too many samples' };
    const url = await answering((body) =>
      body.startsWith('query=time') ? { status: 200, value: scalar(1) } : { status: 422, value: tooMuch },
    );

    const findings = await findingsOf(aPatient(aConfig({ prometheus: { url } })), 'signals');

    expect(new Set(findings.map(({ state }) => state))).toEqual(new Set(['warn']));
    expect(findings[0]?.message).toContain('too many samples');
  });

  test('without a Prometheus they are skipped', async () => {
    const findings = await findingsOf(aPatient(aConfig()), 'signals');

    expect(findings).toEqual([{ name: 'signals', state: 'skipped', message: 'not configured (prometheus.url)' }]);
  });
});

describe('the clocks', () => {
  test('one that is a minute ahead is worth a look', async () => {
    const ahead = Date.now() / 1000 + 60;
    const url = await answering(() => ({ status: 200, value: scalar(ahead) }));
    const config = aConfig({ cluster: await clusterGranting([]), prometheus: { url } });

    const findings = await findingsOf(aPatient(config), 'clock');

    expect(stateOf(findings, 'clock/kubernetes')).toBe('ok');
    expect(findings.find(({ name }) => name === 'clock/prometheus')).toMatchObject({
      state: 'warn',
      message: expect.stringMatching(/^its clock is (59\.\d|60) s ahead of this one$/),
    });
  });
});

describeWithParts('a real Prometheus that scrapes nothing and has one rules file', ['prometheus'], (parts) => {
  let findings: readonly Finding[] = [];

  beforeAll(async () => {
    const own = mkdtempSync(join(tmpdir(), 'autoheal-doctor-prometheus-'));
    const rules = join(own, 'some.rules.yml');
    writeFileSync(rules, textOf('rules/pods.rules.yml').replace('AutoHealOOMKilled', 'SomethingElse'));
    writeFileSync(join(own, 'prometheus.yml'), JSON.stringify({ rule_files: [rules] }));
    const running = await startPrometheus({ parts, folder: own });
    try {
      const signals = { restarts: 'sum(rate(' };
      const config = aConfig({ prometheus: { url: running.url, signals } });
      findings = await findingsOf(aPatient(config), 'prometheus', 'signals', 'rules');
    } finally {
      await running.stop();
      rmSync(own, { recursive: true, force: true });
    }
  }, 60_000);

  function found(name: string): Finding | undefined {
    return findings.find((each) => each.name === name);
  }

  test('each signal that is missing is told with where it comes from', () => {
    expect(found('prometheus')?.state).toBe('ok');
    expect(found('signals/cpu_per_limit')).toMatchObject({
      state: 'warn',
      message: 'no series: container_cpu_usage_seconds_total, kube_pod_container_resource_limits not there',
      remedy: expect.stringContaining('cAdvisor'),
    });
    expect(found('signals/volume_used_ratio')?.remedy).toContain('kubelets');
    expect(found('signals/error_ratio')?.remedy).toContain('workloads count it themselves');
  });

  test('a template that is no query fails and is named', () => {
    expect(found('signals/restarts')).toMatchObject({
      state: 'fail',
      message: expect.stringContaining('parse error'),
      remedy: 'correct prometheus.signals.restarts',
    });
  });

  test('rules that are not loaded are named with their file', () => {
    expect(found('rules/autoheal-nodes')).toMatchObject({
      state: 'fail',
      message: 'is not loaded: no AutoHealNodeNotReady, AutoHealNodePressure, AutoHealNodeCPUSaturated',
      remedy: expect.stringContaining('rules/nodes.rules.yml'),
    });
    expect(found('rules/autoheal-pods')).toMatchObject({
      state: 'warn',
      message: 'is loaded without AutoHealOOMKilled',
    });
  });
});

describe('the command', () => {
  function doctor(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
    return new Promise((done) => {
      execFile(process.execPath, ['--no-warnings', MAIN, 'doctor', ...args], (error, stdout) => {
        done({ code: typeof error?.code === 'number' ? error.code : 0, out: stdout });
      });
    });
  }

  function configFile(name: string, value: object): string {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(value));
    return path;
  }

  test('prints a line for each finding and ends with 1 because something failed', async () => {
    const config = configFile('bad.yaml', {
      store: { path: join(folder, 'nowhere/autoheal.db') },
      cluster: { server: 'http://127.0.0.1:1', token: 'cluster-secret' },
    });

    const { code, out } = await doctor('--config', config, '--no-send');

    expect(code).toBe(1);
    expect(out).toMatch(/^ok {6}configuration: no problem/m);
    expect(out).toMatch(/^FAIL {4}store: the folder .* does not exist: make it/m);
    expect(out).toMatch(/^FAIL {4}kubernetes: .*ECONNREFUSED.*: check cluster\.server/m);
    expect(out).toMatch(/^skipped rights: needs kubernetes$/m);
    expect(out).toMatch(/^skipped prometheus: not configured \(prometheus\.url\)$/m);
    expect(out).toMatch(/^skipped route: not configured \(alertmanager\.url\)$/m);
    expect(out).not.toContain('cluster-secret');
  });

  test('--json is one object, --only chooses, and 0 says that nothing failed', async () => {
    const config = configFile('good.yaml', { store: { path: join(folder, 'good.db') } });

    const { code, out } = await doctor('--config', config, '--json', '--only', 'configuration', 'store', 'model');

    const report = JSON.parse(out) as { readonly ok: boolean; readonly checks: readonly Finding[] }; // What it prints.
    expect(code).toBe(0);
    expect(report.ok).toBe(true);
    expect(report.checks.map(({ name }) => name)).toEqual(expect.arrayContaining(['configuration', 'store', 'model']));
  });

  test('a configuration that does not load is the failure, and nothing else is looked at', async () => {
    const config = configFile('broken.yaml', { policy: { mode: 'always' } });

    const { code, out } = await doctor('--config', config);

    expect(code).toBe(1);
    expect(out).toMatch(
      /^FAIL {4}configuration: \S+broken\.yaml:1:\d+ policy\.mode.*`autoheal check` tells the same$/m,
    );
    expect(out).toMatch(/^skipped store: needs a configuration$/m);
  });

  test('an unknown check is told with those that there are', async () => {
    const { code } = await doctor('--only', 'weather');

    expect(code).toBe(78);
  });
});
