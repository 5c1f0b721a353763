import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { ROOT } from '../../k8s/tools/chart-files.ts';
import { render } from '../../k8s/tools/golden.ts';
import { describeWithParts } from '../support/parts.ts';

const kubeconfig = process.env['AUTOHEAL_TEST_KUBECONFIG'] ?? '';

/** What a cluster without the Prometheus operator knows. */
const BUILT_IN = join(ROOT, 'tests/chart/values/without-operator.yaml');

if (kubeconfig === '') {
  test.skip('a server-side dry run of the chart (AUTOHEAL_TEST_KUBECONFIG names no kubeconfig)', () => undefined);
} else {
  describeWithParts('the chart on a real cluster', ['helm', 'kubectl'], (parts) => {
    function program(name: string): string {
      const part = parts.get(name);
      return part?.kind === 'program' ? part.path : name;
    }

    test.each([
      { name: 'default', more: ['--set', 'kubePrometheusStack.enabled=false'], values: 'default' },
      { name: 'without the operator', more: [], values: 'without-operator' },
    ])('a server-side dry run of $name is accepted, object by object', ({ more, values }) => {
      const objects = render(BUILT_IN.replace('without-operator', values), program('helm'), more);
      // Namespaces of a dry run are not there afterwards: what lies in one is tried in the one that every cluster has.
      const here = objects.map((object) =>
        object.metadata.namespace === undefined
          ? object
          : { ...object, metadata: { ...object.metadata, namespace: 'default' } },
      );

      const { status, stderr } = spawnSync(
        program('kubectl'),
        ['--kubeconfig', kubeconfig, 'apply', '--dry-run=server', '--validate=strict', '-f', '-'],
        { input: here.map((object) => `---\n${stringify(object)}`).join(''), encoding: 'utf8', timeout: 60_000 },
      );

      expect(stderr).toBe('');
      expect(status).toBe(0);
    });
  });
}
