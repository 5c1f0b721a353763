import type { Parts } from './parts.ts';

/** The world's time: it moves in steps up to the store's clock. Epoch milliseconds. */
export interface Time {
  now: number;
}

export interface Pace {
  readonly target: number;
  /** Requests are sent, and measured, this often. */
  readonly stepMs: number;
  /** While anything in the cluster starts, ends or is rolled out, controllers and kubelets work this often; `stepMs` when left out. */
  readonly fineMs?: number;
}

/** Lives on to a time in steps. */
export function advanceTo(parts: Parts, time: Time, { target, stepMs, fineMs = stepMs }: Pace): void {
  while (time.now < target) {
    const milliseconds = Math.min(stepMs, target - time.now);
    step(parts, time, { milliseconds, fineMs: Math.min(fineMs, milliseconds) });
  }
}

function step(
  parts: Parts,
  time: Time,
  { milliseconds, fineMs }: { readonly milliseconds: number; readonly fineMs: number },
): void {
  const { injector, control, jobCures, kubelet, evictions, traffic, recorder } = parts;
  const end = time.now + milliseconds;
  while (time.now < end) {
    const passed = Math.min(untilNext(parts, time.now, fineMs), end - time.now);
    time.now += passed;
    injector.step();
    control.step();
    jobCures.step();
    kubelet.step(passed / 1_000);
  }
  evictions.step();
  traffic.step(milliseconds / 1_000);
  recorder.step();
}

/** How long the cluster is left alone: not while it moves, and not beyond what a container is waiting for. */
function untilNext({ control, kubelet }: Parts, now: number, fineMs: number): number {
  return control.isSettled() ? Math.max(1, Math.ceil((kubelet.nextDue() - now) / fineMs)) * fineMs : fineMs;
}
