import { describe, expect, test } from '@jest/globals';
import { AutoHealError } from '../../../src/domain/errors.ts';
import { examine } from '../../../src/doctor/examine.ts';
import { fail, ok, type Check, type Finding } from '../../../src/doctor/finding.ts';
import { aConfig, aPatient } from '../../builders/patient.ts';
import { makeVirtualClock } from '../../fakes/virtual-clock.ts';

const NIGHT = Date.UTC(2026, 10, 21, 3);

function check(name: string, run: Check['run'], more: Partial<Check> = {}): Check {
  return { name, timeoutMs: () => 10_000, run, ...more };
}

async function examined(checks: readonly Check[], ms = 0): Promise<readonly Finding[]> {
  const clock = makeVirtualClock(NIGHT);
  const patient = aPatient(aConfig(), {}, { clock });
  const all = examine(patient, { checks, redact: (text) => text.replaceAll('hunter2', '***'), tell: () => undefined });
  await clock.advance(ms);
  return all;
}

const WELL = check('well', async () => [ok('well', 'it is')]);

describe('examine', () => {
  test('a check that throws has failed, with advice, and the next one is run', async () => {
    const unreachable = new AutoHealError('PORT_UNREACHABLE', 'slack: ECONNREFUSED');
    const findings = await examined([check('ill', () => Promise.reject(unreachable)), WELL]);

    expect(findings).toEqual([
      {
        name: 'ill',
        state: 'fail',
        message: 'slack: ECONNREFUSED',
        remedy: 'check the address, the name server, and the network policies between here and there',
      },
      { name: 'well', state: 'ok', message: 'it is' },
    ]);
  });

  test('an error that nobody expected is called a bug', async () => {
    const findings = await examined([check('ill', () => Promise.reject(new TypeError('x is not a function')))]);

    expect(findings).toMatchObject([{ state: 'fail', remedy: expect.stringContaining('bug of the doctor') }]);
  });

  test('a check that never ends has failed when its time is over, is told to stop, and stops no other', async () => {
    let stopped = false;
    const hangs = check('hangs', (_patient, signal) => {
      signal.addEventListener('abort', () => (stopped = true));
      return new Promise(() => undefined);
    });

    const findings = await examined([hangs, WELL], 10_000);

    expect(findings.map(({ name, state }) => `${state} ${name}`)).toEqual(['fail hangs', 'ok well']);
    expect(findings[0]?.message).toBe('there was no answer within 10 s');
    expect(stopped).toBe(true);
  });

  test('what needs a check that failed is skipped; what needs one that was not run is run', async () => {
    const failing = check('prometheus', async () => [fail('prometheus', 'away', 'start it')]);
    const needing = { ...WELL, needs: 'prometheus' };

    const after = await examined([failing, needing]);
    const alone = await examined([needing]);

    expect(after[1]).toEqual({ name: 'well', state: 'skipped', message: 'needs prometheus' });
    expect(alone[0]?.state).toBe('ok');
  });

  test('a finding is one line without secrets and without control characters', async () => {
    const hostile = check('hostile', async () => [fail('hostile', 'a\u001b[31m\nb hunter2', 'say hunter2\nnever')]);

    const [finding] = await examined([hostile]);

    expect(finding).toEqual({ name: 'hostile', state: 'fail', message: 'a b ***', remedy: 'say *** never' });
  });
});
