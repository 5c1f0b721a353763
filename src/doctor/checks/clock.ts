import { errorText } from '../../domain/errors.ts';
import { ok, skipped, warn, type Check, type Finding, type Patient } from '../finding.ts';
import { kubernetesOf } from './kubernetes.ts';
import { prometheusOf } from './prometheus.ts';

const MOST_SKEW_MS = 5_000;

/** Whether this machine's clock agrees with those of the cluster: ages of evidence and of alerts are told by them. */
export const clocks: Check = {
  name: 'clock',
  timeoutMs: () => 30_000,
  async run(patient) {
    const { prometheus } = patient.config;
    return [
      await skewOf(patient, 'kubernetes', async () => (await kubernetesOf(patient).version()).now),
      ...(prometheus === undefined
        ? [skipped('clock/prometheus', 'not configured (prometheus.url)')]
        : [await skewOf(patient, 'prometheus', () => prometheusOf(prometheus).now())]),
    ];
  },
};

async function skewOf({ clock }: Patient, whose: string, ask: () => Promise<number | undefined>): Promise<Finding> {
  const name = `clock/${whose}`;
  const before = clock.now();
  try {
    const theirs = await ask();
    if (theirs === undefined) return skipped(name, 'it does not say what time it is');
    // Somewhere between asking and the answer it looked at its clock.
    const skew = theirs < before ? theirs - before : Math.max(0, theirs - clock.now());
    return skewFinding(name, skew);
  } catch (error) {
    return skipped(name, `it could not be asked: ${errorText(error)}`);
  }
}

/** @param skew - milliseconds that the other clock is ahead of this one. */
export function skewFinding(name: string, skew: number): Finding {
  const seconds = Math.round(Math.abs(skew) / 100) / 10;
  if (Math.abs(skew) <= MOST_SKEW_MS) return ok(name, `its clock and this one are ${seconds} s apart`);
  const message = `its clock is ${seconds} s ${skew > 0 ? 'ahead of' : 'behind'} this one`;
  return warn(name, message, 'set both by NTP: evidence may count as stale, and alerts as not yet begun');
}
