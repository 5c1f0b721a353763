import { Document, isMap, isScalar, parse, parseDocument, visit } from 'yaml';
import { ruleFiles, textOf } from '../rules/shipped.ts';

/** Where the parts of a stack that runs on one machine are to be found: `host:port`. */
export interface Addresses {
  readonly autoheal: string;
  readonly alertmanager: string;
  readonly simulator: string;
}

/**
 * By how much the shipped rules are made faster for a suite that runs in real time: 2 minutes become 20 seconds. Every
 * duration of the rules can be divided by it without a remainder.
 */
export const COMPRESSION = 6;

const SECONDS = { s: 1, m: 60, h: 3600 } as const;
/** Durations that stand in PromQL: ranges and offsets. */
const RANGE = /(\[|offset )(\d+[smh])/g;

/** The shipped rules of all files in one, only faster: each `for` and each range is divided by the factor. */
export function compressedRules(factor: number = COMPRESSION): string {
  const rules = new Document({ groups: shippedGroups() }, { aliasDuplicateObjects: false });
  const shorterRange = (_: string, before: string, range: string): string => before + shorter(range, factor);
  visit(rules, {
    Pair(_, { key, value }) {
      if (!isScalar(key) || !isScalar(value) || typeof value.value !== 'string') return;
      const text = value.value;
      if (key.value === 'for') value.value = shorter(text, factor);
      if (key.value === 'expr') value.value = text.replace(RANGE, shorterRange);
    },
  });
  return String(rules);
}

/** The rule groups of every file below `rules/`. */
export function shippedGroups(): readonly unknown[] {
  return ruleFiles().flatMap((file) => {
    // The files are ours; promtool checks their shape.
    const { groups } = parse(textOf(`rules/${file}`)) as { readonly groups: readonly unknown[] };
    return groups;
  });
}

/** @throws Error when the result is not a whole number of seconds: the rules would mean something else. */
function shorter(duration: string, factor: number): string {
  const [, count = '', unit = ''] = /^(\d+)([smh])$/.exec(duration) ?? [];
  if (unit !== 's' && unit !== 'm' && unit !== 'h') throw new Error(`not a duration of one unit: ${duration}`);
  const seconds = (Number(count) * SECONDS[unit]) / factor;
  if (!Number.isInteger(seconds)) throw new Error(`${duration} cannot be divided by ${factor}`);
  return `${seconds}s`;
}

/** The shipped route and receiver, with this address, a bearer token, and hardly any waiting. */
export function fastAlertmanager(at: Pick<Addresses, 'autoheal'>, tokenFile: string): string {
  const config = parseDocument(textOf('alertmanager/alertmanager.yml'));
  const webhook = ['receivers', indexOf(config, 'receivers', 'autoheal'), 'webhook_configs', 0];
  config.setIn([...webhook, 'url'], `http://${at.autoheal}/alert`);
  config.setIn([...webhook, 'http_config'], config.createNode({ authorization: { credentials_file: tokenFile } }));
  config.setIn(['route', 'routes', 0, 'group_wait'], '1s');
  config.setIn(['route', 'routes', 0, 'group_interval'], '2s');
  return String(config);
}

/** The shipped configuration, with these addresses and rules, and a look every second. */
export function fastPrometheus(at: Addresses, ruleFile: string): string {
  const config = parseDocument(textOf('prometheus/prometheus.yml'));
  config.setIn(['global', 'scrape_interval'], '1s');
  config.setIn(['global', 'scrape_timeout'], '1s');
  config.setIn(['global', 'evaluation_interval'], '1s');
  config.setIn(['rule_files', 0], ruleFile);
  config.setIn(['alerting', 'alertmanagers', 0, 'static_configs', 0, 'targets', 0], at.alertmanager);
  for (const job of ['simulator', 'autoheal'] as const) {
    const index = indexOf(config, 'scrape_configs', job);
    config.setIn(['scrape_configs', index, 'static_configs', 0, 'targets', 0], at[job]);
  }
  return String(config);
}

/** The place of the entry with a name in a list of the configuration. */
function indexOf(config: Document, list: string, name: string): number {
  const entries = config.get(list);
  const items = typeof entries === 'object' && entries !== null && 'items' in entries ? entries.items : [];
  const index = Array.isArray(items)
    ? items.findIndex((item) => isMap(item) && [item.get('name'), item.get('job_name')].includes(name))
    : -1;
  if (index < 0) throw new Error(`${list} has no ${name}`);
  return index;
}
