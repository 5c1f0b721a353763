import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { makeMetrics } from '../../../src/telemetry/metrics.ts';
import { describeWithParts } from '../../support/parts.ts';

async function busyExposition(): Promise<string> {
  const metrics = makeMetrics({ version: '1.2.3', remedies: ['scale-up'] });
  metrics.webhook({ status: 200, alerts: 3, rejected: 1, seconds: 0.002 });
  metrics.step({ from: 'received', to: 'located', seconds: 0.01 });
  metrics.closed({ outcome: 'healed', seconds: 42 });
  metrics.closed({ outcome: 'refused', seconds: 1 });
  metrics.action({ remedy: 'rollback', result: 'done' });
  metrics.refusal('protected');
  metrics.notification({ channel: 'slack', result: 'sent' });
  metrics.storeCommit({ operation: 'commitStep', seconds: 0.0004 });
  metrics.modelState('champion');
  metrics.featureImportance(new Map([['rung', 0.125]]));
  metrics.featureDrift(new Map([['rung', 0.5]]));
  metrics.featureDrift(new Map([['restarts', 0.25]]));
  metrics.calibration({ brier: 0.125, ece: 0.0625 });
  metrics.decision('model');
  metrics.prediction({ recovers: 0.75, healed: true });
  metrics.prediction({ recovers: 1, healed: false });
  metrics.queue({ deliveries: 1, due: 2, open: { verifying: 3 }, notifications: 4 });
  return (await metrics.expose()).body;
}

const CLOSED_LABELS = [
  'bucket',
  'by',
  'channel',
  'code',
  'feature',
  'from',
  'le',
  'node',
  'operation',
  'outcome',
  'phase',
  'queue',
  'remedy',
  'result',
  'state',
  'status',
  'to',
  'version',
];

describe('metrics', () => {
  test.each([
    'autoheal_webhooks_total{status="200"} 1',
    'autoheal_webhook_alerts_total{result="accepted"} 3',
    'autoheal_webhook_alerts_total{result="rejected"} 1',
    'autoheal_steps_total{from="received",to="located"} 1',
    'autoheal_incidents_closed_total{outcome="healed"} 1',
    'autoheal_incidents_closed_total{outcome="escalated"} 0',
    'autoheal_recovery_seconds_count{outcome="healed"} 1',
    'autoheal_recovery_seconds_count{outcome="self-recovered"} 0',
    'autoheal_actions_total{remedy="rollback",result="done"} 1',
    'autoheal_refusals_total{code="protected"} 1',
    'autoheal_notifications_total{channel="slack",result="sent"} 1',
    'autoheal_store_commit_duration_seconds_count{operation="commitStep"} 1',
    'autoheal_queue_depth{queue="incidents"} 2',
    'autoheal_incidents_open{phase="verifying"} 3',
    'autoheal_incidents_open{phase="acted"} 0',
    `autoheal_build_info{version="1.2.3",node="${process.version}"} 1`,
    'autoheal_refusals_total{code="cooldown"} 0',
    'autoheal_actions_total{remedy="scale-up",result="unknown"} 0',
    'autoheal_notifications_total{channel="email",result="dead-auth"} 0',
    'autoheal_notifications_total{channel="kubernetes-event",result="retry-rate-limited"} 0',
    'autoheal_model_state{state="champion"} 1',
    'autoheal_model_state{state="missing"} 0',
    'autoheal_model_feature_drift{feature="restarts"} 0.25',
    'autoheal_model_feature_importance{feature="rung"} 0.125',
    'autoheal_model_calibration_error 0.0625',
    'autoheal_model_brier 0.125',
    'autoheal_decisions_total{by="model"} 1',
    'autoheal_decisions_total{by="rules-model-unsure"} 0',
    'autoheal_model_predictions_total{bucket="0.7",result="healed"} 1',
    'autoheal_model_predictions_total{bucket="0.9",result="not"} 1',
    'autoheal_model_predictions_total{bucket="0.0",result="healed"} 0',
  ])('%s', async (line) => {
    expect(await busyExposition()).toContain(`${line}\n`);
  });

  test('every line is a sample or a comment, and every series of ours has its prefix and only closed labels', async () => {
    const lines = (await busyExposition()).split('\n').filter((line) => line !== '' && !line.startsWith('# '));
    const samples = lines.map((line) => /^([a-z0-9_]+)(?:\{(.*)\})? (\S+)$/.exec(line));
    const ours = samples.filter((sample) => sample?.[1]?.startsWith('autoheal_'));
    const labels = ours.flatMap((sample) => [...(sample?.[2] ?? '').matchAll(/(\w+)="/g)].map((label) => label[1]));

    expect(samples).not.toContain(null);
    expect(samples.every((sample) => /^(autoheal|process|nodejs)_/.test(sample?.[1] ?? ''))).toBe(true);
    expect(ours.length).toBeGreaterThan(100);
    expect(new Set(labels)).toEqual(new Set(CLOSED_LABELS));
  });

  test('a notification counts under a series that was there from the start', async () => {
    const metrics = makeMetrics();
    const before = (await metrics.expose()).body.split('\n').length;

    metrics.notification({ channel: 'slack', result: 'dead-timeout' });

    expect((await metrics.expose()).body.split('\n').filter((line) => line.startsWith('autoheal_'))).toContain(
      'autoheal_notifications_total{channel="slack",result="dead-timeout"} 1',
    );
    expect((await metrics.expose()).body.split('\n')).toHaveLength(before);
  });

  test('figures of the model that nobody knows are not there, and never 0', async () => {
    const metrics = makeMetrics();
    const atStart = (await metrics.expose()).body;
    metrics.calibration({ brier: 0.1, ece: 0.1 });
    metrics.featureDrift(new Map([['rung', 0.5]]));
    metrics.featureImportance(new Map([['rung', 0.5]]));
    metrics.calibration(undefined);
    metrics.featureDrift(new Map());
    metrics.featureImportance(new Map());

    const later = (await metrics.expose()).body;

    for (const body of [atStart, later]) {
      expect(body).not.toMatch(/^autoheal_model_(?:brier|calibration_error|feature_drift|feature_importance)/m);
    }
  });

  test('an incident that nobody healed is no time to recovery', async () => {
    expect(await busyExposition()).not.toContain('outcome="refused",le');
  });
});

describeWithParts('the exposition, read by promtool', ['promtool'], (parts) => {
  test('has nothing to complain about in the metrics of AutoHeal', async () => {
    const part = parts.get('promtool');
    const input = (await busyExposition())
      .split('\n')
      .filter((line) => line.includes('autoheal_'))
      .join('\n');

    const checked = spawnSync(part?.kind === 'program' ? part.path : '', ['check', 'metrics'], { input: `${input}\n` });

    expect({ status: checked.status, said: checked.stderr.toString() }).toEqual({ status: 0, said: '' });
  });
});
