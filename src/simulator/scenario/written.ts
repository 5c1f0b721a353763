import type { NodeGroupSpec, ServiceSpec } from '../world/spec.ts';
import type { Role } from './estimate.ts';
import type { AnyKind } from './fitness.ts';
import type { TopologyOptions } from './topology.ts';

/** A scenario as its file says it, after the schema has been checked: what is left out is undefined. */
export interface Scenario {
  readonly version: 1;
  readonly name: string;
  readonly description?: string;
  readonly seed?: number;
  readonly durationSeconds?: number;
  /** `HH:MM`, UTC. */
  readonly startsAt?: string;
  readonly world: WrittenWorld;
  readonly faults: readonly WrittenFault[];
  readonly policy?: object;
  readonly config?: object;
}

export interface WrittenWorld {
  readonly demo?: true;
  readonly topology?: Omit<TopologyOptions, 'seed'> & { readonly seed?: number };
  readonly services?: readonly WrittenService[];
  readonly nodes?: readonly {
    readonly name: string;
    readonly cpu?: string;
    readonly memory?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly group?: string;
  }[];
  readonly nodeGroups?: readonly NodeGroupSpec[];
  readonly platform?: boolean;
  readonly prehistorySeconds?: number;
  readonly overrides?: Readonly<Record<string, WrittenOverride>>;
}

export interface WrittenLoad {
  readonly rootRate?: number;
  readonly cpuMillisPerRequest?: number;
  readonly idleCpuMillis?: number;
  readonly latencySeconds?: number;
  readonly errorRatio?: number;
  readonly calls?: readonly (
    string | { readonly to: string; readonly perRequest?: number; readonly required?: boolean }
  )[];
  readonly externals?: readonly { readonly name: string; readonly perRequest?: number }[];
}

type Plain = Omit<ServiceSpec, 'namespace' | 'name' | 'requests' | 'load' | 'autoscaler'>;

/** The fields of a service that a file may give, each of which may be left out. */
export interface WrittenFields extends Partial<Plain> {
  readonly requests?: { readonly cpu?: string; readonly memory?: string };
  readonly load?: WrittenLoad;
  readonly autoscaler?: Omit<NonNullable<ServiceSpec['autoscaler']>, 'cpuPercent'> & { readonly cpuPercent?: number };
}

export interface WrittenService extends WrittenFields {
  readonly name: string;
  readonly namespace?: string;
}

/** Null takes away. */
export type WrittenOverride = { readonly [Field in keyof WrittenFields]?: WrittenFields[Field] | null };

export interface WrittenFault {
  readonly kind: AnyKind;
  readonly id?: string;
  readonly target?: string | WrittenTarget;
  readonly onsetSeconds?: number;
  readonly durationSeconds?: number;
  readonly strength?: number;
}

export interface WrittenTarget {
  readonly namespace?: string;
  readonly service?: string;
  readonly node?: string;
  readonly role?: Role;
}
