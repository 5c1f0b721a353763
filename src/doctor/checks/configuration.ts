import { enabledRemedies, mayAct } from '../needs.ts';
import { ok, warn, type Check, type Finding, type Patient } from '../finding.ts';

/** That it loads at all is known by now: the doctor reads it first. What is left out, and costs something, is said here. */
export const configuration: Check = {
  name: 'configuration',
  timeoutMs: () => 1_000,
  run: async (patient) => findings(patient),
};

function findings({ config }: Patient): readonly Finding[] {
  const { policy, server, self } = config;
  const acting = mayAct(policy) ? 'it may act' : 'it only observes';
  const remedies = enabledRemedies(policy).length;
  const summary = `no problem; mode ${policy.mode} with ${policy.rules.length} rules: ${acting}; ${remedies} remedies enabled`;
  return [
    ok('configuration', summary),
    ...(server.auth.mode === 'none'
      ? [
          warn(
            'configuration/auth',
            'everybody who can connect to the service may send alerts and approve actions',
            'set server.auth to mode bearer with a token',
          ),
        ]
      : []),
    ...(mayAct(policy) && self.namespace === undefined
      ? [
          warn(
            'configuration/self',
            'AutoHeal does not know where it runs, so it cannot keep its hands off itself',
            'set self.namespace to the namespace it runs in',
          ),
        ]
      : []),
  ];
}
