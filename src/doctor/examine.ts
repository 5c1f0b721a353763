import { cleanLine } from '../domain/clean-text.ts';
import { AutoHealError, errorText, type ErrorCode } from '../domain/errors.ts';
import { fail, skipped, type Check, type Finding, type Patient } from './finding.ts';

const LONGEST_MESSAGE = 2_000;

/**
 * Runs the checks one after the other and tells each finding as it comes. Never throws: a check that throws, or that takes
 * longer than it may, has failed, and the next one is run.
 *
 * @param redact - takes the secrets out of a text.
 */
export async function examine(
  patient: Patient,
  how: {
    readonly checks: readonly Check[];
    readonly redact: (text: string) => string;
    readonly tell: (finding: Finding) => void;
  },
): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const check of how.checks) {
    const lost = found.some(({ name, state }) => name === check.needs && state === 'fail');
    const outcome = lost ? [skipped(check.name, `needs ${check.needs}`)] : await outcomeOf(check, patient);
    for (const finding of outcome) {
      const shown = presentable(finding, how.redact);
      found.push(shown);
      how.tell(shown);
    }
  }
  return found;
}

async function outcomeOf(check: Check, patient: Patient): Promise<readonly Finding[]> {
  const timeoutMs = check.timeoutMs(patient);
  const stopping = new AbortController();
  const late = patient.clock.sleep(timeoutMs, stopping.signal).then((): readonly Finding[] => {
    const message = `there was no answer within ${Math.round(timeoutMs / 1000)} s`;
    return [fail(check.name, message, 'see whether the other side is overloaded, or a firewall swallows the requests')];
  });
  try {
    return await Promise.race([check.run(patient, stopping.signal), late]);
  } catch (error) {
    return [fail(check.name, errorText(error), adviceFor(error))];
  } finally {
    stopping.abort();
  }
}

/** What to do about an error that the check itself had no better word for. */
function adviceFor(error: unknown): string {
  if (!(error instanceof AutoHealError)) return 'this is a bug of the doctor: report it with this line';
  return ADVICE[error.code] ?? 'correct the configuration';
}

const OTHER_SIDE = 'look at the log of the other side';
const ADVICE: Readonly<Partial<Record<ErrorCode, string>>> = {
  PORT_UNREACHABLE: 'check the address, the name server, and the network policies between here and there',
  PORT_TIMEOUT: 'check the address and the network policies, or raise timeoutMs of this part of the configuration',
  PORT_AUTH: 'check the credentials of this part of the configuration',
  PORT_CLIENT: 'check the address: something else seems to answer there',
  PORT_SERVER: OTHER_SIDE,
  PORT_RATE_LIMITED: OTHER_SIDE,
};

function presentable(finding: Finding, redact: (text: string) => string): Finding {
  const line = (text: string): string => cleanLine(redact(text), LONGEST_MESSAGE);
  const { name, state, message, remedy } = finding;
  return { name: line(name), state, message: line(message), ...(remedy === undefined ? {} : { remedy: line(remedy) }) };
}
