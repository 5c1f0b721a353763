import { errorText } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { cleanLine } from '../../domain/clean-text.ts';

/** Where evidence comes from: the word that an entry of `Evidence.missing` begins with. */
export type EvidenceSource =
  'workload' | 'pods' | 'revisions' | 'autoscaler' | 'budgets' | 'nodes' | 'events' | 'logs' | 'prometheus';

/** Reads that share one deadline. */
export interface Reads {
  /**
   * What `ask` answers. Undefined when it failed or was late, and then noted in `missing`. An answer that is late is
   * dropped; the call itself ends by its own time-out. Never rejects.
   */
  read<T>(source: EvidenceSource, ask: () => Promise<T>): Promise<T | undefined>;
  /**
   * What `work` makes of answers that are there; the deadline does not count for it. Undefined when it threw, for an object of
   * a shape that nobody expects, and then noted in `missing`. Never rejects.
   */
  use<T>(source: EvidenceSource, work: () => T | Promise<T>): Promise<T | undefined>;
  /** Notes by hand that something could not be learnt. */
  note(source: EvidenceSource, reason: string): void;
  /** `source: reason`, without doubles, in the order in which they were noticed. */
  missing(): readonly string[];
  /** Frees the timer. Reads that still run become late. */
  end(): void;
}

const LATE = Symbol('late');

/** Starts the deadline. */
export function makeReads({ clock, deadlineMs }: { readonly clock: Clock; readonly deadlineMs: number }): Reads {
  const timer = new AbortController();
  const missing = new Set<string>();
  let over = false;
  const deadline = clock.sleep(deadlineMs, timer.signal).then((): typeof LATE => {
    over = true;
    return LATE;
  });

  function note(source: EvidenceSource, reason: string): void {
    const line = cleanLine(reason, 200);
    // Adapters name themselves in their errors too.
    missing.add(line.startsWith(`${source}: `) ? line : `${source}: ${line}`);
  }

  async function use<T>(source: EvidenceSource, work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      note(source, errorText(error));
      return undefined;
    }
  }

  async function read<T>(source: EvidenceSource, ask: () => Promise<T>): Promise<T | undefined> {
    if (over) {
      note(source, `not asked, ${deadlineMs} ms had passed`);
      return undefined;
    }
    return use(source, async () => {
      const answer = await Promise.race([ask(), deadline]);
      if (answer === LATE) throw new Error(`no answer within ${deadlineMs} ms`);
      return answer;
    });
  }

  return { read, use, note, missing: () => [...missing], end: () => timer.abort() };
}
