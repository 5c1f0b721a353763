import type { Config } from './config.ts';

/** What one key alone cannot show to be wrong. */
export function crossChecks(config: Config): { readonly path: string; readonly message: string }[] {
  const { server, cluster, policy, notify } = config;
  const checks: readonly (readonly [wrong: boolean, path: string, message: string])[] = [
    [
      server.auth.mode === 'none' && !isLoopback(server.host),
      'server.auth',
      `mode none is only allowed on a loopback address, not on ${server.host}: set mode bearer with a token`,
    ],
    [
      cluster.server !== undefined && cluster.kubeconfig !== undefined,
      'cluster.server',
      'give either server or kubeconfig, not both',
    ],
    [
      policy.scale.minReplicas > policy.scale.maxReplicas,
      'policy.scale.minReplicas',
      `is above maxReplicas (${policy.scale.maxReplicas})`,
    ],
    [
      policy.verification.firstCheckSeconds + policy.verification.stableSeconds >= policy.verification.deadlineSeconds,
      'policy.verification.deadlineSeconds',
      'must be longer than firstCheckSeconds and stableSeconds together, or nothing could ever be verified',
    ],
    [
      notify.email !== undefined && (notify.email.user === undefined) !== (notify.email.password === undefined),
      'notify.email',
      'user and password belong together',
    ],
    [
      notify.grafanaUrl !== undefined && !isLinkBase(notify.grafanaUrl),
      'notify.grafanaUrl',
      'must be an http or https address without a user and a password: messages show it to everybody',
    ],
  ];
  const found = checks.filter(([wrong]) => wrong).map(([, path, message]) => ({ path, message }));
  const names = policy.rules.map((rule) => rule.name);
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) < index) {
      found.push({ path: `policy.rules.${index}.name`, message: `"${name}" is the name of an earlier rule too` });
    }
  }
  return found;
}

/** Whether links can be made of an address: one of the web, and without a secret. */
function isLinkBase(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, username, password } = new URL(address);
  return ['http:', 'https:'].includes(protocol) && username === '' && password === '';
}

/** Whether only programs of this machine can reach an address. Names count only as `localhost`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}
