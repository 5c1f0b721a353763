import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { request } from 'undici';
import { fastAlertmanager } from '../e2e/shipped-config.ts';
import { startAlertmanager } from '../support/monitoring.ts';
import { describeWithParts, eventually, type Running } from '../support/parts.ts';
import { startReceiver, type Receiver } from './receiver.ts';

type Labels = Readonly<Record<string, string>>;

const POD = { autoheal: 'true', namespace: 'shop', workload_kind: 'Deployment', workload: 'cart' };
const SELF = { autoheal: 'self', namespace: 'autoheal', job: 'autoheal' };

/** Every alert that fires at once, by a name of its own, and whether it is to be sent. */
const FIRING: Readonly<Record<string, { readonly labels: Labels; readonly sent: boolean }>> = {
  'the node that is down': {
    labels: { alertname: 'AutoHealNodeNotReady', autoheal: 'true', node: 'node-1', on_node: 'node-1' },
    sent: true,
  },
  'a pod on it': {
    labels: { alertname: 'AutoHealPodNotReady', ...POD, pod: 'cart-1', on_node: 'node-1' },
    sent: false,
  },
  'the pressure on it': {
    labels: { alertname: 'AutoHealNodePressure', autoheal: 'true', node: 'node-1', on_node: 'node-1' },
    sent: false,
  },
  'another node that is down': {
    labels: { alertname: 'AutoHealNodeNotReady', autoheal: 'true', node: 'node-3', on_node: 'node-3' },
    sent: true,
  },
  'a pod on a healthy node': {
    labels: { alertname: 'AutoHealPodNotReady', ...POD, pod: 'cart-2', on_node: 'node-2' },
    sent: true,
  },
  'a pod of another cluster on a node of that name': {
    labels: { alertname: 'AutoHealPodNotReady', ...POD, pod: 'cart-1', on_node: 'node-1', cluster: 'b' },
    sent: true,
  },
  'a pod that no node took': {
    labels: { alertname: 'AutoHealPodUnschedulable', ...POD, pod: 'cart-3' },
    sent: true,
  },
  'a busy workload': { labels: { alertname: 'AutoHealCPUSaturated', ...POD, deployment: 'cart' }, sent: true },
  'its busy container': {
    labels: { alertname: 'AutoHealContainerCPUHigh', ...POD, pod: 'cart-2', container: 'app' },
    sent: false,
  },
  'a busy container of another workload': {
    labels: { alertname: 'AutoHealContainerCPUHigh', ...POD, workload: 'web', pod: 'web-1', container: 'app' },
    sent: true,
  },
};

/** About AutoHeal itself: not for it to receive, whether inhibited or not. */
const ABOUT_ITSELF: Readonly<Record<string, { readonly labels: Labels; readonly inhibited: boolean }>> = {
  down: { labels: { alertname: 'AutoHealDown', ...SELF }, inhibited: false },
  'its heal rate': { labels: { alertname: 'AutoHealHealRateLow', ...SELF }, inhibited: true },
  'that of another': { labels: { alertname: 'AutoHealHealRateLow', ...SELF, namespace: 'other' }, inhibited: false },
};

describeWithParts('what the shipped Alertmanager sends of all that fires', ['alertmanager'], (parts) => {
  const folder = mkdtempSync(join(tmpdir(), 'autoheal-inhibition-'));
  let alertmanager: Running | undefined;
  let receiver: Receiver | undefined;

  beforeAll(async () => {
    receiver = await startReceiver();
    writeFileSync(join(folder, 'token'), 'a-token');
    writeFileSync(
      join(folder, 'alertmanager.yml'),
      fastAlertmanager({ autoheal: receiver.address }, join(folder, 'token')),
    );
    alertmanager = await startAlertmanager({ parts, folder });
  }, 30_000);

  afterAll(async () => {
    await alertmanager?.stop();
    await receiver?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('sends what stands by itself, and holds back what follows from it', async () => {
    const all = [...Object.values(FIRING), ...Object.values(ABOUT_ITSELF)].map(({ labels }) => ({ labels }));

    // The sources first: an alert is looked at when its group is sent, and by then they are known.
    const { statusCode } = await request(`${alertmanager?.url ?? ''}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(all),
    });
    expect(statusCode).toBe(200);
    const expected = Object.values(FIRING).filter(({ sent }) => sent);
    await eventually('the alerts that stand by themselves', 15, async () =>
      (receiver?.alerts().size ?? 0) >= expected.length ? true : undefined,
    );

    const wrong = Object.entries(FIRING).filter(
      ([, { labels, sent }]) => sent !== (receiver?.alerts().has(keyOf(labels)) ?? false),
    );
    expect(wrong.map(([name]) => name)).toEqual([]);
    expect(receiver?.alerts().size).toBe(expected.length);
    expect(await inhibitedOf(alertmanager?.url ?? '')).toEqual(
      [
        ...Object.values(FIRING).filter(({ sent }) => !sent),
        ...Object.values(ABOUT_ITSELF).filter(({ inhibited }) => inhibited),
      ]
        .map(({ labels }) => keyOf(labels))
        .sort(),
    );
  }, 30_000);
});

function keyOf(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Keys of what Alertmanager holds back now, sorted. */
async function inhibitedOf(url: string): Promise<readonly string[]> {
  const { body } = await request(`${url}/api/v2/alerts?active=false&inhibited=true&silenced=false`);
  const alerts = (await body.json()) as readonly { readonly labels: Labels }[]; // Alertmanager's own answer.
  return alerts.map(({ labels }) => keyOf(labels)).sort();
}
