import { alertName, type Alert } from '../domain/alert.ts';
import type { CauseName } from '../domain/diagnosis.ts';
import type { Mode, Policy, PolicyRule } from '../domain/policy.ts';
import type { RemedyName } from '../domain/remedy.ts';
import { workloadKey, type WorkloadRef } from '../domain/workload.ts';
import { fitsAny } from '../domain/patterns.ts';

export interface PolicySubject {
  readonly workload: WorkloadRef;
  readonly alerts: readonly Alert[];
  /** The cause that the remedy is meant to cure. */
  readonly cause: CauseName;
}

export interface Permission {
  readonly mode: Mode;
  readonly remedies: readonly RemedyName[];
  /** The rule that decided, for people; `the defaults` where none matched. */
  readonly by: string;
}

/** What the policy permits for a subject: the first rule that matches, with the defaults for what it leaves out. */
export function permissionFor(policy: Pick<Policy, 'mode' | 'remedies' | 'rules'>, subject: PolicySubject): Permission {
  const rule = policy.rules.find((each) => matches(each.match, subject));
  if (rule === undefined) return { mode: policy.mode, remedies: policy.remedies, by: 'the defaults' };
  return { mode: rule.mode ?? policy.mode, remedies: rule.remedies ?? policy.remedies, by: `rule ${rule.name}` };
}

/** All given fields must match. A match without any field matches nothing: an empty selector must never mean everything. */
function matches(match: PolicyRule['match'], { workload, alerts, cause }: PolicySubject): boolean {
  const { namespaces, workloads, kinds, alertnames, causes } = match;
  const firing = alerts.filter((alert) => alert.status === 'firing').map(alertName);
  const given = [
    namespaces && fitsAny(namespaces, workload.namespace),
    workloads && workloads.some((pattern) => fitsWorkload(pattern, workload)),
    kinds && fitsAny(kinds, workload.kind),
    alertnames && firing.some((name) => fitsAny(alertnames, name)),
    causes && causes.includes(cause),
  ].filter((each) => each !== undefined);
  return given.length > 0 && given.every(Boolean);
}

/** A pattern with a slash is held against `kind/namespace/name`, one without against the name. */
function fitsWorkload(pattern: string, workload: WorkloadRef): boolean {
  return fitsAny([pattern], pattern.includes('/') ? workloadKey(workload) : workload.name);
}
