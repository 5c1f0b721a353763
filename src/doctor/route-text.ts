import type { DoctorArrival } from '../domain/doctor.ts';
import type { RoutedAlert } from '../adapters/alertmanager-examine.ts';
import type { Receivers, WebhookSetup } from './alertmanager-config.ts';
import { fail, ok, warn, type Finding } from './finding.ts';
import type { RouteOutcome } from './route-watch.ts';

/** What was sent, for the words about what came of it. */
export interface SentAlert {
  readonly labels: Readonly<Record<string, string>>;
  /** Epoch milliseconds. */
  readonly postedAt: number;
  readonly waitMs: number;
  /** Where it was expected. */
  readonly where: string;
}

/** The findings about the way of the doctor's alert. Pure. */
export function routeFindings(outcome: RouteOutcome, sent: SentAlert): readonly Finding[] {
  switch (outcome.kind) {
    case 'arrived':
      return arrivedFindings(outcome.arrival, outcome.receivers, sent);
    case 'suppressed':
      return [suppressed(outcome.routed)];
    case 'no-webhook':
      return [noWebhook(outcome.routed, sent)];
    case 'refused':
      return [refused(outcome.status, outcome.count, sent)];
    case 'missed':
      return [missed(outcome, sent)];
  }
}

function arrivedFindings(
  arrival: DoctorArrival,
  receivers: Receivers | undefined,
  sent: SentAlert,
): readonly Finding[] {
  const seconds = Math.max(0, Math.round((arrival.at - sent.postedAt) / 100) / 10);
  const { receiver, groupKey, alerts } = arrival;
  const message = `the alert arrived at ${sent.where} after ${seconds} s: receiver ${receiver}, group ${groupKey}, ${alerts} in the webhook`;
  return [
    ok('route', message),
    ...labelFindings(arrival.labels, sent.labels),
    ...(arrival.alerts > 1 ? [mixed(arrival)] : []),
    ...(arrival.truncatedAlerts > 0 ? [truncated(arrival.truncatedAlerts)] : []),
    ...setupFindings(receivers?.get(receiver) ?? [], receiver),
  ];
}

function labelFindings(came: DoctorArrival['labels'], sent: SentAlert['labels']): readonly Finding[] {
  const lost = Object.entries(sent).filter(([name, value]) => came[name] !== value);
  const added = Object.keys(came).filter((name) => sent[name] === undefined);
  const found: Finding[] = [];
  if (lost.length > 0) {
    const names = lost.map(([name]) => name).join(', ');
    const todo =
      'look for a proxy or a template between Alertmanager and AutoHeal: the owner of an alert is found by its labels';
    found.push(fail('route/labels', `on the way it lost or changed ${names}`, todo));
  }
  if (added.length > 0) {
    const todo = 'see who adds them; that is harmless as long as they name no pod or workload';
    found.push(warn('route/labels', `on the way it gained ${added.join(', ')}`, todo));
  }
  return found.length > 0 ? found : [ok('route/labels', 'its labels came as they were sent')];
}

function mixed({ alerts, groupKey }: DoctorArrival): Finding {
  const todo =
    'group the route of AutoHeal by [cluster, namespace, alertname]: in large groups each change sends all alerts again';
  return warn('route/group', `the group ${groupKey} mixes it with ${alerts - 1} other alerts`, todo);
}

function truncated(count: number): Finding {
  return fail(
    'route/truncated',
    `${count} alerts were left out of the webhook`,
    'set max_alerts: 0 in webhook_configs',
  );
}

function setupFindings(webhooks: readonly WebhookSetup[], receiver: string): readonly Finding[] {
  if (webhooks.length === 0) return [];
  const limited = webhooks.some(({ maxAlerts }) => maxAlerts > 0);
  const silent = webhooks.some(({ sendResolved }) => !sendResolved);
  return [
    ...(limited
      ? [
          warn(
            'route/truncated',
            `receiver ${receiver} cuts long lists of alerts`,
            'set max_alerts: 0 in webhook_configs',
          ),
        ]
      : []),
    silent
      ? warn(
          'route/resolved',
          `receiver ${receiver} does not tell when alerts end`,
          'set send_resolved: true in webhook_configs: it confirms recoveries and cancels what has not begun',
        )
      : ok('route/resolved', `receiver ${receiver} tells when alerts end`),
  ];
}

function suppressed({ silencedBy, inhibitedBy, mutedBy }: RoutedAlert): Finding {
  if (silencedBy.length > 0) {
    const todo =
      'end that silence if it was not meant for alerts of AutoHeal, or send other labels with --label NAME=VALUE';
    return fail('route', `Alertmanager keeps the alert back: silence ${silencedBy.join(', ')}`, todo);
  }
  if (inhibitedBy.length > 0) {
    const todo = 'see what fires in that namespace, or send other labels with --label NAME=VALUE';
    return fail('route', `Alertmanager keeps the alert back: inhibited by alert ${inhibitedBy.join(', ')}`, todo);
  }
  const todo = 'take mute_time_intervals off the route of AutoHeal: workloads fall ill at night too';
  return fail('route', `Alertmanager keeps the alert back: muted by ${mutedBy.join(', ')}`, todo);
}

function noWebhook({ receivers }: RoutedAlert, { labels }: SentAlert): Finding {
  const message = `no route sends the alert to a webhook: its receivers are ${receivers.join(', ') || 'none'}`;
  const todo = `compare the matchers of the route with the labels of the alert (${labelText(labels)}), and let earlier routes that match continue; with the Prometheus operator set alertmanagerConfigMatcherStrategy to None, or send the namespace that is routed with --label namespace=NAME`;
  return fail('route', message, todo);
}

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'remove the custom payload from webhook_configs: AutoHeal takes what Alertmanager sends by default',
  401: 'give the receiver the token of server.auth: http_config.authorization.credentials_file (in the chart, the Secret with webhook-token), and reload Alertmanager',
  403: 'let Alertmanager post to the service directly, not through a web page or a proxy that adds Origin',
  404: 'end the address of the receiver in /alert',
  413: 'raise server.bodyLimitMiB',
};

function refused(status: number, count: number, { where }: SentAlert): Finding {
  const what = status === 401 ? 'the sender has the wrong token or none' : 'it cannot be taken like this';
  const message = `${where} answered ${count} webhook${count === 1 ? '' : 's'} with ${status}: ${what}`;
  return fail('route', message, REFUSALS[status] ?? 'see the log of AutoHeal');
}

function missed(outcome: Extract<RouteOutcome, { kind: 'missed' }>, { waitMs, where, labels }: SentAlert): Finding {
  const late = `the alert did not arrive at ${where} within ${Math.round(waitMs / 1000)} s`;
  const { routed, failedWebhooks = 0 } = outcome;
  const to = routed === undefined ? '' : `; its receivers are ${routed.receivers.join(', ')}`;
  if (failedWebhooks > 0) {
    const todo = `check the url of the receiver (it must end in /alert), the network policies, and the log of Alertmanager: is it ${where} from there?`;
    return fail(
      'route',
      `${late}; ${failedWebhooks} tries of Alertmanager to reach a webhook failed meanwhile${to}`,
      todo,
    );
  }
  if (routed === undefined) {
    const todo =
      'where several Alertmanagers share one address, ask each of them by its own (alertmanager.url); compare its clock with this one';
    return fail('route', `${late}; Alertmanager does not hold the alert (any more)`, todo);
  }
  const todo = `check that one of these receivers posts to ${where}, that its route groups by alertname (${labelText(labels)}), and that group_wait is below a minute; or wait longer with --timeout`;
  return fail('route', `${late}${to}`, todo);
}

function labelText(labels: SentAlert['labels']): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(', ');
}
