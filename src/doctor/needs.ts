import type { AccessRule } from '../act/remedy.ts';
import type { Config } from '../config/config.ts';
import type { Policy } from '../domain/policy.ts';
import type { RemedyName } from '../domain/remedy.ts';

/** The access rules of the product, as the chart grants them. */
export interface AccessNeeds {
  readonly reads: readonly AccessRule[];
  readonly events: readonly AccessRule[];
  readonly remedies: Readonly<Record<string, readonly AccessRule[]>>;
}

/** The remedies that a policy allows anywhere, by itself or by a rule, each once. */
export function enabledRemedies(policy: Pick<Policy, 'remedies' | 'rules'>): readonly RemedyName[] {
  const named = [...policy.remedies, ...policy.rules.flatMap(({ remedies = [] }) => remedies)];
  return [...new Set(named)].filter((name) => name !== 'none');
}

/** Whether the policy lets AutoHeal change anything at all, be it after a person's word. */
export function mayAct({ mode, rules }: Pick<Policy, 'mode' | 'rules'>): boolean {
  return [mode, ...rules.flatMap((rule) => rule.mode ?? [])].some((each) => each !== 'observe');
}

/**
 * The namespaces in which the policy acts: undefined for all of them, which is so as soon as it acts by default or a rule
 * that acts names none, or a pattern.
 */
export function actingNamespaces({ mode, rules }: Config['policy']): readonly string[] | undefined {
  if (mode !== 'observe') return undefined;
  const acting = rules.filter((rule) => rule.mode !== undefined && rule.mode !== 'observe');
  if (acting.length === 0) return undefined;
  const found = new Set<string>();
  for (const { match } of acting) {
    const named = match.namespaces ?? match.workloads?.map((workload) => workload.split('/')[1] ?? '*') ?? ['*'];
    for (const name of named) found.add(name);
  }
  const all = [...found];
  return all.some((name) => name.includes('*') || name === '') ? undefined : all;
}
