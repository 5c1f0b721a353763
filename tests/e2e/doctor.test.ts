import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { request } from 'undici';
import type { Finding } from '../../src/doctor/finding.ts';
import { aPatient, findingsOf } from '../builders/patient.ts';
import { describeWithParts, eventually } from '../support/parts.ts';
import { startStack, type Stack } from './stack.ts';

describeWithParts('the doctor, with the real Prometheus and Alertmanager', ['prometheus', 'alertmanager'], (parts) => {
  let stack: Stack;
  let findings: readonly Finding[] = [];

  beforeAll(async () => {
    stack = await startStack(parts);
    await eventually('rates are recorded', 40, async () => {
      const query = 'count(rate(http_requests_total[5m])) and count(rate(container_cpu_cfs_periods_total[5m]))';
      const url = `${stack.prometheusUrl}/api/v1/query?${new URLSearchParams({ query }).toString()}`;
      const answer = await request(url, { headersTimeout: 5000, bodyTimeout: 5000 });
      type Answer = { readonly data: { readonly result: readonly unknown[] } };
      const { data } = (await answer.body.json()) as Answer; // Prometheus' documented answer.
      return data.result.length > 0 ? true : undefined;
    });
    findings = await findingsOf(aPatient(stack.config, { send: 'messages', waitMs: 30_000 }));
  }, 120_000);

  afterAll(async () => {
    await stack.stop();
  }, 40_000);

  function statesOf(...prefixes: readonly string[]): readonly string[] {
    return findings
      .filter(({ name }) => prefixes.some((prefix) => name.split('/')[0] === prefix))
      .map(({ name, state }) => `${state} ${name}`);
  }

  test('nothing fails where everything is there', () => {
    expect(findings.filter(({ state }) => state === 'fail')).toEqual([]);
    expect(statesOf('kubernetes', 'prometheus', 'rules', 'alertmanager', 'route', 'slack', 'email')).toEqual([
      'ok kubernetes',
      'ok prometheus',
      'ok rules',
      'ok slack',
      'ok slack/channel',
      'ok slack/message',
      'ok email',
      'ok email/message',
      'ok alertmanager',
      'ok route',
      'ok route/labels',
      'ok route/resolved',
    ]);
  });

  test('signals are recorded, but for what there is none of: an hour of history, claims, and node-exporter', () => {
    expect(statesOf('signals')).toEqual([
      'ok signals/cpu_per_limit',
      'ok signals/throttled_ratio',
      'ok signals/memory_per_limit',
      'ok signals/memory_growth_per_limit',
      'ok signals/restarts',
      'ok signals/request_rate',
      'warn signals/request_rate_baseline',
      'ok signals/error_ratio',
      'warn signals/error_ratio_baseline',
      'ok signals/error_spread',
      'ok signals/latency_p99_seconds',
      'warn signals/latency_p99_baseline_seconds',
      'ok signals/dependency_error_ratio',
      'warn signals/volume_used_ratio',
      'warn signals/node_cpu_ratio',
      'ok signals/node_pods_cpu_ratio',
    ]);
  });

  test('its alert changed nothing and opened no incident', async () => {
    expect(stack.writes).toEqual([]);
    expect(stack.steps).toEqual([]);
    expect(await stack.app.store.incidents({ limit: 10 })).toEqual([]);
  });

  test('its message and its mail are the only ones', () => {
    expect(stack.slack.messages()).toHaveLength(1);
    expect(stack.smtp.mails).toHaveLength(1);
  });
});
