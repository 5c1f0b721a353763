import type { Candidate } from '../domain/remedy.ts';

/**
 * The candidate with the fewest expected bad minutes where a model decided, and with the best score where the rules did; of
 * equal ones the one that costs the workload least, and then the first. Undefined without candidates.
 */
export function best(candidates: readonly Candidate[]): Candidate | undefined {
  let found: Candidate | undefined;
  for (const candidate of candidates) {
    if (found === undefined || isBetter(candidate, found)) found = candidate;
  }
  return found;
}

function isBetter(a: Candidate, b: Candidate): boolean {
  if (a.forecast?.decides === true && b.forecast?.decides === true) {
    const difference = a.forecast.expectedBadMinutes - b.forecast.expectedBadMinutes;
    return difference === 0 ? cost(a) < cost(b) : difference < 0;
  }
  return a.score === b.score ? cost(a) < cost(b) : a.score > b.score;
}

function cost({ remedy, disruption }: Candidate): number {
  return remedy === 'none' ? 0 : (disruption?.readyReplicaMinutes ?? 0);
}
