import { drawTopology, HELD_OUT_KINDS } from '../simulator/scenario/draw.ts';
import { makeRandom } from '../simulator/world/random.ts';
import { FAULT_KINDS } from '../simulator/world/spec.ts';
import { threadFile } from '../training/thread-file.ts';
import type { TopologyRows, TopologyTask } from './incidents.ts';
import type { SimulatedRow } from './rows.ts';
import { inThreads } from './threads.ts';

export interface SimulateOptions {
  /** How many faults are to befall worlds. */
  readonly stories: number;
  readonly seed: number;
  readonly threads: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: { readonly stories: number; readonly incidents: number; readonly rows: number }) => void;
}

export interface Simulated {
  readonly rows: readonly SimulatedRow[];
  readonly stories: number;
  readonly incidents: number;
  readonly replays: number;
  readonly silent: number;
  readonly topologies: number;
}

/** Stories that befall one topology: making a world costs about as much as one of them. */
const STORIES_PER_TOPOLOGY = 12;
/** Services of the largest world: larger ones cost more and teach the same. */
const LARGEST = 18;
const WINDOW_SECONDS = 900;
const TICK_SECONDS = 5;

/**
 * Rows of simulated incidents, sorted by incident. The same number of stories and the same seed give the same rows,
 * however many threads work on them.
 */
export async function simulateIncidents(options: SimulateOptions): Promise<Simulated> {
  const tasks = tasksOf(options);
  const done = { stories: 0, incidents: 0, rows: 0 };
  const results = await inThreads<TopologyRows>(threadFile(import.meta.url), tasks, {
    threads: options.threads,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    onResult(result) {
      done.stories += result.stories;
      done.incidents += result.incidents;
      done.rows += result.rows.length;
      options.onProgress?.(done);
    },
  });
  const sum = (pick: (result: TopologyRows) => number): number =>
    results.reduce((total, result) => total + pick(result), 0);
  return {
    rows: results.flatMap(({ rows }) => rows),
    stories: sum(({ stories }) => stories),
    incidents: sum(({ incidents }) => incidents),
    replays: sum(({ replays }) => replays),
    silent: sum(({ silent }) => silent),
    topologies: results.length,
  };
}

function tasksOf({ stories, seed }: SimulateOptions): readonly TopologyTask[] {
  const kinds = FAULT_KINDS.filter((kind) => !HELD_OUT_KINDS.includes(kind));
  const tasks: TopologyTask[] = [];
  for (let first = 0; first < stories; first += STORIES_PER_TOPOLOGY) {
    const topology = drawTopology(makeRandom(seed, `topology/${tasks.length}`), 'training', LARGEST);
    tasks.push({
      ...topology,
      incidents: Math.min(STORIES_PER_TOPOLOGY, stories - first),
      firstGroup: first,
      family: 'training',
      kinds,
      windowSeconds: WINDOW_SECONDS,
      tickSeconds: TICK_SECONDS,
    });
  }
  return tasks;
}
