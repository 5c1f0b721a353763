import type { Alert } from '../../domain/alert.ts';

/** What Alertmanager posts. */
export interface WebhookBody {
  readonly version: '4';
  readonly groupKey: string;
  readonly truncatedAlerts: number;
  readonly status: 'firing' | 'resolved';
  readonly receiver: string;
  readonly notification_reason: string;
  readonly groupLabels: Labels;
  readonly commonLabels: Labels;
  readonly commonAnnotations: Labels;
  readonly externalURL: string;
  readonly alerts: readonly object[];
}

type Labels = Readonly<Record<string, string>>;

/** One notification that is due: the whole group as it stands. */
export interface Flush {
  readonly body: WebhookBody;
  /** To be called when the receiver took it: until then the same is sent again at the next interval. */
  delivered(): void;
}

export interface Groups {
  /** Takes an alert as it is now: firing, or resolved. */
  put(alert: Alert): void;
  /** The notifications that are due. */
  due(): readonly Flush[];
}

export interface GroupTimings {
  readonly waitMs: number;
  readonly intervalMs: number;
  readonly repeatMs: number;
}

interface Group {
  readonly labels: Labels;
  readonly alerts: Map<string, Alert>;
  /** What was last delivered: fingerprint -> status. */
  sent: ReadonlyMap<string, Alert['status']>;
  sentAt: number;
  nextFlush: number;
}

/** Grouping by namespace and alertname, as Alertmanager's dispatcher and its notification log do it. */
export function makeGroups(deps: { readonly now: () => number; readonly timings: GroupTimings }): Groups {
  const { now, timings } = deps;
  const groups = new Map<string, Group>();

  function put(alert: Alert): void {
    const labels = groupLabelsOf(alert);
    const key = keyOf(labels);
    const group = groups.get(key);
    if (group !== undefined) {
      group.alerts.set(alert.fingerprint, alert);
    } else if (alert.status === 'firing') {
      const alerts = new Map([[alert.fingerprint, alert]]);
      groups.set(key, {
        labels,
        alerts,
        sent: new Map(),
        sentAt: Number.NEGATIVE_INFINITY,
        nextFlush: now() + timings.waitMs,
      });
    }
  }

  function due(): readonly Flush[] {
    const flushes: Flush[] = [];
    for (const [key, group] of groups) {
      if (now() >= group.nextFlush) {
        group.nextFlush = now() + timings.intervalMs;
        const flush = flushOf(key, group);
        if (flush !== undefined) {
          flushes.push(flush);
        }
      }
    }
    return flushes;
  }

  function flushOf(key: string, group: Group): Flush | undefined {
    forgetUnsentResolved(group);
    if (group.alerts.size === 0) {
      groups.delete(key);
      return undefined;
    }
    const reason = reasonToSend(group, now(), timings.repeatMs);
    if (reason === undefined) {
      return undefined;
    }
    const snapshot = [...group.alerts.values()];
    return {
      body: bodyOf(key, group.labels, { alerts: snapshot, reason }),
      delivered: () => markSent(group, snapshot),
    };
  }

  function markSent(group: Group, snapshot: readonly Alert[]): void {
    group.sent = new Map(snapshot.map((alert) => [alert.fingerprint, alert.status]));
    group.sentAt = now();
    for (const alert of snapshot) {
      // One that fires again meanwhile is another alert object, and stays.
      if (alert.status === 'resolved' && group.alerts.get(alert.fingerprint) === alert) {
        group.alerts.delete(alert.fingerprint);
      }
    }
  }

  return { put, due };
}

/** Somebody who was never told that an alert fires is not told that it is over. */
function forgetUnsentResolved(group: Group): void {
  for (const [fingerprint, alert] of group.alerts) {
    if (alert.status === 'resolved' && group.sent.get(fingerprint) !== 'firing') {
      group.alerts.delete(fingerprint);
    }
  }
}

function reasonToSend(group: Group, now: number, repeatMs: number): string | undefined {
  const alerts = [...group.alerts.values()];
  if (group.sentAt === Number.NEGATIVE_INFINITY) {
    return 'first notification';
  }
  if (alerts.some((alert) => alert.status === 'firing' && group.sent.get(alert.fingerprint) !== 'firing')) {
    return 'new alerts added';
  }
  if (alerts.some((alert) => alert.status === 'resolved')) {
    return alerts.every((alert) => alert.status === 'resolved') ? 'all alerts resolved' : 'some alerts resolved';
  }
  return now - group.sentAt >= repeatMs ? 'repeat interval elapsed' : undefined;
}

function groupLabelsOf(alert: Alert): Labels {
  const { alertname, namespace } = alert.labels;
  return { ...(alertname === undefined ? {} : { alertname }), ...(namespace === undefined ? {} : { namespace }) };
}

function keyOf(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `{}:{${pairs.join(', ')}}`;
}

function bodyOf(
  groupKey: string,
  groupLabels: Labels,
  what: { readonly alerts: readonly Alert[]; readonly reason: string },
): WebhookBody {
  const alerts = [...what.alerts].sort((left, right) => (left.fingerprint < right.fingerprint ? -1 : 1));
  return {
    receiver: 'autoheal',
    status: alerts.some((alert) => alert.status === 'firing') ? 'firing' : 'resolved',
    alerts: alerts.map((alert) => ({
      status: alert.status,
      labels: alert.labels,
      annotations: alert.annotations,
      startsAt: new Date(alert.startsAt).toISOString(),
      endsAt: alert.endsAt === undefined ? '0001-01-01T00:00:00Z' : new Date(alert.endsAt).toISOString(),
      generatorURL: alert.generatorURL,
      fingerprint: alert.fingerprint,
    })),
    notification_reason: what.reason,
    groupLabels,
    commonLabels: common(alerts.map((alert) => alert.labels)),
    commonAnnotations: common(alerts.map((alert) => alert.annotations)),
    externalURL: 'http://simulator.invalid',
    version: '4',
    groupKey,
    truncatedAlerts: 0,
  };
}

function common(all: readonly Labels[]): Labels {
  const [first, ...rest] = all;
  return Object.fromEntries(
    Object.entries(first ?? {}).filter(([name, value]) => rest.every((labels) => labels[name] === value)),
  );
}
