import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { makeMetrics } from '../../../src/telemetry/metrics.ts';
import { describeWithParts } from '../../support/parts.ts';

async function busyExposition(): Promise<string> {
  const metrics = makeMetrics();
  metrics.webhook({ status: 200, alerts: 3, rejected: 1, seconds: 0.002 });
  metrics.step({ from: 'received', to: 'located', seconds: 0.01 });
  metrics.closed({ outcome: 'healed', seconds: 42 });
  metrics.closed({ outcome: 'refused', seconds: 1 });
  metrics.action({ remedy: 'rollback', result: 'done' });
  metrics.refusal('protected');
  metrics.notification({ channel: 'slack', result: 'sent' });
  metrics.storeCommit({ operation: 'commitStep', seconds: 0.0004 });
  metrics.queue({ deliveries: 1, due: 2, open: { verifying: 3 }, notifications: 4 });
  return (await metrics.expose()).body;
}

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
  ])('%s', async (line) => {
    expect(await busyExposition()).toContain(`${line}\n`);
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
