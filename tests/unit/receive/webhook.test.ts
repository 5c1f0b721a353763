import { describe, expect, test } from '@jest/globals';

import { MAX_ALERTS, parseWebhook, type Webhook } from '../../../src/receive/webhook.ts';
import { AFTER_RECORDING, allRecorded, recorded } from '../../fakes/intake.ts';

const GOOD_ALERT = {
  status: 'firing',
  labels: { alertname: 'KubePodCrashLooping', namespace: 'shop', pod: 'cart-1' },
  annotations: {},
  startsAt: '2026-11-21T03:46:54.689178189Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: '',
  fingerprint: 'a6f064280bcdd471',
};

function webhookOf(fields: Record<string, unknown>): string {
  return JSON.stringify({ version: '4', alerts: [GOOD_ALERT], ...fields });
}

function parsed(body: string): Webhook {
  const result = parseWebhook(body, AFTER_RECORDING);
  if (result.kind !== 'ok') throw new Error(result.why);
  return result.webhook;
}

describe('recorded webhooks', () => {
  test.each(allRecorded().map((body) => ({ name: body.match(/"groupKey": (".*")/)?.[1] ?? '', body })))(
    'are read whole: $name',
    ({ body }) => {
      const webhook = parsed(body);

      const raw = JSON.parse(body) as { alerts: { fingerprint: string; labels: object }[] }; // A fixture of ours.
      expect(webhook.rejected).toEqual([]);
      expect(webhook.warnings).toEqual([]);
      expect(webhook.alerts.map((alert) => alert.fingerprint)).toEqual(raw.alerts.map((alert) => alert.fingerprint));
      expect(webhook.alerts.map((alert) => alert.labels)).toEqual(raw.alerts.map((alert) => alert.labels));
    },
  );

  test('the zero time means that there is no end', () => {
    const [alert] = parsed(recorded('first-alert')).alerts;

    expect(alert).toMatchObject({ status: 'firing', startsAt: Date.UTC(2026, 10, 21, 3, 46, 54, 689) });
    expect(alert).not.toHaveProperty('endsAt');
  });

  test('a resolved alert has its end', () => {
    const [alert] = parsed(recorded('other-resolves')).alerts;

    expect(alert?.status).toBe('resolved');
    expect(alert?.endsAt).toBeGreaterThan(alert?.startsAt ?? Infinity);
  });

  test('a truncated list says how many are missing, and the quoted receiver is unquoted', () => {
    const webhook = parsed(recorded('truncated'));

    expect(webhook.truncatedAlerts).toBe(3);
    expect(webhook.receiver).toEqual({ name: 'auto.heal' });
  });

  test('label names may be any UTF-8', () => {
    const [alert] = parsed(recorded('utf8-labels')).alerts;

    expect(alert?.labels['größe']).toBe('groß');
  });
});

describe('the envelope', () => {
  test.each([
    { name: 'text', body: 'hello', why: /not JSON/ },
    { name: 'nothing', body: '', why: /not JSON/ },
    { name: 'cut off', body: recorded('first-alert').slice(0, 500), why: /not JSON/ },
    { name: 'null', body: 'null', why: /not an object.*webhook_configs\.url/ },
    { name: 'a list', body: '[]', why: /not an object/ },
    {
      name: 'a custom payload',
      body: '{"text":"pod is ill"}',
      why: /version and alerts missing: remove the custom payload/,
    },
    { name: 'no alerts', body: '{"version":"4"}', why: /^alerts missing: remove the custom payload/ },
    { name: 'no version', body: '{"alerts":[]}', why: /^version missing: remove the custom payload/ },
    { name: 'a version that is a number', body: '{"version":4,"alerts":[]}', why: /version must be a string/ },
    { name: 'alerts that are null', body: '{"version":"4","alerts":null}', why: /alerts a list/ },
    {
      name: 'alerts only on the prototype',
      body: '{"__proto__":{"version":"4","alerts":[]}}',
      why: /version and alerts missing/,
    },
  ])('is refused: $name', ({ body, why }) => {
    const result = parseWebhook(body, AFTER_RECORDING);

    expect(result).toEqual({ kind: 'invalid', why: expect.stringMatching(why) });
  });

  test('another version is read, with a warning', () => {
    const webhook = parsed(webhookOf({ version: '5' }));

    expect(webhook.alerts).toHaveLength(1);
    expect(webhook.warnings).toEqual([expect.stringContaining('another version')]);
  });

  test('unknown fields, and wrong types in fields that are only shown, cost nothing', () => {
    const webhook = parsed(
      webhookOf({ brandNew: [1], receiver: 7, groupKey: null, truncatedAlerts: 'many', notification_reason: {} }),
    );

    expect(webhook.alerts).toHaveLength(1);
    expect(webhook).toMatchObject({ receiver: { name: '' }, groupKey: '', truncatedAlerts: 0, notificationReason: '' });
  });

  test('alerts beyond the bound are told of, and count as truncated', () => {
    const webhook = parsed(webhookOf({ alerts: Array.from({ length: MAX_ALERTS + 5 }, () => 0) }));

    expect(webhook.rejected).toHaveLength(MAX_ALERTS + 1);
    expect(webhook.rejected.at(-1)?.reason).toContain('only');
    expect(webhook.truncatedAlerts).toBe(5);
  });

  test.each([
    { name: 'a dot', field: 'my\\.hook', receiver: { name: 'my.hook' } },
    {
      name: 'every character that Go quotes',
      field: '\\\\\\.\\+\\*\\?\\(\\)\\|\\[\\]\\{\\}\\^\\$',
      receiver: { name: '\\.+*?()|[]{}^$' },
    },
    {
      name: 'an AlertmanagerConfig',
      field: 'shop/routing/autoheal',
      receiver: { name: 'autoheal', config: { namespace: 'shop', name: 'routing' } },
    },
    { name: 'slashes of another kind', field: 'a/b', receiver: { name: 'a/b' } },
  ])('receiver: $name', ({ field, receiver }) => {
    expect(parsed(webhookOf({ receiver: field })).receiver).toEqual(receiver);
  });
});

describe('one bad alert never costs the others', () => {
  const huge = 'x'.repeat(5000);
  test.each([
    { name: 'a number', alert: 7, reason: /the alert must be object/ },
    { name: 'null', alert: null, reason: /must be object/ },
    { name: 'no status', alert: { ...GOOD_ALERT, status: undefined }, reason: /required property 'status'/ },
    { name: 'a status of its own', alert: { ...GOOD_ALERT, status: 'pending' }, reason: /status must be equal/ },
    { name: 'no labels', alert: { ...GOOD_ALERT, labels: {} }, reason: /labels must NOT have fewer/ },
    { name: 'labels as a list', alert: { ...GOOD_ALERT, labels: [] }, reason: /labels must be object/ },
    {
      name: 'a label that is a number',
      alert: { ...GOOD_ALERT, labels: { pod: 7 } },
      reason: /labels\.pod must be string/,
    },
    {
      name: 'an annotation that is a list',
      alert: { ...GOOD_ALERT, annotations: { a: [] } },
      reason: /annotations\.a must be/,
    },
    { name: 'no start', alert: { ...GOOD_ALERT, startsAt: undefined }, reason: /'startsAt'/ },
    { name: 'a start that is a number', alert: { ...GOOD_ALERT, startsAt: 5 }, reason: /startsAt must be string/ },
    {
      name: 'a start that only Date.parse takes',
      alert: { ...GOOD_ALERT, startsAt: 'Nov 5 2026' },
      reason: /RFC 3339/,
    },
    { name: 'the 32nd of November', alert: { ...GOOD_ALERT, startsAt: '2026-11-32T00:00:00Z' }, reason: /RFC 3339/ },
    {
      name: 'the zero time as a start',
      alert: { ...GOOD_ALERT, startsAt: '0001-01-01T00:00:00Z' },
      reason: /since 1970/,
    },
    {
      name: 'a start more than an hour ahead',
      alert: { ...GOOD_ALERT, startsAt: '2026-11-21T05:00:01Z' },
      reason: /hour ahead/,
    },
    {
      name: 'a label that is too long',
      alert: { ...GOOD_ALERT, labels: { pod: huge } },
      reason: /label pod is too long/,
    },
    {
      name: 'a label name that is too long',
      alert: { ...GOOD_ALERT, labels: { [huge]: '' } },
      reason: /name is too long/,
    },
    {
      name: 'only the label __proto__',
      alert: { ...GOOD_ALERT, labels: JSON.parse('{"__proto__":"x"}') as object },
      reason: /no labels/,
    },
    {
      name: 'too many labels',
      alert: { ...GOOD_ALERT, labels: Object.fromEntries(Array.from({ length: 129 }, (_, i) => [`l${i}`, ''])) },
      reason: /more than 128 labels/,
    },
    {
      name: 'labels that are too large together',
      alert: {
        ...GOOD_ALERT,
        labels: Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`l${i}`, huge.slice(0, 4000)])),
      },
      reason: /more than 32768 characters/,
    },
  ])('$name', ({ alert, reason }) => {
    const webhook = parsed(webhookOf({ alerts: [GOOD_ALERT, alert, GOOD_ALERT] }));

    expect(webhook.alerts).toHaveLength(2);
    expect(webhook.rejected).toEqual([{ index: 1, reason: expect.stringMatching(reason) }]);
    expect(webhook.rejected[0]?.reason.length).toBeLessThanOrEqual(200);
  });

  test.each([
    { name: 'a start of last year', alert: { ...GOOD_ALERT, startsAt: '2025-01-01T00:00:00Z' } },
    { name: 'a start an hour ahead, in another zone', alert: { ...GOOD_ALERT, startsAt: '2026-11-21T07:00:00+02:00' } },
    { name: 'no annotations', alert: { ...GOOD_ALERT, annotations: undefined } },
    { name: 'annotations that are null', alert: { ...GOOD_ALERT, annotations: null } },
    { name: 'an end that cannot be read', alert: { ...GOOD_ALERT, status: 'resolved', endsAt: 'soon' } },
    { name: 'a generator that is a number', alert: { ...GOOD_ALERT, generatorURL: 7 } },
    { name: 'fields that are not known yet', alert: { ...GOOD_ALERT, receivers: ['a'] } },
  ])('is taken: $name', ({ alert }) => {
    const webhook = parsed(webhookOf({ alerts: [alert] }));

    expect(webhook.rejected).toEqual([]);
    expect(webhook.alerts).toHaveLength(1);
  });

  test('long annotations are cut, many are dropped', () => {
    const annotations = Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`a${i}`, 'x'.repeat(20_000)]));

    const [alert] = parsed(webhookOf({ alerts: [{ ...GOOD_ALERT, annotations }] })).alerts;

    expect(Object.keys(alert?.annotations ?? {})).toHaveLength(64);
    expect(alert?.annotations['a0']).toHaveLength(8192);
  });

  test.each([
    { name: 'missing', fingerprint: undefined },
    { name: 'a number', fingerprint: 12 },
    { name: 'too short', fingerprint: 'abc' },
    { name: 'upper case', fingerprint: 'A6F064280BCDD471' },
  ])('a fingerprint that is $name is computed from the labels', ({ fingerprint }) => {
    const swapped = { pod: 'cart-1', namespace: 'shop', alertname: 'KubePodCrashLooping' };

    const { alerts } = parsed(
      webhookOf({
        alerts: [
          { ...GOOD_ALERT, fingerprint },
          { ...GOOD_ALERT, fingerprint, labels: swapped },
        ],
      }),
    );

    expect(alerts[0]?.fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(alerts[1]?.fingerprint).toBe(alerts[0]?.fingerprint);
  });
});

describe('names that JavaScript treats specially', () => {
  const labels = '{"__proto__":"polluted","constructor":"c","toString":"t","alertname":"A"}';
  const body = `{"version":"4","alerts":[{"status":"firing","labels":${labels},"annotations":{"__proto__":"x"},"startsAt":"2026-11-21T03:00:00Z"}]}`;

  test('stay plain data', () => {
    const [alert] = parsed(body).alerts;

    expect(Object.getPrototypeOf(alert?.labels)).toBe(Object.prototype);
    expect(Object.entries(alert?.labels ?? {})).toEqual([
      ['constructor', 'c'],
      ['toString', 't'],
      ['alertname', 'A'],
    ]);
    expect(Object.keys(alert?.annotations ?? { wrong: '' })).toEqual([]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined(); // An object of the test's own.
  });
});
