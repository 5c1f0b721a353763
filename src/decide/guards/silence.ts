import type { Refusal } from '../../domain/remedy.ts';
import type { AlertSource } from '../../ports/alerts.ts';
import type { Guard } from '../guard.ts';

/**
 * A guard that asks Alertmanager how the incident's alerts stand right now. Silenced means that somebody is at work there;
 * inhibited, that something else is to blame. Without an Alertmanager to ask it passes.
 */
export function silence(alerts: AlertSource | undefined): Guard {
  return async function alertsAreNotMuted({ incident }): Promise<Refusal | undefined> {
    if (alerts === undefined) return undefined;
    const firing = incident.alerts.filter((alert) => alert.status === 'firing').map((alert) => alert.fingerprint);
    if (firing.length === 0) return undefined;
    const current = await alerts.current(firing);
    const silenced = current.find((alert) => alert.silencedBy.length > 0);
    if (silenced !== undefined)
      return { code: 'silenced', why: `alert ${silenced.fingerprint} is silenced: somebody is at it` };
    const inhibited = current.find((alert) => alert.inhibitedBy.length > 0);
    if (inhibited !== undefined) {
      return { code: 'silenced', why: `alert ${inhibited.fingerprint} is inhibited: another alert is the cause` };
    }
    const fires = current.some((alert) => alert.status === 'firing');
    return fires
      ? undefined
      : { code: 'resolved', why: 'Alertmanager does not hold the alerts any more: they are over' };
  };
}
