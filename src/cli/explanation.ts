import type { RehearsedWrite } from '../adapters/dry-run-cluster.ts';
import type { Alert } from '../domain/alert.ts';
import type { Diagnosis } from '../domain/diagnosis.ts';
import type { Verdict } from '../domain/incident.ts';
import type { Location } from '../domain/location.ts';
import type { Candidate, Intent, Refusal } from '../domain/remedy.ts';

/** One remedy held against an alert: what it would do, or why not. */
export interface ExplainedRemedy {
  readonly remedy: string;
  readonly applies: boolean;
  readonly score: number;
  readonly because: readonly string[];
  readonly disruption?: Candidate['disruption'];
  /** Why it does not apply, by the evidence or by the objects as they are now. */
  readonly refusal?: Refusal;
  readonly summary?: string;
  readonly diff?: string;
  readonly giveBack?: Intent['giveBack'];
  readonly call?: Intent['call'];
  /** The requests in the order in which they would be sent, each with the API server's answer to a dry run. */
  readonly requests: readonly RehearsedWrite[];
}

/** What AutoHeal makes of one alert. */
export interface Explanation {
  readonly alert: Alert['labels'];
  readonly location: Location;
  readonly causes: Diagnosis['causes'] | readonly [];
  /** What could not be read. */
  readonly missing: readonly string[];
  readonly remedies: readonly ExplainedRemedy[];
  readonly verdict?: Verdict;
}
