import { describe, expect, test } from '@jest/globals';
import { CHART } from '../../k8s/tools/chart-files.ts';
import { runHelm } from '../../k8s/tools/golden.ts';
import { openStage } from '../scenario/stage.ts';
import { describeWithParts } from '../support/parts.ts';

describeWithParts('the notes of an installation, by the real helm', ['helm'], (parts) => {
  const part = parts.get('helm');
  const helm = part?.kind === 'program' ? part.path : 'helm';

  function notes(...set: readonly string[]): string {
    const args = ['install', 'autoheal', CHART, '--namespace', 'autoheal', '--dry-run=client'];
    const { status, stdout, stderr } = runHelm([...args, ...set.flatMap((each) => ['--set', each])], helm);
    if (status !== 0) throw new Error(stderr);
    return stdout.slice(stdout.indexOf('NOTES:'));
  }

  describe('say', () => {
    const cases = [
      { name: 'that it only observes', set: [], says: 'It only observes' },
      { name: 'that it may act', set: ['config.policy.mode=auto'], says: 'the policy has mode auto' },
      { name: 'what the operator must be told', set: [], says: 'alertmanagerConfigMatcherStrategy: { type: None }' },
      {
        name: 'whose alerts arrive',
        set: ['kubePrometheusStack.matcherStrategy=OnNamespace', 'namespaces={shop,warehouse}'],
        says: 'alerts of shop, warehouse arrive',
      },
      {
        name: 'what to load by hand',
        set: ['kubePrometheusStack.enabled=false'],
        says: 'all of rules/*.rules.yml into Prometheus',
      },
      {
        name: 'how the doctor is asked',
        set: [],
        says: 'exec deployment/autoheal -- autoheal doctor --config /etc/autoheal/autoheal.yaml\n',
      },
      {
        name: 'how the doctor is asked about Roles in some namespaces',
        set: ['kubePrometheusStack.matcherStrategy=OnNamespace', 'namespaces={shop,warehouse}'],
        says: 'autoheal.yaml --namespace shop warehouse --label namespace=shop\n',
      },
      {
        name: 'what is lost without a volume',
        set: ['persistence.enabled=false'],
        says: 'WARNING: persistence is off',
      },
    ];

    test.each(cases)('$name', ({ set, says }) => {
      expect(notes(...set)).toContain(says);
    });
  });

  test('the self-test is a webhook that is taken, changes nothing and is closed', async () => {
    const [, body = ''] = /http:\/\/127\.0\.0\.1:9095\/alert -d '([^']*)'\n/.exec(notes()) ?? [];
    const on = await openStage();

    await on.post(JSON.parse(body) as object);
    await on.run(60);
    const ended = await on.incidents();
    const writes = on.writes();
    await on.close();

    expect(ended).toMatchObject([{ phase: 'closed', outcome: 'escalated' }]);
    expect(writes).toEqual([]);
  });
});
