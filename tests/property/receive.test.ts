import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import { allRecorded, AFTER_RECORDING, BEARER, makeIntake, type Intake } from '../fakes/intake.ts';
import { parseWebhook } from '../../src/receive/webhook.ts';

const ORIGINALS = allRecorded();
const CODES = new Set(['PAYLOAD_INVALID', 'PAYLOAD_TOO_LARGE']);

const strange = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    1e308,
    -0,
    Number.MAX_SAFE_INTEGER + 2,
    '',
    '\u0000',
    '\ud800',
    '${jndi:ldap://x}',
    '9999-12-31T23:59:60Z',
    '0001-01-01T00:00:00Z',
    '+275760-09-13T00:00:00Z',
    [],
    {},
    null,
  ),
);

/** A real webhook with values replaced, fields removed and foreign ones added, anywhere in it. */
const mutated = fc
  .record({
    original: fc.constantFrom(...ORIGINALS),
    edits: fc.array(
      fc.record({
        at: fc.nat(),
        kind: fc.constantFrom('replace', 'remove', 'add', 'poison'),
        value: strange,
        name: fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'alerts', 'version', 'labels')),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  })
  .map(({ original, edits }) => {
    const root: unknown = JSON.parse(original);
    for (const edit of edits) {
      const places = placesOf(root);
      const { holder, key } = places[edit.at % places.length] ?? { holder: {}, key: '' };
      if (edit.kind === 'replace') holder[key] = edit.value;
      else if (edit.kind === 'remove') delete holder[key];
      else if (edit.kind === 'add') define(holder, edit.name, edit.value);
      else define(holder, '__proto__', { polluted: edit.value });
    }
    return JSON.stringify(root);
  });

type Holder = Record<string, unknown>;

function placesOf(value: unknown): { holder: Holder; key: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Holder; // Any object can be looked at by its keys; a list's are its indices.
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesOf(holder[key])]);
}

function define(holder: Holder, name: string, value: unknown): void {
  Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true });
}

const truncated = fc
  .record({ original: fc.constantFrom(...ORIGINALS), at: fc.double({ min: 0, max: 1, noNaN: true }) })
  .map(({ original, at }) => original.slice(0, Math.floor(original.length * at)));

const flipped = fc
  .record({ original: fc.constantFrom(...ORIGINALS), at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) })
  .map(({ original, at, byte }) => {
    const bytes = Buffer.from(original);
    bytes[at % bytes.length] = byte;
    return bytes;
  });

const nested = fc
  .record({
    depth: fc.integer({ min: 1, max: 100_000 }),
    open: fc.constantFrom('[', '{"alerts":', '{"version":"4","alerts":['),
  })
  .map(({ depth, open }) => open.repeat(Math.min(depth, 1_000_000 / open.length)));

const closedNesting = fc
  .integer({ min: 1, max: 50_000 })
  .map((depth) => `{"version":"4","alerts":[${'['.repeat(depth)}${']'.repeat(depth)}]}`);

const numbers = fc
  .integer({ min: 1, max: 5000 })
  .map((digits) => `{"version":"4","truncatedAlerts":${'9'.repeat(digits)},"alerts":[{"startsAt":1e${digits}}]}`);

const anyBody = fc.oneof(
  { weight: 6, arbitrary: mutated },
  { weight: 2, arbitrary: truncated },
  { weight: 2, arbitrary: flipped },
  { weight: 2, arbitrary: fc.json() },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme' }) },
  { weight: 1, arbitrary: nested },
  { weight: 1, arbitrary: closedNesting },
  { weight: 1, arbitrary: numbers },
);

/** What the contract says about a body, worked out without the code under test. */
function expectedStatus(body: string | Buffer): 200 | 400 {
  const text = typeof body === 'string' ? body : body.toString('utf8');
  if (typeof body !== 'string' && !Buffer.from(text, 'utf8').equals(body)) return 400;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return 400;
    const fields = new Map<string, unknown>(Object.entries(value));
    const version = fields.get('version');
    const plausible = typeof version === 'string' && version.length <= 32 && Array.isArray(fields.get('alerts'));
    return plausible && !Array.isArray(value) ? 200 : 400;
  } catch {
    return 400;
  }
}

async function send(intake: Intake, payload: string | Buffer): Promise<{ status: number; body: string }> {
  const headers = { ...BEARER, 'content-type': 'application/json' };
  const answer = await intake.app.inject({ method: 'POST', url: '/alert', headers, payload });
  return { status: answer.statusCode, body: answer.body };
}

describe('whatever is posted', () => {
  test('is answered with the right code, and journalled exactly when that is 200', async () => {
    const intake = makeIntake();

    await fc.assert(
      fc.asyncProperty(anyBody, async (payload) => {
        const before = intake.store.deliveries.length;

        const answer = await send(intake, payload);

        expect(answer.status).toBe(payload.length === 0 ? 400 : expectedStatus(payload));
        expect(intake.store.deliveries.length - before).toBe(answer.status === 200 ? 1 : 0);
        if (answer.status === 200) {
          const stored = intake.store.deliveries.at(-1)?.body;
          expect(Buffer.from(stored ?? '').equals(Buffer.from(payload))).toBe(true);
        } else {
          const { code } = JSON.parse(answer.body) as { code: string }; // An error answer always has one.
          expect(CODES.has(code)).toBe(true);
          expect(answer.body.length).toBeLessThan(300);
        }
        expect(({} as Record<string, unknown>)['polluted']).toBeUndefined(); // An object of the test's own.
      }),
      { numRuns: 1500 },
    );

    expect(intake.samples).toHaveLength(1500);
    expect(intake.log.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

const malformed = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }).filter((value) => typeof value !== 'object' || value === null || !('status' in value)),
  fc
    .record({
      field: fc.constantFrom('status', 'labels', 'startsAt'),
      value: fc.oneof(fc.integer(), fc.constant(null), fc.array(fc.nat()), fc.constant('yesterday'), fc.boolean()),
    })
    .map(({ field, value }) => ({ ...GOOD, [field]: value })),
  fc.constantFrom('status', 'labels', 'startsAt').map((field) => ({ ...GOOD, [field]: undefined })),
  fc.jsonValue({ maxDepth: 1 }).map((value) => ({ ...GOOD, labels: { ...GOOD.labels, odd: [value] } })),
);

const GOOD = {
  status: 'firing',
  labels: { alertname: 'KubePodCrashLooping', namespace: 'shop', pod: 'cart-1' },
  startsAt: '2026-11-21T03:00:00Z',
};

describe('malformed alerts inside good webhooks', () => {
  test('cost nothing but themselves', async () => {
    const intake = makeIntake();
    let bad = 0;

    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            malformed.map((alert) => ({ good: false, alert })),
            fc.constant({ good: true, alert: GOOD }),
          ),
          {
            minLength: 1,
            maxLength: 6,
          },
        ),
        async (entries) => {
          const good = entries.filter((entry) => entry.good).length;
          const body = JSON.stringify({ version: '4', alerts: entries.map(({ alert }) => alert) });
          bad += entries.length - good;

          const answer = await send(intake, body);

          expect(answer.status).toBe(200);
          expect(JSON.parse(answer.body)).toEqual({
            status: 'journalled',
            alerts: good,
            rejected: entries.length - good,
          });
          const stored = parseWebhook(intake.store.deliveries.at(-1)?.body ?? '', AFTER_RECORDING);
          expect(stored).toMatchObject({
            kind: 'ok',
            webhook: { rejected: entries.flatMap((entry, index) => (entry.good ? [] : [{ index }])) },
          });
        },
      ),
      { numRuns: 250 },
    );

    expect(bad).toBeGreaterThan(200);
  });
});
