import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { makeExecute } from '../../../src/act/execute.ts';
import { makePlan } from '../../../src/act/plan.ts';
import { undo } from '../../../src/act/undo.ts';
import { makeKubernetesCluster } from '../../../src/adapters/kubernetes/cluster.ts';
import type { Located } from '../../../src/domain/location.ts';
import { startApiServer } from '../../../src/simulator/api/server.ts';
import { makeObjectStore } from '../../../src/simulator/objects.ts';
import { suspendCronJob } from '../../fixtures/remedies/suspend-cron-job.ts';
import { recordingEndpoints } from '../../fakes/endpoints.ts';
import { candidate, decidedIncident, diagnosis, NOW, POLICY } from '../../builders/incident.ts';

const root = resolve(import.meta.dirname, '../../..');

test('the example in CONTRIBUTING.md is this one', () => {
  const shown = /```ts\n(?<code>import[^`]*suspendCronJob[^`]*(?:`[^`]+`[^`]*)*?)\n```/.exec(
    readFileSync(resolve(root, 'CONTRIBUTING.md'), 'utf8'),
  )?.groups?.['code'];
  const real = readFileSync(resolve(root, 'tests/fixtures/remedies/suspend-cron-job.ts'), 'utf8');

  expect(shown).toBe(real.replaceAll('../../../src/act/', '../').trimEnd());
});

describe('the example remedy', () => {
  test('takes effect, is written once, and is undone, on a simulated cluster', async () => {
    const objects = makeObjectStore({ now: () => NOW });
    const job = { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'a' }] } } } };
    const made = objects.create('cronjobs', {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'report', namespace: 'shop' },
      spec: { schedule: '0 * * * *', suspend: false, jobTemplate: job },
    });
    const api = await startApiServer({ store: objects });
    const cluster = makeKubernetesCluster({ connection: { server: api.url }, timeoutMs: 2000 });
    const acting = { cluster, clock: { now: () => NOW }, catalogue: [suspendCronJob], policy: POLICY };
    const location: Located = {
      kind: 'located',
      workload: { kind: 'CronJob', namespace: 'shop', name: 'report' },
      uid: made.metadata.uid,
      pods: [],
      decidedBy: 'cronjob',
      why: '',
    };
    const incident = decidedIncident({ diagnosis: diagnosis('failed-job'), location });

    const plan = await makePlan(acting)(incident, candidate({ remedy: suspendCronJob.name, cures: 'failed-job' }));
    if (plan.kind === 'refused') throw new Error(plan.refusal.why);
    const execute = makeExecute({ ...acting, endpoints: recordingEndpoints() });
    const results = [await execute(plan.intent), await execute(plan.intent)];
    const suspended = objects.get('cronjobs', 'shop', 'report')?.spec?.['suspend'];
    const ids = { actionId: plan.intent.actionId, undoId: 'undo-1' };
    const answer = plan.intent.undo === undefined ? undefined : await undo(plan.intent.undo, cluster, ids);
    const restored = objects.get('cronjobs', 'shop', 'report')?.spec?.['suspend'];
    await api.close();

    expect(results.map(({ kind }) => kind)).toEqual(['done', 'already-done']);
    expect([suspended, answer?.kind, restored]).toEqual([true, 'undone', false]);
  });
});
