import { describe, expect, test } from '@jest/globals';
import { dueMinute } from '../../../../src/simulator/world/controllers/job.ts';
import { aBench, aSpec } from './harness.ts';

const AT = Date.parse('2026-11-21T10:23:45Z');

describe('a schedule', () => {
  test.each([
    { name: 'every minute', schedule: '* * * * *', due: '2026-11-21T10:23:00.000Z' },
    { name: 'every ten minutes', schedule: '*/10 * * * *', due: '2026-11-21T10:20:00.000Z' },
    { name: 'a minute of the hour that has passed', schedule: '15 * * * *', due: '2026-11-21T10:15:00.000Z' },
    { name: 'a minute of the hour that is to come', schedule: '30 * * * *', due: '2026-11-21T09:30:00.000Z' },
    { name: 'days are not understood', schedule: '0 3 * * 1', due: undefined },
    { name: 'a minute that does not exist', schedule: '75 * * * *', due: undefined },
    { name: 'no step', schedule: '*/0 * * * *', due: undefined },
    { name: 'nothing', schedule: '', due: undefined },
  ])('$name', ({ schedule, due }) => {
    const found = dueMinute(schedule, AT);

    expect(found === undefined ? undefined : new Date(found).toISOString()).toBe(due);
  });
});

describe('a CronJob', () => {
  const cron = { namespace: 'shop', name: 'tidy', schedule: '*/2 * * * *', image: 'shop/tidy:1.0.0', runsSeconds: 5 };

  test('starts a Job when it is due, which completes, and keeps the last three', () => {
    const bench = aBench(aSpec([], { crons: [cron] }));

    bench.run(600);

    const done = bench.all('jobs').filter((job) => job.status?.succeeded === 1);
    expect(done).toHaveLength(3);
    expect(done[0]?.status?.conditions?.[0]).toMatchObject({
      type: 'Complete',
      status: 'True',
      reason: 'CompletionsReached',
    });
    expect(bench.pods('tidy').map((pod) => pod.status?.phase)).toContain('Succeeded');
  });

  test('whose process fails ends after its back-off limit, with every failed pod kept', () => {
    const bench = aBench(aSpec([], { crons: [{ ...cron, schedule: '59 * * * *', exitCode: 3 }] }));
    bench.run(1);
    bench.store.update('cronjobs', {
      ...bench.get('cronjobs', 'tidy'),
      status: { lastScheduleTime: '2026-11-21T08:00:00Z' },
    });

    bench.run(60);

    const [job] = bench.all('jobs');
    expect(job?.status).toMatchObject({ failed: 3, conditions: [{ type: 'Failed', reason: 'BackoffLimitExceeded' }] });
    expect(bench.pods('tidy').map((pod) => pod.status?.containerStatuses?.[0]?.state?.terminated?.exitCode)).toEqual([
      3, 3, 3,
    ]);
  });

  test('that is suspended starts nothing', () => {
    const bench = aBench(aSpec([], { crons: [cron] }));
    bench.patch('cronjobs', 'tidy', { suspend: true });

    bench.run(300);

    expect(bench.all('jobs')).toEqual([]);
  });
});
