import { expect, test } from '@jest/globals';
import { describeWithParts } from '../support/parts.ts';
import { filesIn, ruleFiles } from './shipped.ts';
import { runTool, type Said } from './tool.ts';

/** promtool evaluates days of series, on a machine that other suites use too. */
const LONG_MS = 120_000;

describeWithParts('rules and configuration, judged by promtool', ['promtool'], (parts) => {
  const promtool = (...args: readonly string[]): Said => runTool(parts.get('promtool'), args, LONG_MS / 1000);

  test('the rules are rules', () => {
    const said = promtool(
      'check',
      'rules',
      '--lint=all',
      '--lint-fatal',
      ...ruleFiles().map((file) => `rules/${file}`),
    );

    expect(said).toMatchObject({ status: 0, text: expect.stringContaining('SUCCESS') });
  });

  test.each(filesIn('rules/tests', '.test.yml'))(
    'every case of %s comes out as it says',
    (file) => {
      const said = promtool('test', 'rules', `rules/tests/${file}`);

      expect(said).toMatchObject({ status: 0, text: expect.stringContaining('SUCCESS') });
    },
    LONG_MS,
  );

  test.each(filesIn('prometheus', '.yml'))('prometheus/%s is a configuration', (file) => {
    const said = promtool('check', 'config', '--lint=all', '--lint-fatal', `prometheus/${file}`);

    expect(said).toMatchObject({ status: 0, text: expect.stringContaining('SUCCESS') });
  });
});
