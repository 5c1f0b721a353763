import { describe, expect, test } from '@jest/globals';
import { dueMinute } from '../../../../src/simulator/world/controllers/job.ts';
import { makeApi } from '../../../../src/simulator/api/handle.ts';
import { aBench, aService, aSpec, type Bench } from './harness.ts';

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

describe('a Job that is created through the API', () => {
  interface Runbook {
    readonly annotations?: Readonly<Record<string, string>>;
    readonly spec?: object;
  }

  function aShop({ annotations = {}, spec = {} }: Runbook): Bench {
    const bench = aBench(aSpec([aService({ name: 'web' })]));
    bench.run(10);
    const template = {
      metadata: { annotations },
      spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'shop/tidy:1.0.0' }] },
    };
    const body = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'tidy', namespace: 'shop' },
      spec: { backoffLimit: 0, template, ...spec },
    };
    const path = '/apis/batch/v1/namespaces/shop/jobs';
    expect(makeApi({ store: bench.store })({ method: 'POST', path, body: JSON.stringify(body) })).toMatchObject({
      status: 201,
    });
    return bench;
  }

  const ended = (bench: Bench): object => bench.get('jobs', 'tidy').status ?? {};

  test.each([
    { name: 'without a word, soon and well', annotations: {}, seconds: 20, type: 'Complete' },
    {
      name: 'after the time that it is to take',
      annotations: { 'simulator.autoheal.io/runs-seconds': '40' },
      seconds: 55,
      type: 'Complete',
    },
    {
      name: 'with the code that it is to end with',
      annotations: { 'simulator.autoheal.io/runs-seconds': '2', 'simulator.autoheal.io/exit-code': '3' },
      seconds: 20,
      type: 'Failed',
    },
  ])('ends $name', ({ annotations, seconds, type }) => {
    const bench = aShop({ annotations });

    bench.run(seconds);

    expect(ended(bench)).toMatchObject({ conditions: [{ type, status: 'True' }] });
  });

  test('runs until then', () => {
    const bench = aShop({ annotations: { 'simulator.autoheal.io/runs-seconds': '40' } });

    bench.run(30);

    expect(ended(bench)).toMatchObject({ active: 1 });
    expect(ended(bench)).not.toHaveProperty('conditions');
  });

  test('that takes too long is ended', () => {
    const bench = aShop({
      annotations: { 'simulator.autoheal.io/runs-seconds': '600' },
      spec: { activeDeadlineSeconds: 20 },
    });

    bench.run(40);

    expect(ended(bench)).toMatchObject({ conditions: [{ type: 'Failed', reason: 'DeadlineExceeded' }] });
    expect(bench.all('pods').filter(({ metadata }) => metadata.name.startsWith('tidy-'))).toEqual([]);
  });

  test('goes after its time to live, with its pods', () => {
    const bench = aShop({ spec: { ttlSecondsAfterFinished: 30 } });

    bench.run(60);

    expect(bench.all('jobs')).toEqual([]);
    expect(bench.all('pods').filter(({ metadata }) => metadata.name.startsWith('tidy-'))).toEqual([]);
  });

  test('that is a runbook for a fault takes it away when it completes', () => {
    const bench = aShop({
      annotations: {
        'simulator.autoheal.io/runs-seconds': '20',
        'simulator.autoheal.io/clears': 'crash-on-poison',
      },
    });
    bench.world.inject({ id: 'f', kind: 'crash-on-poison', target: { namespace: 'shop', service: 'web' } });
    bench.world.inject({ id: 'g', kind: 'overload', target: { namespace: 'shop', service: 'web' } });

    bench.run(15);
    const during = bench.world.truth().map(({ fault }) => fault.id);
    bench.run(20);

    expect(during).toEqual(['f', 'g']);
    expect(bench.world.truth().map(({ fault }) => fault.id)).toEqual(['g']);
  });
});
