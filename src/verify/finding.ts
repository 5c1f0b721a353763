import type { Verification } from '../domain/incident.ts';

/** One thing that was looked at. `unknown` is neither: it could not be seen. */
export interface Finding {
  readonly kind: 'good' | 'bad' | 'unknown';
  /** One sentence for people. */
  readonly why: string;
}

export function good(why: string): Finding {
  return { kind: 'good', why };
}

export function bad(why: string): Finding {
  return { kind: 'bad', why };
}

export function unknown(why: string): Finding {
  return { kind: 'unknown', why };
}

/**
 * What the findings come to: one that is bad is enough for not-recovered; recovered needs every one good. No finding at all
 * is unknown.
 */
export function verificationOf(findings: readonly Finding[], at: number): Verification {
  const [first] = findings;
  if (first === undefined) return { verdict: 'unknown', reasons: ['there is nothing to look at'], at };
  // What decided stands first.
  const order = ['bad', 'unknown', 'good'] as const;
  const reasons = order.flatMap((kind) => findings.filter((each) => each.kind === kind).map((each) => each.why));
  if (findings.some((each) => each.kind === 'bad')) return { verdict: 'not-recovered', reasons, at };
  if (findings.some((each) => each.kind === 'unknown')) return { verdict: 'unknown', reasons, at };
  return { verdict: 'recovered', reasons, at };
}
