import { describe, expect, test } from '@jest/globals';
import { AutoHealError } from '../../src/domain/errors.ts';
import type { ApiAnswer, ApiRequest } from '../../src/simulator/api/context.ts';
import type { ObjectStore, StoredObject } from '../../src/simulator/objects.ts';
import { endedOf, lawfulStages, makeIll, untilEnded } from './lawful.ts';
import { aService, worldOf } from './worlds.ts';

const open = lawfulStages();
const scenario = worldOf(aService('checkout'));
const CHECKOUT = ['deployments', 'shop', 'checkout'] as const;

function checkoutIn(objects: ObjectStore): StoredObject {
  const stored = objects.get(...CHECKOUT);
  if (stored === undefined) throw new Error('checkout exists');
  return stored;
}

/** As `kubectl rollout undo` would. */
function undoRollout(objects: ObjectStore): void {
  const serving = objects
    .list('replicasets', { namespace: 'shop' })
    .find((set) => set.metadata.name.startsWith('checkout-') && Number(set.status?.['readyReplicas'] ?? 0) > 0);
  if (serving === undefined) throw new Error('a revision serves');
  const stored = checkoutIn(objects);
  objects.update('deployments', { ...stored, spec: { ...stored.spec, template: serving.spec?.['template'] } });
}

function isWrite({ method, path }: ApiRequest): boolean {
  return method !== 'GET' && !path.includes('dryRun=All');
}

function answer(code: number): ApiAnswer {
  return { status: code, body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: 'not now', code } };
}

describe('somebody else is at work', () => {
  test('and cures it right before the write: nothing is written, and no merit is claimed', async () => {
    let cured = 0;
    const on = await open({
      scenario,
      onStep(_before, after, objects) {
        if (after.phase !== 'intended' || cured > 0) return;
        cured += 1;
        undoRollout(objects);
      },
    });
    makeIll(on, 'bad-rollout-crash', 'checkout');

    const end = await untilEnded(on, 'checkout');

    expect(cured).toBe(1);
    expect(end.attempts).toMatchObject([{ result: { kind: 'refused', refusal: { code: 'changed-since' } } }]);
    // The alert looks back two minutes: it may still fire when every look at the cured workload finds nothing.
    expect(['self-recovered', 'cancelled', 'escalated']).toContain(end.outcome);
    expect(on.writes()).toEqual([]);
  });

  test('and makes the workload anew right before the write: the new one is not what was looked at', async () => {
    let made = 0;
    const on = await open({
      scenario,
      onStep(_before, after, objects) {
        if (after.phase !== 'intended' || made > 0) return;
        made += 1;
        const { metadata, ...rest } = checkoutIn(objects);
        const { uid: _, resourceVersion: __, creationTimestamp: ___, ...kept } = metadata;
        objects.remove(...CHECKOUT);
        objects.create('deployments', { ...rest, metadata: kept });
      },
    });
    makeIll(on, 'bad-rollout-crash', 'checkout');

    await untilEnded(on, 'checkout');

    expect(made).toBe(1);
    const [first] = await endedOf(on, 'checkout');
    expect(first?.attempts[0]?.result).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    const now = checkoutIn(on.objects).metadata.uid;
    for (const write of on.writes()) expect(JSON.stringify(write.body)).toContain(now);
  });

  test('and edits it before every write: AutoHeal gives way in the end', async () => {
    let edits = 0;
    const on = await open({
      scenario,
      onStep(_before, after, objects) {
        if (after.phase !== 'intended') return;
        edits += 1;
        const stored = checkoutIn(objects);
        const annotations = { ...stored.metadata.annotations, 'example.com/edit': String(edits) };
        objects.update('deployments', { ...stored, metadata: { ...stored.metadata, annotations } });
      },
    });
    makeIll(on, 'bad-rollout-crash', 'checkout');

    const end = await untilEnded(on, 'checkout');

    expect(end).toMatchObject({ outcome: 'refused', because: expect.stringContaining('changed-since') });
    expect(edits).toBeLessThanOrEqual(6);
    expect(on.writes()).toEqual([]);
  });

  test('between the last look and the write: the precondition of the write refuses it', async () => {
    let edits = 0;
    const on = await open({
      scenario,
      wrap: (objects) => (handle) => (request) => {
        if (isWrite(request) && edits === 0) {
          edits += 1;
          const stored = checkoutIn(objects);
          objects.update('deployments', { ...stored, spec: { ...stored.spec, replicas: 3 } });
        }
        return handle(request);
      },
    });
    makeIll(on, 'bad-rollout-crash', 'checkout');

    const end = await untilEnded(on, 'checkout');

    expect(end).toMatchObject({ outcome: 'healed', rung: 2 });
    expect(on.asked().filter((write) => !write.dryRun && write.status >= 400)).toHaveLength(1);
    expect(on.writes()).toHaveLength(1);
    expect(checkoutIn(on.objects).spec?.['replicas']).toBe(3);
  });
});

describe('the API server', () => {
  test('does the write and loses the answer: it is not sent again, and the recovery is verified', async () => {
    const on = await open({
      scenario,
      wrap: () => (handle) => (request) => {
        const given = handle(request);
        return isWrite(request) ? answer(504) : given;
      },
    });
    makeIll(on, 'bad-rollout-crash', 'checkout');

    const end = await untilEnded(on, 'checkout');

    expect(end).toMatchObject({ outcome: 'healed', attempts: [{ result: { kind: 'done' } }] });
    expect(on.writes()).toHaveLength(1);
  });

  test('loses the write: it is not sent again, and nothing is claimed', async () => {
    let sent = 0;
    const on = await open({
      scenario,
      wrap: () => (handle) => (request) => {
        if (!isWrite(request)) return handle(request);
        sent += 1;
        return answer(504);
      },
    });
    makeIll(on, 'bad-rollout-crash', 'checkout');

    const end = await untilEnded(on, 'checkout', 2000);

    expect(end).toMatchObject({ outcome: 'not-healed', attempts: [{ result: { kind: 'unknown' } }] });
    expect(sent).toBe(1);
  });

  test('forbids the write: people are told which right is missing', async () => {
    const on = await open({
      scenario,
      wrap: () => (handle) => (request) => (request.method === 'GET' ? handle(request) : answer(403)),
    });
    makeIll(on, 'bad-rollout-crash', 'checkout');

    const end = await untilEnded(on, 'checkout');

    expect(end.because).toContain('AutoHeal may not patch deployments.apps in namespace shop');
    expect(on.writes()).toEqual([]);
  });

  test('is away for a while: the incident waits, and is healed when it is back', async () => {
    let away = true;
    const on = await open({
      scenario,
      wrap: () => (handle) => (request) => (away ? answer(503) : handle(request)),
    });
    makeIll(on, 'bad-rollout-crash', 'checkout');

    await on.run(150);
    away = false;
    const end = await untilEnded(on, 'checkout');

    expect(end.outcome).toBe('healed');
    expect(on.writes()).toHaveLength(1);
  });
});

describe('evidence that is missing', () => {
  test('pods that cannot be listed: people are called, with the reason', async () => {
    const on = await open({
      scenario,
      wrap: () => (handle) => (request) =>
        request.method === 'GET' && /\/(pods|replicasets)(\?|$)/.test(request.path) ? answer(500) : handle(request),
    });
    makeIll(on, 'bad-rollout-crash', 'checkout');

    await on.until('an incident ends', 1500, async () =>
      (await on.incidents()).some((each) => each.phase === 'closed'),
    );

    const [end] = await on.incidents();
    expect(end).toMatchObject({ phase: 'closed', because: expect.stringMatching(/pods/) });
    expect(on.writes()).toEqual([]);
  });

  test('signals that the cause shows in: nothing is done, with the reason', async () => {
    let away = false;
    const on = await open({
      scenario,
      metrics: (world) => ({
        async signals({ workload, pods }) {
          if (away) throw new AutoHealError('PORT_TIMEOUT', 'Prometheus did not answer within 800 ms');
          return world.signals(workload, pods);
        },
      }),
      // Diagnosed with signals, and asked again without them right before the write.
      onStep(_before, after) {
        away ||= after.phase === 'decided';
      },
    });
    makeIll(on, 'overload', 'checkout', { strength: 25 });

    const end = await untilEnded(on, 'checkout');

    expect(end.outcome).not.toBe('healed');
  });
});
