import { errorText } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { DeliveryAnswer, Notifier } from '../ports/notifier.ts';
import type { ClaimedNotification, Store } from '../ports/store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { nextAttempt } from './back-off.ts';
import { plainText } from './text.ts';

export interface FanOutDeps {
  readonly store: Pick<Store, 'claimNotification' | 'finishNotification'>;
  readonly notifiers: readonly Notifier[];
  readonly clock: Clock;
  readonly telemetry: Pick<Telemetry, 'notification'>;
  readonly log: Log;
  /** In [0, 1). */
  readonly random: () => number;
  readonly limits?: Partial<FanOutLimits>;
}

export interface FanOutLimits {
  /** Tries of one notification before it is given up. */
  readonly maxAttempts: number;
  /** A notification about a step that is older than this is not tried again. */
  readonly maxAgeMs: number;
  /** How long one delivery may take, whatever its adapter does. Below the lease, so that nobody else delivers meanwhile. */
  readonly deliveryMs: number;
  readonly leaseMs: number;
}

export const FAN_OUT_LIMITS: FanOutLimits = {
  maxAttempts: 12,
  maxAgeMs: 6 * 60 * 60_000,
  deliveryMs: 45_000,
  leaseMs: 90_000,
};

export interface FanOut {
  /**
   * Delivers the oldest notification that is due, and writes down what became of it; false when none was due. At least
   * once: what was sent right before a crash is sent again. The channel's failures are answers, not errors.
   *
   * @throws AutoHealError `NOT_READY` when the store cannot be asked or written.
   */
  deliverOne(): Promise<boolean>;
}

type Finish = Parameters<Store['finishNotification']>[0]['answer'];

/** Takes notifications from the outbox to their channels. Healing never waits for it: the outbox is all they share. */
export function makeFanOut(deps: FanOutDeps): FanOut {
  const limits = { ...FAN_OUT_LIMITS, ...deps.limits };
  const byChannel = new Map(deps.notifiers.map((notifier) => [notifier.channel, notifier]));
  return {
    async deliverOne() {
      const claimed = await deps.store.claimNotification({ now: deps.clock.now(), leaseMs: limits.leaseMs });
      if (claimed === undefined) return false;
      const notifier = byChannel.get(claimed.channel);
      const answer: DeliveryAnswer =
        notifier === undefined
          ? { kind: 'failed', reason: 'client', detail: `channel ${claimed.channel} is not configured any more` }
          : await deliver(notifier, claimed, { clock: deps.clock, deliveryMs: limits.deliveryMs });
      const at = deps.clock.now();
      const finish = finishOf(answer, claimed, { limits, at, random: deps.random() });
      await deps.store.finishNotification({ id: claimed.id, at, answer: finish });
      report(claimed, answer, finish, deps);
      return true;
    },
  };
}

/** The notifier's answer; a notifier that throws or hangs, although it must not, is tried again later. */
async function deliver(
  notifier: Notifier,
  { incident, thread }: ClaimedNotification,
  { clock, deliveryMs }: { readonly clock: Clock; readonly deliveryMs: number },
): Promise<DeliveryAnswer> {
  const settled = new AbortController();
  const tooLong = clock.sleep(deliveryMs, settled.signal).then((): DeliveryAnswer => {
    return { kind: 'retry', reason: 'timeout', detail: `no answer from ${notifier.channel} within ${deliveryMs} ms` };
  });
  const delivery = attempt(notifier, incident, thread).catch((error: unknown): DeliveryAnswer => {
    return { kind: 'retry', reason: 'server', detail: `${notifier.channel} failed: ${errorText(error)}` };
  });
  const answer = await Promise.race([delivery, tooLong]);
  settled.abort();
  return answer;
}

/** A notifier that throws before it has made a promise fails the promise. */
async function attempt(notifier: Notifier, ...told: Parameters<Notifier['deliver']>): Promise<DeliveryAnswer> {
  return notifier.deliver(...told);
}

function finishOf(
  answer: DeliveryAnswer,
  { attempts, incident }: ClaimedNotification,
  now: { readonly limits: FanOutLimits; readonly at: number; readonly random: number },
): Finish {
  if (answer.kind === 'sent') return answer;
  const { reason } = answer;
  const detail = plainText(`${reason}: ${answer.detail}`, DETAIL_LENGTH);
  if (answer.kind === 'failed') return { kind: 'dead', detail };
  const { limits, at, random } = now;
  if (attempts + 1 >= limits.maxAttempts) return { kind: 'dead', detail: `${attempts + 1} tries; ${detail}` };
  const asked = answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs };
  const dueAt = at + nextAttempt({ attempts, reason, random, ...asked });
  if (dueAt - incident.updatedAt > limits.maxAgeMs) return { kind: 'dead', detail: `too old by then; ${detail}` };
  return { kind: 'retry', dueAt, detail };
}

const DETAIL_LENGTH = 500;

function report(
  { channel, incident, attempts }: ClaimedNotification,
  answer: DeliveryAnswer,
  finish: Finish,
  { log, telemetry }: FanOutDeps,
): void {
  const fields = { incident: incident.id, channel, phase: incident.phase, attempt: attempts + 1 };
  const reason = answer.kind === 'sent' ? '' : `-${answer.reason}`;
  telemetry.notification({ channel, result: `${finish.kind}${reason}` });
  if (finish.kind === 'sent') log.debug(fields, 'notification sent');
  else if (finish.kind === 'retry')
    log.warn({ ...fields, detail: finish.detail, dueAt: finish.dueAt }, 'notification put off');
  else log.error({ ...fields, detail: finish.detail }, 'notification given up');
}
