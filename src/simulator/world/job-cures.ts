import type { Injector } from './faults/injector.ts';
import type { Kinds } from './kinds.ts';
import type { Kit } from './kit.ts';

/** On the pod template of a Job: the kind of fault that its completion takes away, as a runbook that people wrote would. */
const CLEARS = 'simulator.autoheal.io/clears';

/** Lets completed Jobs cure what they are made for. */
export function makeJobCures(kit: Kit, injector: Pick<Injector, 'truth' | 'clear'>): { step(): void } {
  const state = kit.keep('job-cures', () => ({ seen: -1, done: new Set<string>() }));

  function step(): void {
    if (kit.version() === state.seen) {
      return;
    }
    state.seen = kit.version();
    const { done } = state;
    const jobs = kit.list('jobs').filter((job) => clearsOf(job) !== undefined && isComplete(job));
    const fresh = jobs.filter(({ metadata }) => !done.has(metadata.uid));
    done.clear();
    for (const { metadata } of jobs) {
      done.add(metadata.uid);
    }
    for (const job of fresh) {
      for (const { fault } of injector.truth().filter((each) => each.fault.kind === clearsOf(job))) {
        injector.clear(fault.id);
      }
    }
  }

  return { step };
}

type Job = Kinds['jobs'];

function clearsOf({ spec }: Job): string | undefined {
  return spec?.template?.metadata?.annotations?.[CLEARS];
}

function isComplete({ status }: Job): boolean {
  return status?.conditions?.some((each) => each.type === 'Complete' && each.status === 'True') === true;
}
