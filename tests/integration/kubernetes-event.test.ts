import { describe, expect, test } from '@jest/globals';
import { makeKubernetesEventNotifier } from '../../src/adapters/kubernetes-event.ts';
import { AutoHealError, type ErrorCode } from '../../src/domain/errors.ts';
import type { Incident, Outcome } from '../../src/domain/incident.ts';
import type { ClusterEventRecord } from '../../src/ports/cluster.ts';
import { ACT, CART, decided, received } from '../builders/journey.ts';
import { ACTED, aClosed, describeNotifier, hostileIncident } from '../contract/notifier.contract.ts';

function setUp(failure?: Error) {
  const events: ClusterEventRecord[] = [];
  const cluster = {
    recordEvent: async (event: ClusterEventRecord) => {
      if (failure !== undefined) throw failure;
      events.push(event);
    },
  };
  return { notifier: makeKubernetesEventNotifier({ cluster }), events };
}

describeNotifier('kubernetes-event', async () => ({ notifier: setUp().notifier, stop: async () => undefined }));

describe('kubernetes-event', () => {
  test('an action is an Event on the workload', async () => {
    const { notifier, events } = setUp();

    expect(await notifier.deliver(ACTED, undefined)).toEqual({ kind: 'sent', thread: { milestone: 'acted-1' } });

    expect(events).toEqual([
      {
        regarding: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'cart', uid: 'uid-cart' },
        type: 'Normal',
        reason: 'Acted',
        action: 'Rollback',
        note: 'Acted: rollback, revision 2 -> revision 1: done. Watching for the recovery. Next step: Nothing now: the result follows here. (AutoHeal inc-1)',
        at: ACTED.updatedAt,
      },
    ]);
  });

  test.each<{ outcome: Outcome; said: object[] }>([
    { outcome: 'healed', said: [{ type: 'Normal', reason: 'Healed' }] },
    { outcome: 'observed', said: [{ type: 'Normal', reason: 'Observed' }] },
    { outcome: 'refused', said: [{ type: 'Warning', reason: 'Refused' }] },
    { outcome: 'not-healed', said: [{ type: 'Warning', reason: 'NotHealed' }] },
    { outcome: 'escalated', said: [{ type: 'Warning', reason: 'Escalated' }] },
    { outcome: 'cancelled', said: [] },
    { outcome: 'merged', said: [] },
  ])('closed as $outcome', async ({ outcome, said }) => {
    const { notifier, events } = setUp();

    await notifier.deliver(aClosed(outcome), undefined);

    expect(events).toMatchObject(said);
    expect(events).toHaveLength(said.length);
  });

  const { uid: _, ...withoutUid } = CART;
  test.each<{ name: string; incident: Incident }>([
    { name: 'no workload', incident: received() },
    { name: 'a workload without a uid', incident: aClosed('healed', { location: withoutUid }) },
    {
      name: 'a kind whose version is not known',
      incident: aClosed('healed', {
        location: { ...CART, workload: { kind: 'Rollout', namespace: 'shop', name: 'x' } },
      }),
    },
    { name: 'nothing to say yet', incident: decided(ACT) },
  ])('$name: nothing to do', async ({ incident }) => {
    const { notifier, events } = setUp();

    expect(await notifier.deliver(incident, undefined)).toMatchObject({ kind: 'sent' });
    expect(events).toEqual([]);
  });

  test('a milestone that was told is not told again', async () => {
    const { notifier, events } = setUp();

    await notifier.deliver(ACTED, { milestone: 'acted-1' });

    expect(events).toEqual([]);
  });

  test('the note of an endless hostile incident is one visible line that fits', async () => {
    const { notifier, events } = setUp();
    const incident = { ...hostileIncident(), location: CART };

    await notifier.deliver(incident, undefined);

    expect(events[0]?.note.length).toBeLessThanOrEqual(1000);
    expect(events[0]?.note).toContain('Next step: Look at the workload now');
    expect(events[0]?.note).not.toMatch(/\p{Cc}/u);
  });

  test.each<{ code: ErrorCode; answer: object }>([
    { code: 'PORT_CLIENT', answer: { kind: 'failed', reason: 'client' } },
    { code: 'PORT_AUTH', answer: { kind: 'failed', reason: 'auth', detail: expect.stringContaining('events.k8s.io') } },
    { code: 'PORT_SERVER', answer: { kind: 'retry', reason: 'server' } },
    { code: 'PORT_RATE_LIMITED', answer: { kind: 'retry', reason: 'rate-limited' } },
    { code: 'PORT_TIMEOUT', answer: { kind: 'retry', reason: 'timeout' } },
    { code: 'PORT_UNREACHABLE', answer: { kind: 'retry', reason: 'unreachable' } },
  ])('$code', async ({ code, answer }) => {
    const { notifier } = setUp(new AutoHealError(code, 'no'));

    expect(await notifier.deliver(ACTED, undefined)).toMatchObject(answer);
  });
});
