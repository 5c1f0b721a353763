import { configOrThrow, loadConfig } from '../config/load.ts';
import { CATALOGUE, REMEDY_OPTIONS } from '../act/catalogue.ts';
import type { Policy } from '../domain/policy.ts';

/** The policy of simulated worlds: every remedy is allowed and done at once, within the limits that are shipped. */
export const LAB_POLICY_SECTION = {
  mode: 'auto',
  remedies: ['none', ...CATALOGUE.map(({ name }) => name)],
  // A simulated world lives for an hour at most: its pace is not that of a production cluster.
  maxActionsPerHour: 100,
  maxActionsPerWorkloadPerDay: 20,
} as const;

/** That policy with what a scenario changes in it. @throws AutoHealError `CONFIG_INVALID` when the changes make no policy. */
export function labPolicy(changes: object = {}): Policy {
  const text = JSON.stringify({ policy: { ...LAB_POLICY_SECTION, ...changes } });
  return configOrThrow(
    'the policy of the simulation',
    loadConfig(text, { env: {}, readFile: () => '', remedies: REMEDY_OPTIONS }),
  ).policy;
}
