import type { Candidate, RemedyName } from '../domain/remedy.ts';

/** From what disturbs nobody to what replaces everything. */
const LEAST_DISRUPTIVE_FIRST: readonly RemedyName[] = [
  'none',
  'scale-up',
  'restart-pod',
  'rollout-restart',
  'rollback',
  'scale-down',
];

/** The candidate with the best score; of equal ones the least disruptive. Undefined without candidates. */
export function best(candidates: readonly Candidate[]): Candidate | undefined {
  let found: Candidate | undefined;
  for (const candidate of candidates) {
    if (found === undefined || isBetter(candidate, found)) found = candidate;
  }
  return found;
}

function isBetter(a: Candidate, b: Candidate): boolean {
  if (a.score !== b.score) return a.score > b.score;
  return LEAST_DISRUPTIVE_FIRST.indexOf(a.remedy) < LEAST_DISRUPTIVE_FIRST.indexOf(b.remedy);
}
