import { describe, expect, test } from '@jest/globals';
import { REMEDY_OPTIONS } from '../../../src/act/catalogue.ts';
import { describeProblems, loadConfig } from '../../../src/config/load.ts';

const around = {
  remedies: REMEDY_OPTIONS,
  env: { TOKEN: 'secret-token' },
  readFile: (path: string): string => {
    if (path === '/run/secrets/slack') return 'xoxb-1\n';
    throw new Error('ENOENT');
  },
};

function problemsOf(text: string): string {
  const loaded = loadConfig(text, around);
  return loaded.kind === 'ok' ? '' : describeProblems('c.yaml', loaded.problems);
}

describe('loadConfig', () => {
  test('an empty file is a valid configuration that only observes', () => {
    const loaded = loadConfig('', around);

    expect(loaded).toMatchObject({
      kind: 'ok',
      config: {
        server: { host: '127.0.0.1', port: 9095, auth: { mode: 'none' } },
        policy: { mode: 'observe', maxRungs: 2, verification: { deadlineSeconds: 600 }, scale: { maxReplicas: 10 } },
        notify: { kubernetesEvents: true },
      },
    });
  });

  test('secrets come from the environment and from files', () => {
    const text =
      'server: {auth: {mode: bearer, tokens: ["${TOKEN}"]}}\nnotify: {slack: {token: "${file:/run/secrets/slack}", channel: C1}}';

    const loaded = loadConfig(text, around);

    expect(loaded).toMatchObject({
      config: { server: { auth: { tokens: ['secret-token'] } }, notify: { slack: { token: 'xoxb-1' } } },
    });
  });

  test.each([
    {
      name: 'an unknown key is an error with its place',
      text: 'policy:\n  mdoe: auto\n',
      says: 'c.yaml:2:3 policy.mdoe: unknown key',
    },
    {
      name: 'a wrong value names the allowed ones',
      text: 'policy: {mode: yolo}',
      says: 'policy.mode: must be equal to one of the allowed values: observe, approve, auto',
    },
    {
      name: 'a limit of 0 is not unlimited',
      text: 'policy: {maxActionsPerHour: 0}',
      says: 'policy.maxActionsPerHour: must be >= 1',
    },
    {
      name: 'an empty match is not everything',
      text: 'policy: {rules: [{name: all, match: {}}]}',
      says: 'policy.rules.0.match: must NOT have fewer than 1 properties',
    },
    {
      name: 'a cause that does not exist would never match',
      text: 'policy: {rules: [{name: a, match: {causes: [memory-leek]}}]}',
      says: 'policy.rules.0.match.causes.0: must be equal to one of the allowed values: crash-loop-after-rollout,',
    },
    {
      name: 'a star in the middle would never match',
      text: "policy: {rules: [{name: a, match: {namespaces: ['*-prod']}}]}",
      says: 'policy.rules.0.match.namespaces.0: must match pattern',
    },
    {
      name: 'a star in the middle would protect nothing',
      text: "policy: {protectedNamespaces: ['*-prod'], protectedWorkloads: ['StatefulSet/*/db']}",
      says: 'policy.protectedNamespaces.0: must match pattern',
    },
    {
      name: 'nor would one of a workload',
      text: "policy: {protectedWorkloads: ['StatefulSet/*/db']}",
      says: 'policy.protectedWorkloads.0: must match pattern',
    },
    {
      name: 'no authentication beyond loopback',
      text: 'server: {host: 0.0.0.0}',
      says: 'mode none is only allowed on a loopback address',
    },
    {
      name: 'a variable that is not set',
      text: 'notify: {slack: {token: "${NOPE}", channel: C}}',
      says: 'c.yaml:1:25 environment variable NOPE is not set',
    },
    {
      name: 'a file that is not there',
      text: 'cluster: {token: "${file:/nope}", server: "http://x"}',
      says: '${file:/nope}: the file cannot be read',
    },
    { name: 'broken YAML', text: 'policy: [', says: 'c.yaml:1:' },
    {
      name: 'three tokens',
      text: 'server: {auth: {mode: bearer, tokens: [aaaaaaaa, bbbbbbbb, cccccccc]}}',
      says: 'server.auth.tokens: must NOT have more than 2 items',
    },
    {
      name: 'two rules of one name',
      text: 'policy: {rules: [{name: a, match: {namespaces: [x]}}, {name: a, match: {namespaces: [y]}}]}',
      says: 'policy.rules.1.name: "a" is the name of an earlier rule too',
    },
    {
      name: 'a Grafana that is no address of the web',
      text: 'notify: {grafanaUrl: "javascript:alert(1)"}',
      says: 'notify.grafanaUrl: must match pattern',
    },
    {
      name: 'a Grafana without a host',
      text: 'notify: {grafanaUrl: "https://:3000"}',
      says: 'notify.grafanaUrl: must be an http or https address',
    },
    {
      name: 'a Grafana with a password in it',
      text: 'notify: {grafanaUrl: "https://admin:admin@grafana.example"}',
      says: 'notify.grafanaUrl: must be an http or https address without a user and a password',
    },
    {
      name: 'verification that cannot end',
      text: 'policy: {verification: {stableSeconds: 700}}',
      says: 'policy.verification',
    },
  ])('$name', ({ text, says }) => {
    expect(problemsOf(text)).toContain(says);
  });

  test('a star at the end is a pattern', () => {
    const text = `
locate: {monitoringNamespaces: ['mon*']}
policy:
  protectedNamespaces: ['kube-*', '*']
  protectedWorkloads: ['StatefulSet/shop/*', 'Deployment/shop/pay*', 'Node//node-1']
  rules: [{name: a, match: {namespaces: ['shop*'], alertnames: ['Kube*'], kinds: ['*']}}]
`;

    expect(problemsOf(text)).toBe('');
  });

  test('all problems come at once', () => {
    const text = 'policy: {mode: yolo, nope: 1}\nlog: {level: loud}\n';

    expect(problemsOf(text).split('\n')).toHaveLength(3);
  });
});
