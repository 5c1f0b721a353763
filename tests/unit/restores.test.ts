import { describe, expect, test } from '@jest/globals';
import type { Attempt, Closed, IncidentId, Restore } from '../../src/domain/incident.ts';
import { actionId, type Intent, type RestoreUndo } from '../../src/domain/remedy.ts';
import { nextRestoreAt, plannedRestores, requestedRestores, undoIdOf } from '../../src/domain/undo-journal.ts';
import { giveUpRestore, takeBackNext, type RestoreDeps, type TakenBack } from '../../src/restores.ts';
import { NIGHT, anIntent } from '../builders/journey.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

function anUndo(name: string): RestoreUndo {
  return {
    target: { kind: 'Deployment', namespace: 'shop', name },
    uid: `uid-${name}`,
    path: `/apis/apps/v1/namespaces/shop/deployments/${name}`,
    expect: { '/spec/replicas': 4 },
    restore: { '/spec/replicas': 2 },
  };
}

const TEMPORARY: Intent = { ...anIntent(), undo: anUndo('cart'), giveBack: { afterMs: 15 * MINUTE, when: 'always' } };
const LASTING: Intent = { ...anIntent(), undo: anUndo('cart') };

function attempt(intent: Intent, result: Attempt['result'] = { kind: 'done', at: NIGHT, detail: '' }): Attempt {
  return { intent, result };
}

function closed(overrides: Partial<Closed> = {}): Closed {
  return {
    id: 'inc-1' as IncidentId, // Tests choose ids.
    openedAt: NIGHT,
    updatedAt: NIGHT,
    alerts: [],
    rung: 1,
    attempts: [attempt(TEMPORARY)],
    failures: 0,
    phase: 'closed',
    outcome: 'healed',
    because: '',
    closedAt: NIGHT,
    ...overrides,
  };
}

function deps(now: number, overrides: Partial<RestoreDeps> = {}): RestoreDeps & { readonly sent: Restore[] } {
  const sent: Restore[] = [];
  return {
    sent,
    mayTakeBack: async () => undefined,
    takeBack: async (restore) => {
      sent.push(restore);
      return { kind: 'undone', detail: 'as before' };
    },
    now: () => now,
    ...overrides,
  };
}

const due = closed({ restores: plannedRestores([attempt(TEMPORARY)], NIGHT) });
const sending = closed({ restores: (due.restores ?? []).map((each) => ({ ...each, state: 'sending' as const })) });
const DUE_AT = NIGHT + 15 * MINUTE;

describe('what is put back by itself', () => {
  test('a change that was meant for a time only, so long after the incident is closed', () => {
    expect(due.restores).toMatchObject([{ actionId: TEMPORARY.actionId, step: 0, state: 'pending', dueAt: DUE_AT }]);
    expect(nextRestoreAt(due)).toBe(DUE_AT);
  });

  test.each([
    { name: 'a lasting change', attempts: [attempt(LASTING)] },
    {
      name: 'a refused one',
      attempts: [attempt(TEMPORARY, { kind: 'refused', at: NIGHT, refusal: { code: 'forbidden', why: '' } })],
    },
    { name: 'nothing that was done', attempts: [] },
  ])('not $name', ({ attempts }) => {
    expect(plannedRestores(attempts, NIGHT)).toEqual([]);
  });

  test('the writes of one action come back in the opposite order, without those that were left out', () => {
    const alone = { target: TEMPORARY.target, uid: 'uid-x', resourceVersion: '1', write: TEMPORARY.write };
    const intent: Intent = {
      ...TEMPORARY,
      also: [
        { ...alone, undo: anUndo('second') },
        { ...alone, undo: anUndo('third') },
        { ...alone }, // An eviction: nothing to undo.
      ],
    };
    const result = { kind: 'done', at: NIGHT, detail: '', left: [{ step: 1, why: 'gone' }] } as const;

    const restores = plannedRestores([attempt(intent, result)], NIGHT);

    expect(restores.map(({ undo, step }) => [step, undo.target.name])).toEqual([
      [2, 'third'],
      [0, 'cart'],
    ]);
    expect(restores.map(undoIdOf)).toEqual([`${intent.actionId}/undo-2`, `${intent.actionId}/undo`]);
  });

  test('something else than the undo, where the remedy says so', () => {
    const instead = { kind: 'evict', target: TEMPORARY.target, uid: 'u', path: '/p', expect: {} } as const;
    const intent: Intent = { ...TEMPORARY, giveBack: { afterMs: 0, when: 'always', instead } };

    expect(plannedRestores([attempt(intent)], NIGHT)[0]?.undo).toBe(instead);
    expect(requestedRestores(closed({ attempts: [attempt(intent)] }), 'ada', NIGHT)[0]?.undo).toEqual(intent.undo);
  });
});

describe('one step at a time', () => {
  test('a restore is committed as being sent before it is sent', async () => {
    const given = deps(DUE_AT);

    const first = await takeBackNext(due, given);
    expect(given.sent).toEqual([]);
    expect(first).toMatchObject({ dueAt: DUE_AT, after: { phase: 'closed', restores: [{ state: 'sending' }] } });

    const second = await takeBackNext(sending, given);
    expect(given.sent).toHaveLength(1);
    expect(second.after).toMatchObject({ outcome: 'healed', restores: [{ state: 'undone', detail: 'as before' }] });
    expect(second.after.phase === 'closed' && nextRestoreAt(second.after)).toBe(undefined);
  });

  test('what must stay for now is asked about again in a minute', async () => {
    const given = deps(DUE_AT, {
      mayTakeBack: async () => ({ code: 'workload-not-healthy', why: '1 of 2 replicas are ready' }),
    });

    const step = await takeBackNext(due, given);

    expect(step.dueAt).toBe(DUE_AT + MINUTE);
    expect(step.after).toMatchObject({ restores: [{ state: 'pending', detail: expect.stringContaining('1 of 2') }] });
  });

  test('after a day it is left as it is', async () => {
    const late = DUE_AT + DAY;
    const given = deps(late, { mayTakeBack: async () => ({ code: 'opted-out', why: 'off' }) });

    expect((await takeBackNext(due, given)).after).toMatchObject({ restores: [{ state: 'refused' }] });
  });

  test.each<{ name: string; answer: TakenBack; state: string; at: number }>([
    { name: 'undone before a crash', answer: { kind: 'already-undone', detail: '' }, state: 'undone', at: DUE_AT },
    { name: 'a lost answer', answer: { kind: 'unknown', detail: '' }, state: 'unknown', at: DUE_AT },
    {
      name: 'changed by somebody else',
      answer: { kind: 'refused', refusal: { code: 'changed-since', why: '' } },
      state: 'refused',
      at: DUE_AT,
    },
    {
      name: 'an API server that is busy',
      answer: { kind: 'refused', refusal: { code: 'api-unavailable', why: '' } },
      state: 'pending',
      at: DUE_AT + MINUTE,
    },
  ])('$name -> $state', async ({ answer, state, at }) => {
    const step = await takeBackNext(sending, deps(DUE_AT, { takeBack: async () => answer }));

    expect(step.after).toMatchObject({ restores: [{ state }] });
    expect(step.dueAt).toBe(at);
  });

  test('steps that keep failing end with a person', () => {
    expect(giveUpRestore(due, 'no answer', DUE_AT).after).toMatchObject({ restores: [{ state: 'refused' }] });
    expect(giveUpRestore(sending, 'no answer', DUE_AT).after).toMatchObject({ restores: [{ state: 'unknown' }] });
  });
});

describe('what a person asks for', () => {
  test('lasting changes too, at once, in place of what was planned', async () => {
    const asked = closed({
      attempts: [attempt(LASTING), attempt({ ...TEMPORARY, actionId: actionId('inc-1', 2) })],
      restores: plannedRestores([attempt({ ...TEMPORARY, actionId: actionId('inc-1', 2) })], NIGHT),
      undoRequest: { by: 'ada', at: NIGHT + MINUTE },
    });

    const { after, dueAt } = await takeBackNext(asked, deps(NIGHT + MINUTE));

    expect(dueAt).toBe(NIGHT + MINUTE);
    expect(after).not.toHaveProperty('undoRequest');
    expect(after).toMatchObject({
      restores: [
        { actionId: 'inc-1/2', by: 'ada', when: 'always' },
        { actionId: LASTING.actionId, by: 'ada' },
      ],
    });
  });

  test('nothing that is taken back already', () => {
    const undone = closed({ restores: (due.restores ?? []).map((each) => ({ ...each, state: 'undone' as const })) });

    expect(requestedRestores(undone, 'ada', NIGHT)).toEqual([]);
  });
});
