import { prometheusOf } from './prometheus.ts';
import { fail, notConfigured, ok, skipped, warn, type Check } from '../finding.ts';
import { compareRules, type RulesDifference } from '../rules-difference.ts';
import { shippedGroups } from '../shipped-rules.ts';

/** Whether Prometheus has the shipped rules, and whether they can be evaluated. */
export const rules: Check = {
  name: 'rules',
  needs: 'prometheus',
  timeoutMs: () => 30_000,
  async run({ config }) {
    if (config.prometheus === undefined) return notConfigured('rules', 'prometheus.url');
    const shipped = shippedGroups();
    if (shipped.length === 0) return [skipped('rules', 'this installation has no rules folder to compare with')];
    const loaded = await prometheusOf(config.prometheus).groups();
    const difference = compareRules(shipped, loaded);
    return findings(difference, shipped.length);
  },
};

function findings({ missingGroups, missingRules, broken }: RulesDifference, groups: number) {
  const complete = missingGroups.length === 0 && missingRules.length === 0;
  return [
    ...(complete ? [ok('rules', `all ${groups} shipped groups are loaded`)] : []),
    ...missingGroups.map(({ file, group, alerts }) =>
      fail(
        `rules/${group}`,
        `is not loaded${alerts.length === 0 ? '' : `: no ${alerts.join(', ')}`}`,
        `load rules/${file} (rule_files of Prometheus; with the operator, the PrometheusRule and the labels its ruleSelector asks for)`,
      ),
    ),
    ...missingRules.map(({ file, group, names }) =>
      warn(`rules/${group}`, `is loaded without ${names.join(', ')}`, `load rules/${file} of this version`),
    ),
    ...broken.map(({ group, name, error }) =>
      warn(`rules/${group}`, `${name} cannot be evaluated: ${error}`, 'see the Rules page of Prometheus for that rule'),
    ),
  ];
}
