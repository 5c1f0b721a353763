import { describe, expect, test } from '@jest/globals';
import { receiversOf } from '../../../src/doctor/alertmanager-config.ts';
import { skewFinding } from '../../../src/doctor/checks/clock.ts';
import { actingNamespaces, enabledRemedies } from '../../../src/doctor/needs.ts';
import { asRules, missingOf } from '../../../src/doctor/rights.ts';
import { compareRules } from '../../../src/doctor/rules-difference.ts';
import { makeRedactor, shownUrl } from '../../../src/doctor/secrets.ts';
import { shippedGroups } from '../../../src/doctor/shipped-rules.ts';
import { sourceOf } from '../../../src/doctor/signal-sources.ts';
import { aConfig } from '../../builders/patient.ts';
import { ruleFiles } from '../../rules/shipped.ts';

describe('the namespaces that a policy acts in', () => {
  test.each([
    { name: 'all, where it acts by default', policy: { mode: 'auto' }, places: undefined },
    { name: 'all, where it never acts: it may be told to', policy: {}, places: undefined },
    {
      name: 'those of the rules that act',
      policy: {
        rules: [
          { name: 'a', match: { namespaces: ['shop'] }, mode: 'auto' },
          { name: 'b', match: { namespaces: ['bank'] }, mode: 'observe' },
          { name: 'c', match: { workloads: ['Deployment/till/cart'] }, mode: 'approve' },
        ],
      },
      places: ['shop', 'till'],
    },
    {
      name: 'all, where a rule names a pattern',
      policy: { rules: [{ name: 'a', match: { namespaces: ['team-*'] }, mode: 'auto' }] },
      places: undefined,
    },
    {
      name: 'all, where a rule names no place',
      policy: { rules: [{ name: 'a', match: { kinds: ['Deployment'] }, mode: 'auto' }] },
      places: undefined,
    },
  ])('are $name', ({ policy, places }) => {
    expect(actingNamespaces(aConfig({ policy }).policy)).toEqual(places);
  });

  test('remedies of a rule are enabled too, each once, and none is no remedy', () => {
    const rules = [{ name: 'a', match: { namespaces: ['shop'] }, remedies: ['rollback', 'drain'] }];

    expect(enabledRemedies(aConfig({ policy: { remedies: ['none', 'rollback'], rules } }).policy)).toEqual([
      'rollback',
      'drain',
    ]);
  });
});

describe('missing rights', () => {
  const RULES = [
    { apiGroups: ['apps'], resources: ['deployments', 'statefulsets'], verbs: ['get', 'patch'] },
    { apiGroups: [''], resources: ['nodes'], verbs: ['list'], scope: 'cluster' as const },
  ];

  test('each place that lacks one is named; what no namespace holds is missing in the cluster', () => {
    const missing = missingOf({ rules: RULES, places: ['shop', 'bank'] }, ({ verb, namespace }) => {
      return verb === 'get' || namespace === 'shop';
    });

    expect(missing.map(({ text }) => text)).toEqual([
      'patch deployments.apps in bank',
      'patch statefulsets.apps in bank',
      'list nodes',
    ]);
  });

  test('what is granted in the whole cluster is granted in each namespace', () => {
    const missing = missingOf({ rules: RULES, places: ['shop'] }, ({ namespace }) => namespace === undefined);

    expect(missing).toEqual([]);
  });

  test('one that is needed stays needed where another rule could do without', () => {
    const rule = { apiGroups: [''], resources: ['secrets'], verbs: ['get'] };

    const [both] = missingOf({ rules: [rule, { ...rule, optional: 'why' }] }, () => false);
    const [reversed] = missingOf({ rules: [{ ...rule, optional: 'why' }, rule] }, () => false);
    const [alone] = missingOf({ rules: [{ ...rule, optional: 'why' }] }, () => false);

    expect([both?.optional, reversed?.optional, alone?.optional]).toEqual([undefined, undefined, 'why']);
  });

  test('become rules of a Role: resources with the same verbs share one', () => {
    const missing = missingOf({ rules: RULES }, () => false);

    expect(asRules(missing)).toBe(
      '- {apiGroups: ["apps"], resources: ["deployments", "statefulsets"], verbs: ["get", "patch"]}' +
        ' - {apiGroups: [""], resources: ["nodes"], verbs: ["list"]}',
    );
  });
});

describe('the shipped rules', () => {
  const SHIPPED = shippedGroups();
  const healthy = SHIPPED.map(({ group, alerts, records }) => ({
    name: group,
    rules: [...alerts, ...records].map((name) => ({ name, health: 'ok', lastError: '' })),
  }));

  test('are those of every file', () => {
    expect(new Set(SHIPPED.map(({ file }) => file))).toEqual(new Set(ruleFiles()));
    expect(SHIPPED.flatMap(({ alerts }) => alerts)).toContain('AutoHealPodCrashLooping');
    expect(SHIPPED.flatMap(({ records }) => records)).toContain('autoheal:pod_workload');
  });

  test('all loaded: no difference', () => {
    expect(compareRules(SHIPPED, healthy)).toEqual({ missingGroups: [], missingRules: [], broken: [] });
  });

  test('a group, an alert and a rule that cannot be evaluated are found', () => {
    const loaded = healthy
      .filter(({ name }) => name !== 'autoheal-jobs')
      .map(({ name, rules }) => ({
        name,
        rules: rules
          .filter((rule) => rule.name !== 'AutoHealOOMKilled')
          .map((rule) => (rule.name === 'AutoHealNodeNotReady' ? { ...rule, health: 'err', lastError: 'many' } : rule)),
      }));

    expect(compareRules(SHIPPED, loaded)).toEqual({
      missingGroups: [expect.objectContaining({ file: 'jobs.rules.yml', alerts: ['AutoHealJobFailed'] })],
      missingRules: [{ file: 'pods.rules.yml', group: 'autoheal-pods', names: ['AutoHealOOMKilled'] }],
      broken: [{ group: 'autoheal-nodes', name: 'AutoHealNodeNotReady', error: 'many' }],
    });
  });

  test('without the folder there are none', () => {
    expect(shippedGroups('/nowhere/rules')).toEqual([]);
  });
});

describe('secrets', () => {
  const config = aConfig({
    server: { auth: { mode: 'bearer', tokens: ['webhook-token'] } },
    cluster: { server: 'https://k8s', token: 'cluster-token' },
    prometheus: { url: 'http://me:prom%40pass@prometheus', headers: { authorization: 'Bearer prom-header' } },
    alertmanager: { url: 'http://alertmanager', headers: { 'x-key': 'alert-header' } },
    notify: {
      slack: { token: 'xoxb-slack', channel: 'C1' },
      email: { host: 'mail', from: 'a@b', to: ['c@d'], user: 'me', password: 'mail-pass' },
    },
  });

  test.each([
    'webhook-token',
    'cluster-token',
    'prom%40pass',
    'prom@pass',
    'prom-header',
    'alert-header',
    'xoxb-slack',
    'mail-pass',
    'from-the-command-line',
  ])('%s is in no text', (secret) => {
    const redact = makeRedactor(config, ['from-the-command-line']);

    expect(redact(`it said "${secret}", and ${secret} again`)).toBe('it said "***", and *** again');
  });

  test('an address is shown without user and password', () => {
    expect(shownUrl('http://me:secret@prometheus:9090/prefix/?token=x')).toBe('http://prometheus:9090/prefix');
  });
});

describe('receivers of a configuration', () => {
  test('have the defaults of Alertmanager', () => {
    const config =
      'receivers:\n- name: none\n- name: hook\n  webhook_configs:\n  - url: <secret>\n  - {url: <secret>, send_resolved: false, max_alerts: 3}\n';

    expect(receiversOf(config)).toEqual(
      new Map([
        ['none', []],
        [
          'hook',
          [
            { sendResolved: true, maxAlerts: 0 },
            { sendResolved: false, maxAlerts: 3 },
          ],
        ],
      ]),
    );
  });

  test.each(['', 'receivers: none', '{', '[]'])('are unknown in %j', (config) => {
    expect(receiversOf(config)).toBeUndefined();
  });
});

describe('a clock', () => {
  test.each([
    { skew: 5_000, state: 'ok', says: '5 s apart' },
    { skew: -4_900, state: 'ok', says: '4.9 s apart' },
    { skew: 5_001, state: 'warn', says: '5 s ahead of' },
    { skew: -61_000, state: 'warn', says: '61 s behind' },
  ])('that is $skew ms ahead: $state', ({ skew, state, says }) => {
    expect(skewFinding('clock/x', skew)).toMatchObject({ state, message: expect.stringContaining(says) });
  });
});

describe('where a metric comes from', () => {
  test.each([
    { metric: 'container_cpu_usage_seconds_total', says: 'cAdvisor' },
    { metric: 'container_cpu_cfs_periods_total', says: 'CPU limit' },
    { metric: 'kube_pod_info', says: 'kube-state-metrics' },
    { metric: 'kubelet_volume_stats_used_bytes', says: 'kubelets' },
    { metric: 'http_requests_total', says: 'workloads count it themselves' },
    { metric: 'autoheal:pod_workload', says: 'rules/autoheal.rules.yml' },
    { metric: 'my_metric', says: 'have something export my_metric' },
  ])('$metric', ({ metric, says }) => {
    expect(sourceOf(metric)).toContain(says);
  });
});
