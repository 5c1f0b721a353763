import { describe, expect, test } from '@jest/globals';
import { DOCTOR_ALERTNAME, DOCTOR_LABEL, doctorNonce } from '../../../src/domain/doctor.ts';
import { makeDoctorDesk } from '../../../src/receive/doctor-desk.ts';
import { parseReceiver } from '../../../src/receive/receiver.ts';
import { anAlert } from '../../builders/journey.ts';
import { BEARER, makeIntake } from '../../fakes/intake.ts';

const NONCE = '0123456789abcdef';

function labelsOf(nonce: string): Readonly<Record<string, string>> {
  return { alertname: DOCTOR_ALERTNAME, namespace: 'autoheal', [DOCTOR_LABEL]: nonce };
}

function webhook(nonces: readonly string[], receiver = 'autoheal') {
  const alerts = nonces.map((nonce) => anAlert({ labels: labelsOf(nonce) }));
  return { alerts, receiver: parseReceiver(receiver), groupKey: '{}:{}', truncatedAlerts: 0 };
}

describe("the doctor's desk", () => {
  test('tells what came of a run, and nothing of another', () => {
    const desk = makeDoctorDesk();

    desk.note(webhook([NONCE], 'monitoring/own/hook'), 'd-1', 5);

    expect(desk.read(NONCE).arrivals).toEqual([
      {
        at: 5,
        delivery: 'd-1',
        status: 'firing',
        receiver: 'monitoring/own/hook',
        groupKey: '{}:{}',
        labels: labelsOf(NONCE),
        alerts: 1,
        truncatedAlerts: 0,
      },
    ]);
    expect(desk.read('f'.repeat(16))).toEqual({ arrivals: [], refused: [] });
  });

  test('remembers so many runs and so many arrivals, and no more', () => {
    const desk = makeDoctorDesk();
    const nonces = Array.from({ length: 100 }, (_, n) => n.toString(16).padStart(16, '0'));

    for (const nonce of nonces) desk.note(webhook([nonce]), 'd', 1);
    for (let n = 0; n < 100; n += 1) desk.note(webhook([nonces.at(-1) ?? '']), 'd', 1);

    expect(nonces.filter((nonce) => desk.read(nonce).arrivals.length > 0)).toEqual(nonces.slice(-32));
    expect(desk.read(nonces.at(-1) ?? '').arrivals).toHaveLength(16);
  });

  test('counts refused webhooks by their status', () => {
    const desk = makeDoctorDesk();

    desk.refused(401, 1);
    desk.refused(413, 2);
    desk.refused(401, 3);

    expect(desk.read(NONCE).refused).toEqual([
      { status: 401, count: 2, lastAt: 3 },
      { status: 413, count: 1, lastAt: 2 },
    ]);
  });

  test.each([
    { name: 'another name', labels: { ...labelsOf(NONCE), alertname: 'PodCrashLooping' } },
    { name: 'no label', labels: { alertname: DOCTOR_ALERTNAME } },
    { name: 'a label that is no nonce', labels: labelsOf('true') },
    { name: 'a nonce that is too long', labels: labelsOf('0'.repeat(65)) },
  ])('an alert with $name is not taken for one of the doctor', ({ labels }) => {
    expect(doctorNonce(labels)).toBeUndefined();
  });
});

describe('GET /doctor/NONCE', () => {
  const alert = { status: 'firing', labels: labelsOf(NONCE), startsAt: '2026-11-21T04:00:00Z' };
  const body = JSON.stringify({ version: '4', receiver: 'autoheal', groupKey: 'g', alerts: [alert] });

  test('an alert of the doctor is journalled like any other, and told of; so is what was refused', async () => {
    const { app, store } = makeIntake();

    await app.inject({ method: 'POST', url: '/alert', payload: body, headers: { authorization: 'Bearer wrong' } });
    await app.inject({ method: 'POST', url: '/alert', payload: body, headers: BEARER });
    const answer = await app.inject({ method: 'GET', url: `/doctor/${NONCE}`, headers: BEARER });

    expect(store.deliveries.map((delivery) => delivery.body)).toEqual([body]);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      arrivals: [{ delivery: 'd-1', receiver: 'autoheal', groupKey: 'g', alerts: 1, labels: labelsOf(NONCE) }],
      refused: [{ status: 401, count: 1 }],
    });
  });

  test('what is not durable has not arrived', async () => {
    const { app, store } = makeIntake();
    store.beforeCommit = () => Promise.reject(new Error('disk full'));

    await app.inject({ method: 'POST', url: '/alert', payload: body, headers: BEARER });
    const answer = await app.inject({ method: 'GET', url: `/doctor/${NONCE}`, headers: BEARER });

    expect(answer.json()).toMatchObject({ arrivals: [], refused: [{ status: 503, count: 1 }] });
  });

  test.each([
    { name: 'without credentials', url: `/doctor/${NONCE}`, headers: {}, method: 'GET', status: 401 },
    { name: 'for what is no run', url: '/doctor/secret', headers: BEARER, method: 'GET', status: 400 },
    { name: 'with another method', url: `/doctor/${NONCE}`, headers: BEARER, method: 'POST', status: 405 },
  ] as const)('is refused $name', async ({ url, headers, method, status }) => {
    const { app } = makeIntake();

    expect((await app.inject({ method, url, headers })).statusCode).toBe(status);
  });
});
