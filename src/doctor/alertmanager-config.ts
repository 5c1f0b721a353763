import { parse } from 'yaml';

/** A webhook of a receiver. Its address is a secret, which Alertmanager does not show. */
export interface WebhookSetup {
  readonly sendResolved: boolean;
  /** 0 for all. */
  readonly maxAlerts: number;
}

/** The webhooks of each receiver by its name. */
export type Receivers = ReadonlyMap<string, readonly WebhookSetup[]>;

/**
 * The receivers of an Alertmanager's configuration, as its status shows it; undefined for a text that is none. Defaults are
 * those of Alertmanager's `webhook_config`.
 */
export function receiversOf(config: string): Receivers | undefined {
  let value: unknown;
  try {
    value = parse(config, { maxAliasCount: 100 });
  } catch {
    return undefined;
  }
  const entries = fieldOf(value, 'receivers');
  if (!Array.isArray(entries)) return undefined;
  return new Map(
    entries.map((entry: unknown) => {
      const webhooks = fieldOf(entry, 'webhook_configs');
      return [String(fieldOf(entry, 'name')), Array.isArray(webhooks) ? webhooks.map(webhookOf) : []];
    }),
  );
}

function webhookOf(webhook: unknown): WebhookSetup {
  const maxAlerts = fieldOf(webhook, 'max_alerts');
  return {
    sendResolved: fieldOf(webhook, 'send_resolved') !== false,
    maxAlerts: typeof maxAlerts === 'number' ? maxAlerts : 0,
  };
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}
