import { expect, test } from '@jest/globals';
import { complaintsOf, inTurns, type Trouble } from './complaints.ts';
import { describeWorlds } from './prepared.ts';
import type { Failing } from './sessions.ts';
import { requestsOf, storyOf, type Story } from './story.ts';

const TROUBLES: readonly Trouble[] = [
  { name: '403', how: { kind: 'status', status: 403, reason: 'Forbidden' } },
  { name: '404', how: { kind: 'status', status: 404, reason: 'NotFound' } },
  { name: '409', how: { kind: 'status', status: 409, reason: 'Conflict' } },
  { name: '422', how: { kind: 'status', status: 422, reason: 'Invalid' } },
  { name: '429', how: { kind: 'status', status: 429, reason: 'TooManyRequests' } },
  {
    name: '429 of a disruption budget',
    how: { kind: 'status', status: 429, reason: 'TooManyRequests', cause: 'DisruptionBudget' },
    of: ({ path }) => path.endsWith('/eviction'),
  },
  { name: '500', how: { kind: 'status', status: 500, reason: 'InternalError' } },
];

describeWorlds((prepared, _given, world) => {
  let clean: Promise<Story> | undefined;

  test.each(TROUBLES)('$name has a defined end, whichever request meets it', async (trouble) => {
    clean ??= storyOf(prepared(), {});

    expect(await complaintsOf(await clean, trouble, { prepared: prepared(), world })).toEqual([]);
  });

  test('a conflict that is over when it is planned again does no harm', async () => {
    clean ??= storyOf(prepared(), {});
    const rehearsals = requestsOf(await clean).filter(({ stage, dryRun }) => stage === 'plan' && dryRun);
    const how: Failing = { kind: 'status', status: 409, reason: 'Conflict' };

    const plans = await inTurns(rehearsals, async ({ stage, method, path, dryRun }) => {
      const { plan } = await storyOf(prepared(), { fail: { stage, method, path, dryRun, how, once: true } });
      return plan;
    });

    expect(plans).toMatchObject(rehearsals.map(() => ({ kind: 'answer', answer: { kind: 'planned' } })));
  });
});
