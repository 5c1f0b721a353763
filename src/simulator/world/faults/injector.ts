import type { Kit } from '../kit.ts';
import type { Held } from '../kubelet/eviction.ts';
import type { Sickness } from '../sickness.ts';
import type { FaultSpec } from '../spec.ts';
import { faultKind, type FaultContext, type FaultKind } from './table.ts';

/** What is wrong with the world, for tests and demos; the product never sees it. */
export interface Truth {
  readonly fault: FaultSpec;
  /** Epoch milliseconds; absent before the onset. */
  readonly startedAt?: number;
  /** Whether its cause is in the world now: false before the onset, and once a cure took it away. */
  readonly present: boolean;
}

export interface Injector {
  /** Takes effect at the next tick after its onset. A fault of the same id is cleared first. */
  inject(fault: FaultSpec): void;
  clear(faultId: string): void;
  /** Begins and ends what is due. */
  step(): void;
  truth(): readonly Truth[];
}

interface Pending {
  readonly fault: FaultSpec;
  readonly injectedAt: number;
  startedAt: number | undefined;
}

const MOST_FAULTS = 1_000;

export function makeInjector(deps: {
  readonly kit: Kit;
  readonly sickness: Sickness;
  /** What the pods of a node hold now. */
  readonly heldOn: (node: string) => Held;
}): Injector {
  const { kit, sickness, heldOn } = deps;
  const faults = kit.keep('faults', () => new Map<string, Pending>());

  function contextOf(fault: FaultSpec): FaultContext {
    return { kit, sickness, heldOn, fault, strength: fault.strength ?? kindOf(fault).strength.default };
  }

  function clear(faultId: string): void {
    const pending = faults.get(faultId);
    if (pending === undefined) {
      return;
    }
    faults.delete(faultId);
    if (pending.startedAt !== undefined) {
      kindOf(pending.fault).stop?.(contextOf(pending.fault));
    }
    for (const layer of Object.values(sickness)) {
      layer.clear(faultId);
    }
  }

  function step(): void {
    for (const [id, pending] of faults) {
      const { fault } = pending;
      if (pending.startedAt === undefined && kit.now() >= pending.injectedAt + (fault.onsetSeconds ?? 0) * 1_000) {
        pending.startedAt = kit.now();
        kindOf(fault).start(contextOf(fault));
      }
      if (pending.startedAt === undefined) {
        continue;
      }
      const kind = kindOf(fault);
      const seconds = (kit.now() - pending.startedAt) / 1_000;
      kind.step?.(contextOf(fault), seconds);
      const duration = fault.durationSeconds ?? kind.lastsSeconds;
      if (duration !== undefined && seconds >= duration) {
        clear(id);
      }
    }
  }

  return {
    inject(fault) {
      clear(fault.id);
      if (faults.size >= MOST_FAULTS) {
        throw new RangeError(`more than ${MOST_FAULTS} faults at once`);
      }
      faults.set(fault.id, { fault, injectedAt: kit.now(), startedAt: undefined });
    },
    clear,
    step,
    truth: () =>
      [...faults.values()].map(({ fault, startedAt }) => ({
        fault,
        ...(startedAt === undefined ? {} : { startedAt }),
        present: startedAt !== undefined && isPresent(contextOf(fault)),
      })),
  };
}

function kindOf(fault: FaultSpec): FaultKind {
  return faultKind(fault.kind);
}

function isPresent(context: FaultContext): boolean {
  const kind = kindOf(context.fault);
  return (
    kind.present?.(context) ??
    Object.values(context.sickness).some((layer) => layer.keysOf(context.fault.id).length > 0)
  );
}
