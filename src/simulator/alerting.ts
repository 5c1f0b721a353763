import type { Alert } from '../domain/alert.ts';
import type { AlertSource } from '../ports/alerts.ts';
import { holdings, type Holding } from './alerting/conditions.ts';
import { fingerprint } from './alerting/fingerprint.ts';
import { makeGroups, type Flush } from './alerting/groups.ts';
import type { World } from './world/world.ts';

export interface SimAlertingDeps {
  readonly world: Pick<World, 'view' | 'signals'>;
  /**
   * Posts one webhook body. Rejects when it was not taken; a rejection whose `retryable` is false (a 4xx) is not tried again
   * before the next group interval. Has to end by itself: nothing here cuts it off.
   */
  readonly postAlert: (body: object) => Promise<void>;
  /** Simulated epoch milliseconds. */
  readonly now: () => number;
  /** Simulated seconds; 5, 15 and four hours when left out. */
  readonly groupWaitSeconds?: number;
  readonly groupIntervalSeconds?: number;
  readonly repeatIntervalSeconds?: number;
  /** Simulated seconds between two evaluations of the rules; each tick is one when left out. */
  readonly evaluateEverySeconds?: number;
}

/** Prometheus' rules and Alertmanager's grouping in one, for machines that have neither. */
export interface SimAlerting {
  /** Evaluates every rule where that is due, and sends what is due. Resolves when all that was sent is answered; never rejects. */
  tick(): Promise<void>;
  /** The alerts that fire now. */
  firing(): readonly Alert[];
  /** The present alerts as Alertmanager's API would show them. */
  readonly source: AlertSource;
}

interface Tracked {
  readonly holding: Holding;
  readonly since: number;
  lastSeen: number;
  alert: Alert | undefined;
}

/** Waits before the second, third, ... try of one flush. Simulated milliseconds. */
const RETRY_WAITS_MS = [1_000, 2_000, 4_000];

interface Retry {
  readonly flush: Flush;
  readonly at: number;
  readonly tries: number;
  readonly key: string;
}

export function makeSimAlerting(deps: SimAlertingDeps): SimAlerting {
  const { now } = deps;
  const groups = makeGroups({
    now,
    timings: {
      waitMs: (deps.groupWaitSeconds ?? 5) * 1_000,
      intervalMs: (deps.groupIntervalSeconds ?? 15) * 1_000,
      repeatMs: (deps.repeatIntervalSeconds ?? 14_400) * 1_000,
    },
  });
  const tracked = new Map<string, Tracked>();
  const retries = new Map<string, Retry>();
  const inFlight = new Set<string>();
  const evaluateEveryMs = (deps.evaluateEverySeconds ?? 0) * 1_000;
  let evaluateAt = 0;

  function evaluate(): void {
    if (now() < evaluateAt) return;
    evaluateAt = now() + evaluateEveryMs;
    for (const holding of holdings({ view: deps.world.view, signals: deps.world.signals })) {
      const labels = labelsOf(holding);
      const key = fingerprint(labels);
      const known = tracked.get(key);
      if (known === undefined) {
        tracked.set(key, { holding, since: now(), lastSeen: now(), alert: undefined });
      } else {
        known.lastSeen = now();
      }
    }
    for (const [key, state] of tracked) {
      judge(key, state);
    }
  }

  function judge(key: string, state: Tracked): void {
    const { rule } = state.holding;
    if (now() - state.lastSeen > rule.lookbackSeconds * 1_000) {
      tracked.delete(key);
      if (state.alert !== undefined) {
        groups.put({ ...state.alert, status: 'resolved', endsAt: now() });
      }
    } else if (state.alert === undefined && now() - state.since >= rule.forSeconds * 1_000) {
      state.alert = alertOf(key, state.holding, now());
      groups.put(state.alert);
    }
  }

  async function send(flush: Flush, tries: number): Promise<void> {
    const key = flush.body.groupKey;
    retries.delete(key);
    inFlight.add(key);
    try {
      await deps.postAlert(flush.body);
      flush.delivered();
    } catch (error) {
      const wait = RETRY_WAITS_MS[tries];
      if (wait !== undefined && isRetryable(error)) {
        retries.set(key, { flush, at: now() + wait, tries: tries + 1, key });
      }
    } finally {
      inFlight.delete(key);
    }
  }

  return {
    async tick() {
      evaluate();
      const due = groups.due().filter((flush) => !inFlight.has(flush.body.groupKey));
      const fresh = new Set(due.map((flush) => flush.body.groupKey));
      const again = [...retries.values()].filter(
        (retry) => !fresh.has(retry.key) && !inFlight.has(retry.key) && now() >= retry.at,
      );
      await Promise.all([
        ...due.map((flush) => send(flush, 0)),
        ...again.map((retry) => send(retry.flush, retry.tries)),
      ]);
    },
    firing: () => [...tracked.values()].map((state) => state.alert).filter((alert) => alert !== undefined),
    source: {
      // Prometheus sends a resolved alert for a while; Alertmanager's API shows only what is active.
      current: (fingerprints) =>
        Promise.resolve(
          fingerprints
            .map((each) => tracked.get(each)?.alert)
            .filter((alert) => alert !== undefined)
            .map((alert) => ({ ...alert, silencedBy: [], inhibitedBy: [] })),
        ),
    },
  };
}

function labelsOf({ rule, labels }: Holding): Readonly<Record<string, string>> {
  const ours = rule.alertname.startsWith('AutoHeal') ? { autoheal: 'true' } : {};
  return { alertname: rule.alertname, ...labels, severity: rule.severity, ...ours };
}

function alertOf(key: string, holding: Holding, startsAt: number): Alert {
  return {
    fingerprint: key,
    status: 'firing',
    labels: labelsOf(holding),
    annotations: { summary: holding.summary },
    startsAt,
    generatorURL: `http://simulator.invalid/graph?g0.expr=${encodeURIComponent(holding.rule.alertname)}`,
  };
}

function isRetryable(error: unknown): boolean {
  return !(typeof error === 'object' && error !== null && 'retryable' in error && error.retryable === false);
}
