import { describe, expect, test } from '@jest/globals';
import { nextAttempt } from '../../../src/notify/back-off.ts';
import { FAN_OUT_LIMITS, makeFanOut } from '../../../src/notify/fan-out.ts';
import type { DeliveryAnswer, Notifier, ThreadState } from '../../../src/ports/notifier.ts';
import type { ClaimedNotification, Store } from '../../../src/ports/store.ts';
import { NIGHT, received } from '../../builders/journey.ts';
import { makeLogSink } from '../../fakes/log-sink.ts';
import { makeVirtualClock } from '../../fakes/virtual-clock.ts';

type Finish = Parameters<Store['finishNotification']>[0];
type Deliver = (...told: Parameters<Notifier['deliver']>) => Promise<DeliveryAnswer>;

function setUp(deliver: Deliver, claimed: Partial<ClaimedNotification> = {}) {
  const clock = makeVirtualClock(NIGHT);
  const { log, lines } = makeLogSink();
  const outbox: ClaimedNotification[] = [{ id: 7, channel: 'slack', incident: received(), attempts: 0, ...claimed }];
  const finished: Finish[] = [];
  const counted: { readonly channel: string; readonly result: string }[] = [];
  const fanOut = makeFanOut({
    store: {
      claimNotification: async () => outbox.shift(),
      finishNotification: async (finish) => void finished.push(finish),
    },
    notifiers: [{ channel: 'slack', deliver }],
    clock,
    telemetry: { notification: (sample) => void counted.push(sample) },
    log,
    random: () => 0,
  });
  return { fanOut, clock, finished, counted, lines };
}

const RETRY: DeliveryAnswer = { kind: 'retry', reason: 'server', detail: '500' };

describe('deliverOne', () => {
  test('false when nothing is due', async () => {
    const { fanOut } = setUp(async () => RETRY);
    await fanOut.deliverOne();

    expect(await fanOut.deliverOne()).toBe(false);
  });

  test('what was sent is finished with the thread it belongs to', async () => {
    const threads: (ThreadState | undefined)[] = [];
    const { fanOut, finished, counted } = setUp(
      async (_incident, thread) => {
        threads.push(thread);
        return { kind: 'sent', thread: { ts: '2' } };
      },
      { thread: { ts: '1' } },
    );

    expect(await fanOut.deliverOne()).toBe(true);

    expect(threads).toEqual([{ ts: '1' }]);
    expect(finished).toEqual([{ id: 7, at: NIGHT, answer: { kind: 'sent', thread: { ts: '2' } } }]);
    expect(counted).toEqual([{ channel: 'slack', result: 'sent' }]);
  });

  test.each<{
    name: string;
    answer: DeliveryAnswer | Error;
    claimed?: Partial<ClaimedNotification>;
    finish: object;
    result: string;
    level: string;
  }>([
    {
      name: 'a failure that may pass is due again later',
      answer: RETRY,
      finish: { kind: 'retry', dueAt: NIGHT + 2500, detail: 'server: 500' },
      result: 'retry-server',
      level: 'warn',
    },
    {
      name: 'not before the other side asked for',
      answer: { kind: 'retry', reason: 'rate-limited', detail: 'slow down', retryAfterMs: 30_000 },
      finish: { kind: 'retry', dueAt: NIGHT + 30_000, detail: 'rate-limited: slow down' },
      result: 'retry-rate-limited',
      level: 'warn',
    },
    {
      name: 'the last try but one is still tried again',
      answer: RETRY,
      claimed: { attempts: FAN_OUT_LIMITS.maxAttempts - 2 },
      finish: { kind: 'retry', detail: 'server: 500' },
      result: 'retry-server',
      level: 'warn',
    },
    {
      name: 'after the last try it is given up',
      answer: RETRY,
      claimed: { attempts: FAN_OUT_LIMITS.maxAttempts - 1 },
      finish: { kind: 'dead', detail: '12 tries; server: 500' },
      result: 'dead-server',
      level: 'error',
    },
    {
      name: 'old news is given up',
      answer: RETRY,
      claimed: { incident: received({ updatedAt: NIGHT - FAN_OUT_LIMITS.maxAgeMs }) },
      finish: { kind: 'dead', detail: 'too old by then; server: 500' },
      result: 'dead-server',
      level: 'error',
    },
    {
      name: 'a failure that cannot pass is given up at once',
      answer: { kind: 'failed', reason: 'auth', detail: 'invalid_auth' },
      finish: { kind: 'dead', detail: 'auth: invalid_auth' },
      result: 'dead-auth',
      level: 'error',
    },
    {
      name: 'a notifier that throws is tried again',
      answer: new Error('boom'),
      finish: { kind: 'retry', detail: 'server: slack failed: boom' },
      result: 'retry-server',
      level: 'warn',
    },
    {
      name: 'a channel that is not configured any more is given up',
      answer: RETRY,
      claimed: { channel: 'email' },
      finish: { kind: 'dead', detail: 'client: channel email is not configured any more' },
      result: 'dead-client',
      level: 'error',
    },
  ])('$name', async ({ answer, claimed, finish, result, level }) => {
    const { fanOut, finished, counted, lines } = setUp(async () => {
      if (answer instanceof Error) throw answer;
      return answer;
    }, claimed);

    expect(await fanOut.deliverOne()).toBe(true);

    expect(finished).toMatchObject([{ id: 7, at: NIGHT, answer: finish }]);
    expect(counted).toMatchObject([{ result }]);
    expect(lines).toMatchObject([{ level }]);
  });

  test('a notifier that hangs does not hold up the ones behind it', async () => {
    const { fanOut, clock, finished } = setUp(() => new Promise(() => undefined));

    const delivered = fanOut.deliverOne();
    await clock.advance(FAN_OUT_LIMITS.deliveryMs);

    expect(await delivered).toBe(true);
    expect(finished).toMatchObject([
      { answer: { kind: 'retry', detail: 'timeout: no answer from slack within 45000 ms' } },
    ]);
  });

  test('a delivery ends before its claim does', () => {
    expect(FAN_OUT_LIMITS.deliveryMs).toBeLessThan(FAN_OUT_LIMITS.leaseMs);
  });
});

describe('nextAttempt', () => {
  test.each([
    { name: 'waits half of it at least', attempts: 0, random: 0, wait: 2500 },
    { name: 'waits all of it at most', attempts: 0, random: 1, wait: 5000 },
    { name: 'doubles', attempts: 3, random: 1, wait: 40_000 },
    { name: 'has an end', attempts: 60, random: 1, wait: 1_800_000 },
    { name: 'waits longer when asked', attempts: 0, random: 0, retryAfterMs: 90_000, wait: 90_000 },
    { name: 'does not wait shorter when asked', attempts: 3, random: 1, retryAfterMs: 1, wait: 40_000 },
    { name: 'does not wait for days when asked', attempts: 0, random: 0, retryAfterMs: 1e12, wait: 3_600_000 },
  ])('$name', ({ wait, ...next }) => {
    expect(nextAttempt({ reason: 'server', ...next })).toBe(wait);
  });

  test('all tries together outlast an outage of an hour', () => {
    const waits = Array.from({ length: FAN_OUT_LIMITS.maxAttempts - 1 }, (_, attempts) =>
      nextAttempt({ attempts, reason: 'unreachable', random: 0.5 }),
    );

    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(60 * 60_000);
  });
});
