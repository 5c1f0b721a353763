import type { Machines } from '../controllers/node.ts';
import type { PodObject } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import type { Profile, Profiles } from '../profiles.ts';
import { containerResources } from '../resources.ts';
import { effectOn, isPullable, type Effect, type Sickness } from '../sickness.ts';
import { configProblem } from './config.ts';
import { enter, grownBackOff, nextBackOff, writeLog, type ContainerRun } from './run.ts';
import { containerId } from './status.ts';

export interface KubeletDeps {
  readonly kit: Kit;
  readonly sickness: Sickness;
  readonly profiles: Profiles;
  readonly machines: Machines;
}

/** A container's pod and everything around it. */
export interface Surroundings extends KubeletDeps {
  readonly pod: PodObject;
  readonly podIP: string;
  /** How much time has passed since the last step. */
  readonly seconds: number;
}

const CREATE_MS = 1_000;
const PULL_ERROR_MS = 2_000;
const FIRST_PULL_BACK_OFF_MS = 10_000;
const CONFIG_RETRY_MS = 10_000;
const PINCHED_SHARE = 0.85;
const PINCHED_PACE = 0.25;
/** A process has taken what it needs so long after its start. */
const WARM_UP_MS = 15_000;
/** Three failed probes, one a second, and a time-out each: as the demo's probes are set. */
const PROBE_FAILS_MS = 5_000;

/** Moves one container on by one step. True when its status has to be written. */
export function stepContainer(around: Surroundings, run: ContainerRun): boolean {
  const now = around.kit.now();
  switch (run.phase) {
    case 'creating':
      return now >= run.since + CREATE_MS && tryStart(around, run);
    case 'config-error':
    case 'pull-back-off':
    case 'back-off':
      return now >= run.nextAt && tryStart(around, run);
    case 'pull-error':
      return now >= run.since + PULL_ERROR_MS && backOffPulling(around, run);
    case 'running':
      return stepRunning(around, run);
    case 'exited':
      return afterExit(around, run);
    case 'ended':
      return false;
  }
}

/** When a container goes on that waits for a time, epoch milliseconds; Infinity for one that does not. */
export function dueAt(run: ContainerRun, now: number): number {
  switch (run.phase) {
    case 'creating':
      return run.since + CREATE_MS;
    case 'config-error':
    case 'pull-back-off':
    case 'back-off':
      return run.nextAt;
    case 'pull-error':
      return run.since + PULL_ERROR_MS;
    case 'running':
      return run.goesOnAt;
    case 'exited':
      return now;
    case 'ended':
      return Number.POSITIVE_INFINITY;
  }
}

function backOffPulling(around: Surroundings, run: ContainerRun): boolean {
  enter(run, 'pull-back-off', around.kit.now());
  note(around, run, {
    type: 'Normal',
    reason: 'BackOff',
    message: `Back-off pulling image "${run.container.image ?? ''}"`,
  });
  return true;
}

function note(
  { kit, pod }: Surroundings,
  run: ContainerRun,
  event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string },
): void {
  kit.events.record(pod, {
    ...event,
    component: 'kubelet',
    host: pod.spec?.nodeName ?? '',
    container: run.container.name,
  });
}

function tryStart(around: Surroundings, run: ContainerRun): boolean {
  const { kit, pod } = around;
  const now = kit.now();
  const image = run.container.image ?? '';
  if (!isPullable(around.sickness, image)) {
    failPull(around, run, image);
    return true;
  }
  const problem = configProblem(kit, pod.metadata.namespace ?? '', run.container);
  if (problem !== undefined) {
    run.nextAt = now + CONFIG_RETRY_MS;
    const known = run.phase === 'config-error' && run.message === problem;
    run.message = problem;
    note(around, run, { type: 'Warning', reason: 'Failed', message: `Error: ${problem}` });
    if (!known) {
      enter(run, 'config-error', now);
    }
    return !known;
  }
  start(around, run);
  return true;
}

function failPull(around: Surroundings, run: ContainerRun, image: string): void {
  const now = around.kit.now();
  const host = image.includes('/') ? (image.split('/')[0] ?? 'docker.io') : 'docker.io';
  const wait =
    run.phase === 'pull-back-off'
      ? Math.min(300_000, (run.nextAt - run.since + PULL_ERROR_MS) * 2)
      : FIRST_PULL_BACK_OFF_MS;
  run.message =
    `failed to pull and unpack image "${image}": failed to resolve image: failed to do request: ` +
    `Head "https://${host}/v2/": dial tcp: lookup ${host} on 10.96.0.10:53: no such host`;
  enter(run, 'pull-error', now);
  run.nextAt = now + wait;
  note(around, run, { type: 'Warning', reason: 'Failed', message: `Failed to pull image "${image}": ${run.message}` });
  note(around, run, { type: 'Warning', reason: 'Failed', message: 'Error: ErrImagePull' });
}

function start(around: Surroundings, run: ContainerRun): void {
  const now = around.kit.now();
  const image = run.container.image ?? '';
  if (run.process > 0) {
    run.restarts += 1;
    run.lastTerminated = run.terminated;
    run.previousLog = run.log;
    run.log = [];
    run.backOffSeconds = grownBackOff(run.backOffSeconds);
  }
  run.process += 1;
  run.startedAt = now;
  run.terminated = undefined;
  run.leaked = 0;
  run.goesOnAt = now;
  enter(run, 'running', now);
  note(around, run, {
    type: 'Normal',
    reason: 'Pulled',
    message: `Container image "${image}" already present on machine and can be accessed by the pod`,
  });
  note(around, run, { type: 'Normal', reason: 'Created', message: 'Container created' });
  note(around, run, { type: 'Normal', reason: 'Started', message: 'Container started' });
  writeLog(run, `${around.kit.stamp()} INFO starting ${image}`);
}

function stepRunning(around: Surroundings, run: ContainerRun): boolean {
  const { kit, pod } = around;
  const now = kit.now();
  const profile = around.profiles.of(pod);
  const effect = effectOn(around.sickness, {
    service: profile.service,
    podUid: pod.metadata.uid,
    image: run.container.image ?? '',
    process: run.process,
  });
  growMemory(run, { effect, profile, seconds: around.seconds, now });
  if (run.memory > containerResources(run.container).memoryLimit) {
    return exit(around, run, { exitCode: 137, reason: 'OOMKilled' });
  }
  const { crash } = effect;
  if (crash !== undefined && now >= run.startedAt + crash.afterSeconds * 1_000) {
    writeLog(run, `${kit.stamp()} FATAL ${crash.log}`);
    return exit(around, run, { exitCode: crash.exitCode, reason: 'Error' });
  }
  if (profile.runs !== undefined && now >= run.startedAt + profile.runs.seconds * 1_000) {
    const { exitCode } = profile.runs;
    return exit(around, run, { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' });
  }
  const changed = probe(around, run, { effect, profile });
  run.goesOnAt = nextOf(run, { crash, profile }, now);
  return changed;
}

/** When a running process goes on: it becomes ready, has failed its probes for long enough, or ends. */
function nextOf(
  run: ContainerRun,
  { crash, profile }: { readonly crash: Effect['crash']; readonly profile: Profile },
  now: number,
): number {
  const { startedAt, unhealthySince } = run;
  let next = later(startedAt + profile.startSeconds * 1_000, now);
  if (unhealthySince !== undefined) {
    next = Math.min(next, later(unhealthySince + PROBE_FAILS_MS, now));
  }
  if (crash !== undefined) {
    next = Math.min(next, later(startedAt + crash.afterSeconds * 1_000, now));
  }
  return profile.runs === undefined ? next : Math.min(next, later(startedAt + profile.runs.seconds * 1_000, now));
}

function later(at: number, now: number): number {
  return at > now ? at : Number.POSITIVE_INFINITY;
}

function growMemory(
  run: ContainerRun,
  step: { readonly effect: Effect; readonly profile: Profile; readonly seconds: number; readonly now: number },
): void {
  const { memoryLimit } = containerResources(run.container);
  // Near its limit a process spends itself on collecting garbage, and what is left to leak with leaks slower.
  const pace = run.memory > PINCHED_SHARE * memoryLimit ? PINCHED_PACE : 1;
  run.leaked += (step.effect.leakBytesPerSecond ?? 0) * pace * step.seconds;
  // A slow breath of 2 %, so that a flat line never looks like a broken sensor.
  const breath = 1 + 0.02 * Math.sin((step.now - run.startedAt) / 97_000);
  const warm = Math.min(1, (step.now - run.startedAt) / WARM_UP_MS);
  run.memory = step.profile.memory * breath + run.leaked + (step.effect.memoryBytes ?? 0) * warm;
}

function probe(
  around: Surroundings,
  run: ContainerRun,
  { effect, profile }: { readonly effect: Effect; readonly profile: Profile },
): boolean {
  const now = around.kit.now();
  const started = now >= run.startedAt + profile.startSeconds * 1_000;
  if (effect.hung === true && started) {
    run.unhealthySince ??= now;
  } else {
    run.unhealthySince = undefined;
  }
  const failing = run.unhealthySince !== undefined && now >= run.unhealthySince + PROBE_FAILS_MS;
  const ready = started && !failing;
  if (ready === run.ready) {
    return false;
  }
  run.ready = ready;
  if (ready) {
    writeLog(run, `${around.kit.stamp()} INFO ready`);
  } else {
    note(around, run, {
      type: 'Warning',
      reason: 'Unhealthy',
      message: `Readiness probe failed: Get "http://${around.podIP}:8080/healthz": context deadline exceeded`,
    });
  }
  return true;
}

function exit(
  around: Surroundings,
  run: ContainerRun,
  how: { readonly exitCode: number; readonly reason: string },
): boolean {
  const { kit, pod } = around;
  run.terminated = {
    exitCode: how.exitCode,
    reason: how.reason,
    startedAt: kit.stamp(run.startedAt),
    finishedAt: kit.stamp(),
    containerID: containerId(pod, run),
  };
  run.backOffSeconds = nextBackOff(run, kit.now() - run.startedAt);
  run.memory = 0;
  enter(run, 'exited', kit.now());
  return true;
}

function afterExit(around: Surroundings, run: ContainerRun): boolean {
  const { kit, pod } = around;
  const policy = pod.spec?.restartPolicy ?? 'Always';
  const succeeded = run.terminated?.exitCode === 0;
  if (policy === 'Never' || (policy === 'OnFailure' && succeeded)) {
    enter(run, 'ended', kit.now());
    return true;
  }
  if (run.backOffSeconds === 0) {
    return tryStart(around, run);
  }
  run.nextAt = run.since + run.backOffSeconds * 1_000;
  run.lastTerminated = run.terminated;
  enter(run, 'back-off', kit.now());
  const { namespace, name, uid } = pod.metadata;
  note(around, run, {
    type: 'Warning',
    reason: 'BackOff',
    message: `Back-off restarting failed container ${run.container.name} in pod ${name}_${namespace ?? ''}(${uid})`,
  });
  return true;
}
