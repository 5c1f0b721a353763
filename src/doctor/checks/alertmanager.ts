import { makeAlertmanagerExaminer, type AlertmanagerExaminer } from '../../adapters/alertmanager-examine.ts';
import type { Config } from '../../config/config.ts';
import { errorText } from '../../domain/errors.ts';
import { receiversOf } from '../alertmanager-config.ts';
import { fail, notConfigured, ok, warn, type Check, type Finding } from '../finding.ts';
import { shownUrl } from '../secrets.ts';

export function alertmanagerOf(alertmanager: NonNullable<Config['alertmanager']>): AlertmanagerExaminer {
  return makeAlertmanagerExaminer({ ...alertmanager, timeoutMs: Math.max(alertmanager.timeoutMs, 5_000) });
}

/** Whether Alertmanager answers, and whether it could tell a webhook at all. */
export const alertmanager: Check = {
  name: 'alertmanager',
  timeoutMs: () => 20_000,
  async run({ config }) {
    if (config.alertmanager === undefined) return notConfigured('alertmanager', 'alertmanager.url');
    const where = shownUrl(config.alertmanager.url);
    try {
      const { version, cluster, peers, config: text } = await alertmanagerOf(config.alertmanager).status();
      const members = cluster === 'disabled' ? 'not clustered' : `cluster ${cluster} with ${peers} members`;
      return [
        cluster === 'settling'
          ? warn('alertmanager', `${version} at ${where}; ${members}`, 'wait until its members have found each other')
          : ok('alertmanager', `${version} at ${where}; ${members}`),
        ...withoutWebhook(text),
      ];
    } catch (error) {
      const todo =
        'check alertmanager.url and alertmanager.headers, and the network policies between AutoHeal and Alertmanager';
      return [fail('alertmanager', `${where}: ${errorText(error)}`, todo)];
    }
  },
};

function withoutWebhook(config: string): readonly Finding[] {
  const receivers = receiversOf(config);
  if (receivers === undefined || [...receivers.values()].some((webhooks) => webhooks.length > 0)) return [];
  const todo = 'merge the receiver and the route of alertmanager/alertmanager.yml into its configuration';
  return [fail('alertmanager/receivers', 'no receiver has a webhook: nothing can reach AutoHeal', todo)];
}
