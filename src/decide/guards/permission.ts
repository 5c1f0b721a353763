import type { Refusal } from '../../domain/remedy.ts';
import type { GuardContext } from '../guard.ts';
import { permissionFor } from '../policy-rule.ts';

/** Refuses where an annotation on the workload or its namespace switches AutoHeal off. */
export async function notOptedOut({ annotated }: GuardContext): Promise<Refusal | undefined> {
  const { caution, from } = await annotated();
  return caution === 'off' ? { code: 'opted-out', why: from } : undefined;
}

/** Refuses a remedy that the policy does not list for this workload and cause. Doing nothing needs no leave. */
export function allowedByPolicy({ incident, candidate, policy }: GuardContext): Refusal | undefined {
  if (candidate.remedy === 'none') return undefined;
  const { alerts, location } = incident;
  const permission = permissionFor(policy, { workload: location.workload, alerts, cause: candidate.cures });
  if (permission.remedies.includes(candidate.remedy)) return undefined;
  return { code: 'not-allowed-by-policy', why: `${permission.by} of the policy does not allow ${candidate.remedy}` };
}

export function scoresEnough({ candidate, policy }: GuardContext): Refusal | undefined {
  if (candidate.score >= policy.minimumScore) return undefined;
  const why = `${candidate.remedy} scores ${candidate.score}, and nothing below ${policy.minimumScore} is done`;
  return { code: 'low-score', why };
}
