import type { Cause, Symptom } from '../../domain/diagnosis.ts';
import { atLeast, podNames } from './facts.ts';
import type { Facts, SickContainer } from './facts.ts';
import { count, names, percent, span } from './quote.ts';

/** Memory grows until it is full: out of memory after long runs, or near the limit and growing. */
export function memoryLeak(facts: Facts): Cause | undefined {
  const { signals, thresholds } = facts;
  const killed = outOfMemory(facts);
  const growth = signals.memory_growth_per_limit;
  const growing = atLeast(growth, thresholds.memoryGrowing);
  const high = atLeast(signals.memory_per_limit, thresholds.memoryHigh);
  const pace = paceOf(killed, facts);
  const afterLongRuns = killed.length > 0 && pace === 'slow' && !isFlat(facts);
  const killedGrowing = killed.length > 0 && pace !== 'quick' && growing;
  if (!afterLongRuns && !killedGrowing && !(high && growing)) return undefined;
  const because = [...oomSentences(killed), ...signalSentences(facts)];
  if (afterLongRuns) because.push(`It took ${span(meanRun(killed) ?? 0)} on average until it was killed.`);
  return {
    name: 'memory-leak',
    confidence: leakConfidence({ killed: killed.length > 0, growing }),
    because,
    symptoms: memorySymptoms(facts, killed),
  };
}

function leakConfidence(seen: { killed: boolean; growing: boolean }): number {
  if (seen.killed && seen.growing) return 0.9;
  return seen.killed ? 0.75 : 0.8;
}

/** The limit is below what the container needs: out of memory soon after each start, or high and flat. */
export function memoryLimitTooLow(facts: Facts): Cause | undefined {
  const { signals, thresholds } = facts;
  const killed = outOfMemory(facts);
  const pace = paceOf(killed, facts);
  const high = atLeast(signals.memory_per_limit, thresholds.memoryHigh);
  const growing = atLeast(signals.memory_growth_per_limit, thresholds.memoryGrowing);
  const confidence = tooLowConfidence({ killed: killed.length > 0, pace, flat: isFlat(facts), growing, high });
  if (confidence === undefined) return undefined;
  const because = [...oomSentences(killed), ...signalSentences(facts)];
  if (pace === 'quick') because.push('It was killed soon after each start.');
  return { name: 'memory-limit-too-low', confidence, because, symptoms: memorySymptoms(facts, killed) };
}

interface MemorySeen {
  readonly killed: boolean;
  readonly pace: Pace;
  readonly flat: boolean;
  readonly growing: boolean;
  readonly high: boolean;
}

function tooLowConfidence({ killed, pace, flat, growing, high }: MemorySeen): number | undefined {
  if (!killed) return high && flat ? 0.6 : undefined;
  if (pace === 'quick') return growing ? 0.8 : 0.85;
  if (flat) return 0.75;
  // Killed after a run of middling or unknown length: it needed more than it may have, and no more is known. After a long
  // run it is more likely a leak, unless nobody saw it grow.
  return growing ? undefined : pace === 'slow' ? 0.4 : 0.5;
}

function outOfMemory({ live, now, thresholds }: Facts): readonly SickContainer[] {
  return live.flatMap((pod) =>
    pod.containers
      .filter(({ stateReason, lastTermination }) => {
        if (stateReason === 'OOMKilled') return true;
        if (lastTermination?.reason !== 'OOMKilled') return false;
        const { finishedAt } = lastTermination;
        return finishedAt === undefined || now - finishedAt <= thresholds.recentOomMs;
      })
      .map((container) => ({ pod, container })),
  );
}

type Pace = 'quick' | 'slow' | 'unknown';

/** How long the containers run before they are killed. The back-off tells it best: it grows only when runs are short. */
function paceOf(killed: readonly SickContainer[], { thresholds, signals }: Facts): Pace {
  // A pod that ran for days may have been killed three times in its last ten minutes: an average would hide that.
  if (killed.length > 0 && atLeast(signals.restarts, killed.length * thresholds.quickRestarts)) return 'quick';
  if (killed.some(({ container }) => atLeast(backOffMs(container.stateMessage), thresholds.quickBackOffMs))) {
    return 'quick';
  }
  const mean = meanRun(killed);
  if (mean === undefined) return 'unknown';
  if (mean <= thresholds.quickRunMs) return 'quick';
  return mean >= thresholds.slowRunMs ? 'slow' : 'unknown';
}

/** The kubelet's present back-off in milliseconds, out of `back-off 1m20s restarting failed container=...`. */
function backOffMs(message: string): number | undefined {
  const match = /^back-off (?:(\d{1,3})m)?(?:(\d{1,3})s)? restarting/.exec(message);
  return match === null ? undefined : (Number(match[1] ?? 0) * 60 + Number(match[2] ?? 0)) * 1_000;
}

/** Average length of a run, back-off included, of the container with the shortest. Undefined where no end has a time. */
function meanRun(killed: readonly SickContainer[]): number | undefined {
  const means = killed.flatMap(({ pod, container }) => {
    const finishedAt = container.lastTermination?.finishedAt;
    if (finishedAt === undefined || pod.createdAt === 0) return [];
    // While it waits or lies ended, the newest run has ended as well and is not a restart yet.
    const ends = container.restarts + (container.stateReason === '' ? 0 : 1);
    return [(finishedAt - pod.createdAt) / Math.max(1, ends)];
  });
  return means.length === 0 ? undefined : Math.min(...means);
}

function isFlat({ signals, thresholds }: Facts): boolean {
  const growth = signals.memory_growth_per_limit;
  return growth !== undefined && growth < thresholds.memoryFlat;
}

function oomSentences(killed: readonly SickContainer[]): readonly string[] {
  if (killed.length === 0) return [];
  const limit = killed.find(({ container }) => container.memoryLimitBytes !== undefined)?.container.memoryLimitBytes;
  const pods = podNames(killed);
  const at = limit === undefined ? '' : ` at a limit of ${Math.round(limit / 2 ** 20)} MiB`;
  return [`${count(pods.length, 'pod')} (${names(pods)}) ${pods.length === 1 ? 'was' : 'were'} out of memory${at}.`];
}

function signalSentences({ signals }: Facts): readonly string[] {
  const sentences: string[] = [];
  if (signals.memory_per_limit !== undefined) {
    sentences.push(`The fullest pod uses ${percent(signals.memory_per_limit)} of its memory limit.`);
  }
  if (signals.memory_growth_per_limit !== undefined) {
    sentences.push(`Memory grows by ${percent(signals.memory_growth_per_limit)} of the limit in 10 minutes.`);
  }
  return sentences;
}

/** The signal where there is one; without it, kills can only be seen gone when the containers stop ending. */
function memorySymptoms({ signals, crashing }: Facts, killed: readonly SickContainer[]): readonly Symptom[] {
  const known = signals.memory_per_limit !== undefined;
  const loops = crashing.some((crash) => killed.some(({ container }) => container === crash.container));
  return [...(known ? (['memory_per_limit'] as const) : []), ...(loops || !known ? (['crash-looping'] as const) : [])];
}
