import { expect, test } from '@jest/globals';
import { complaintsOf, type Trouble } from './complaints.ts';
import { describeWorlds } from './prepared.ts';
import { isWrite } from './sessions.ts';
import { storyOf } from './story.ts';

const TROUBLES: readonly Trouble[] = [
  { name: 'no answer', how: { kind: 'held' } },
  { name: 'the lost answer of what is done', how: { kind: 'lost' }, of: isWrite },
];

describeWorlds((prepared, _given, world) => {
  test('silence has a defined end, whichever request meets it, and what is done is not done again', async () => {
    const clean = await storyOf(prepared(), {});

    // Both at once: they do little but wait.
    const told = TROUBLES.map((trouble) => complaintsOf(clean, trouble, { prepared: prepared(), world }));
    const complaints = await Promise.all(told);

    expect(complaints.flat()).toEqual([]);
  });
});
