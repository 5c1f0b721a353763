import { DOCTOR_ALERTNAME, DOCTOR_LABEL } from '../../domain/doctor.ts';
import { errorText } from '../../domain/errors.ts';
import { receiversOf } from '../alertmanager-config.ts';
import { openDesk } from '../desk.ts';
import { fail, notConfigured, skipped, type Check, type Finding, type Patient, type Desk } from '../finding.ts';
import { routeFindings } from '../route-text.ts';
import { watchRoute } from '../route-watch.ts';
import { shownUrl } from '../secrets.ts';
import { alertmanagerOf } from './alertmanager.ts';

/** The alert ends by itself after this: nobody has to clean up, whatever becomes of the doctor. */
const LIFE_MS = 60_000;
/** Alerts of which the route knows nothing more; the chart and the shipped route send `autoheal="true"`. */
const MARKS = { autoheal: 'true', severity: 'none' } as const;

/** Whether an alert that is posted to Alertmanager arrives at AutoHeal, and what the way makes of it. */
export const route: Check = {
  name: 'route',
  needs: 'alertmanager',
  timeoutMs: ({ wishes }) => wishes.waitMs + 60_000,
  async run(patient, signal) {
    const { config, wishes } = patient;
    if (config.alertmanager === undefined) return notConfigured('route', 'alertmanager.url');
    if (wishes.send === 'nothing') return [skipped('route', 'left out (--no-send)')];
    const nonce = patient.newNonce();
    const opened = await openDesk(patient, nonce);
    if (opened.kind === 'none') return [opened.finding];
    try {
      return await send(patient, { desk: opened.desk, nonce, settings: config.alertmanager }, signal);
    } finally {
      await opened.desk.close();
    }
  },
};

async function send(
  patient: Patient,
  by: {
    readonly desk: Desk;
    readonly nonce: string;
    readonly settings: NonNullable<Patient['config']['alertmanager']>;
  },
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { config, clock, wishes, say } = patient;
  const { desk, nonce, settings } = by;
  const alertmanager = alertmanagerOf(settings);
  const { waitMs } = wishes;
  const labels = {
    ...MARKS,
    namespace: config.self.namespace ?? 'autoheal',
    ...wishes.labels,
    alertname: DOCTOR_ALERTNAME,
    [DOCTOR_LABEL]: nonce,
  };
  const summary = 'A test by `autoheal doctor`: nothing is wrong, and it ends by itself.';
  try {
    const before = await desk.read();
    const failedBefore = await alertmanager.failedWebhooks();
    const receivers = receiversOf((await alertmanager.status()).config);
    const postedAt = clock.now();
    await alertmanager.post({ labels, annotations: { summary }, startsAt: postedAt, endsAt: postedAt + LIFE_MS });
    const seconds = Math.round(waitMs / 1000);
    say(`an alert was posted to ${shownUrl(settings.url)}; waiting up to ${seconds} s for it at ${desk.where}`);
    const watch = { nonce, desk, alertmanager, before, failedBefore, receivers, clock, waitMs, signal };
    return routeFindings(await watchRoute(watch), { labels, postedAt, waitMs, where: desk.where });
  } catch (error) {
    const todo = 'get the check alertmanager to pass first, and keep the service running meanwhile';
    return [fail('route', errorText(error), todo)];
  }
}
