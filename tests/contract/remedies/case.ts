import type { Remedy } from '../../../src/act/remedy.ts';
import type { CauseName, Signals } from '../../../src/domain/diagnosis.ts';
import type { Decided } from '../../../src/domain/incident.ts';
import type { Located } from '../../../src/domain/location.ts';
import type { Policy } from '../../../src/domain/policy.ts';
import type { Intent, RefusalCode } from '../../../src/domain/remedy.ts';
import type { ObjectStore } from '../../../src/simulator/objects.ts';
import type { ServiceSpec, WorldSpec } from '../../../src/simulator/world/spec.ts';
import type { World } from '../../../src/simulator/world/world.ts';

/** A remedy with the worlds in which it is proved. One file of `cases/` each, listed in `cases/index.ts`. */
export interface RemedyCase {
  readonly remedy: Remedy;
  /** Worlds in which it applies. Every right that the remedy declares must be used in one of them. */
  readonly worlds: readonly [RemedyWorld, ...RemedyWorld[]];
  /** Situations in which it is refused, besides those that every remedy meets: one at least for each code it declares. */
  readonly refusals: readonly RefusalRow[];
  /**
   * `refuses`: `consider` never lets it through, and it is planned without being asked. Left out for all others.
   */
  readonly considered?: 'refuses';
  /** Whether twice as many ready pods make it cost more. */
  readonly disruption: 'grows' | 'constant';
}

export interface RemedyWorld {
  /** What is special about it: a kind, a way to write. */
  readonly name: string;
  readonly services: readonly ServiceSpec[];
  readonly more?: Partial<WorldSpec>;
  /** What happened before anybody looked. */
  readonly arrange?: (hands: LivingHands) => void;
  /** Where the illness is: the first service as a whole unless given. */
  readonly located?: (objects: ObjectStore) => Partial<Located>;
  readonly cause: CauseName;
  readonly signals?: Signals;
  /** How long ago the alert began; a minute unless given. */
  readonly symptomAgeSeconds?: number;
  readonly policy?: PolicyChange;
  /** What must be seen in the cluster once it lives on after the writes; throws by `expect`. */
  readonly effect: (after: After) => void;
  /** Taken back in the way in which AutoHeal itself does it later, instead of by the undo. */
  readonly takenBack?: 'by what the intent says instead';
  /** Requests of the plan that may fail without refusing the remedy, each with the reason: `GET /path`. */
  readonly spares?: readonly { readonly request: RegExp; readonly why: string }[];
}

export type PolicyChange = Partial<Omit<Policy, 'limits'>> & { readonly limits?: Partial<Policy['limits']> };

/** Somebody else's hands on the cluster. */
export interface Hands {
  readonly objects: ObjectStore;
  /** Epoch milliseconds. */
  readonly now: number;
}

export interface LivingHands extends Hands {
  readonly world: World;
  /** Lets the cluster live for so many seconds. */
  readonly run: (seconds: number) => void;
}

export interface After extends LivingHands {
  readonly intent: Intent;
}

export interface RefusalRow {
  readonly code: RefusalCode;
  /** The situation, in words. */
  readonly when: string;
  /** Of the case's worlds, by name; the first one unless given. */
  readonly world?: string;
  /** What somebody does to the cluster ... */
  readonly arrange?: (hands: Hands) => void;
  /** ... `before` anybody looks, so that the evidence shows it (unless given), or `after` that, so that only the plan can see it. */
  readonly at?: 'before' | 'after';
  readonly incident?: (incident: Decided) => Decided;
  readonly policy?: PolicyChange;
  /** A resource that AutoHeal has no right to read here. */
  readonly mayNot?: string;
}
