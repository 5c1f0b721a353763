import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { describeWithParts } from '../support/parts.ts';
import { committedDashboards, expressionsOf, filledIn, variableExpressionsOf, type Expression } from './committed.ts';

const VALUES = {
  namespace: 'shop|pay-ments',
  workload: '.+',
  __rate_interval: '1m',
  __interval: '30s',
  __range: '3h',
};

describeWithParts('PromQL of the dashboards, read by promtool', ['promtool'], (parts) => {
  function problemsOf(expressions: readonly Expression[]): string {
    const part = parts.get('promtool');
    const folder = mkdtempSync(join(tmpdir(), 'autoheal-promql-'));
    try {
      const file = join(folder, 'expressions.rules.yml');
      const rules = expressions.map(({ name, expr }, index) => ({
        record: `expression:${index}`,
        labels: { name },
        expr,
      }));
      writeFileSync(file, stringify({ groups: [{ name: 'dashboards', rules }] }));
      const command = part?.kind === 'program' ? part.path : 'promtool';
      const { status, stdout, stderr } = spawnSync(command, ['check', 'rules', file], {
        encoding: 'utf8',
        timeout: 15_000,
      });
      if (status === null) throw new Error(`promtool did not end: ${stderr}`);
      return status === 0 ? '' : `${stdout}${stderr}`;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  test('every expression is PromQL', () => {
    const expressions = committedDashboards().flatMap((board) =>
      [...expressionsOf(board), ...variableExpressionsOf(board)].map(({ name, expr }) => ({
        name,
        expr: filledIn(expr, VALUES),
      })),
    );

    expect(expressions.length).toBeGreaterThan(80);
    expect(problemsOf(expressions)).toBe('');
  });

  test('what is not PromQL would be found', () => {
    expect(problemsOf([{ name: 'wrong', expr: 'sum by (pod (up)' }])).toContain('parse error');
  });
});
