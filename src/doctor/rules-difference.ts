import type { LoadedGroup } from '../adapters/prometheus/examine.ts';
import type { ShippedGroup } from './shipped-rules.ts';

/** What of the shipped rules Prometheus lacks or cannot evaluate. */
export interface RulesDifference {
  readonly missingGroups: readonly ShippedGroup[];
  /** Alerts and records that are missing from groups that are there. */
  readonly missingRules: readonly {
    readonly file: string;
    readonly group: string;
    readonly names: readonly string[];
  }[];
  readonly broken: readonly { readonly group: string; readonly name: string; readonly error: string }[];
}

/** Holds what is loaded against what is shipped. Groups of one name in several files count together. Pure. */
export function compareRules(shipped: readonly ShippedGroup[], loaded: readonly LoadedGroup[]): RulesDifference {
  const rulesOf = (group: string): LoadedGroup['rules'] =>
    loaded.filter(({ name }) => name === group).flatMap(({ rules }) => rules);
  const isLoaded = ({ group }: ShippedGroup): boolean => loaded.some(({ name }) => name === group);
  const there = shipped.filter(isLoaded);
  return {
    missingGroups: shipped.filter((each) => !isLoaded(each)),
    missingRules: there.flatMap(({ file, group, alerts, records }) => {
      const known = new Set(rulesOf(group).map(({ name }) => name));
      const names = [...alerts, ...records].filter((name) => !known.has(name));
      return names.length === 0 ? [] : [{ file, group, names }];
    }),
    broken: there.flatMap(({ group }) =>
      rulesOf(group)
        .filter(({ health }) => health === 'err')
        .map(({ name, lastError }) => ({ group, name, error: lastError })),
    ),
  };
}
