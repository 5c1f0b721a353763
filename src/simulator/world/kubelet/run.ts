import type { Container, ContainerState } from '../../../domain/kubernetes.ts';

export type Terminated = NonNullable<ContainerState['terminated']> & { readonly containerID?: string };

/** Where a container is on its way from created to running and back. */
export type RunPhase =
  'creating' | 'running' | 'exited' | 'back-off' | 'config-error' | 'pull-error' | 'pull-back-off' | 'ended';

/** One container of one pod, as its kubelet keeps it. Times in epoch milliseconds, sizes in bytes. */
export interface ContainerRun {
  container: Container;
  phase: RunPhase;
  /** Since when it is in its phase. */
  since: number;
  /** When the next try is due, in phases that wait. */
  nextAt: number;
  /** Counts the processes: 1 is the first. 0 before any. */
  process: number;
  restarts: number;
  startedAt: number;
  /** When anything about the running process changes by itself; Infinity when nothing will. */
  goesOnAt: number;
  ready: boolean;
  /** Since when the probes fail although the process runs. */
  unhealthySince: number | undefined;
  backOffSeconds: number;
  message: string;
  terminated: Terminated | undefined;
  /** What the process before the present one ended with. */
  lastTerminated: Terminated | undefined;
  memory: number;
  leaked: number;
  log: string[];
  previousLog: string[] | undefined;
}

const LOG_LINES = 60;

export function newRun(container: Container, now: number): ContainerRun {
  return {
    container,
    phase: 'creating',
    since: now,
    nextAt: now,
    process: 0,
    restarts: 0,
    startedAt: 0,
    goesOnAt: 0,
    ready: false,
    unhealthySince: undefined,
    backOffSeconds: 0,
    message: '',
    terminated: undefined,
    lastTerminated: undefined,
    memory: 0,
    leaked: 0,
    log: [],
    previousLog: undefined,
  };
}

/** Adds a line to what the process wrote; only the last ones are kept. */
export function writeLog(run: ContainerRun, line: string): void {
  run.log.push(line);
  if (run.log.length > LOG_LINES) {
    run.log.shift();
  }
}

export function enter(run: ContainerRun, phase: RunPhase, now: number): void {
  run.phase = phase;
  run.since = now;
  if (phase !== 'running') {
    run.ready = false;
    run.unhealthySince = undefined;
  }
}

const FIRST_BACK_OFF_SECONDS = 10;
const LONGEST_BACK_OFF_SECONDS = 300;
/** A container that ran this long starts over with its back-off. Source: kubelet, twice the longest back-off. */
const FORGIVEN_AFTER_MS = 600_000;

/** The wait before the next start of a container that just ended: none after the first end, then 10 s, doubling to 300 s. */
export function nextBackOff(run: Pick<ContainerRun, 'backOffSeconds'>, ranMs: number): number {
  return ranMs >= FORGIVEN_AFTER_MS ? 0 : run.backOffSeconds;
}

/** The back-off that a start leaves behind for the end after it. */
export function grownBackOff(seconds: number): number {
  return seconds === 0 ? FIRST_BACK_OFF_SECONDS : Math.min(LONGEST_BACK_OFF_SECONDS, seconds * 2);
}

/** Go's way to write a duration: `40s`, `1m20s`, `5m0s`. */
export function goDuration(seconds: number): string {
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
