import { makeMemory, type Keeper } from './memory.ts';
import type { ServiceKey } from './spec.ts';

/** What an illness does to a running container. All effects on one container add up. */
export interface Effect {
  /** The process ends by itself so long after its start. */
  readonly crash?: { readonly afterSeconds: number; readonly exitCode: number; readonly log: string };
  /** Additional share of failing requests. */
  readonly errorRatio?: number;
  readonly latencyFactor?: number;
  readonly leakBytesPerSecond?: number;
  /** What the process needs besides its usual memory; it takes that within its first seconds. Bytes. */
  readonly memoryBytes?: number;
  /** CPU that the process burns for nothing, in CPU limits (in cores where it has none). */
  readonly spins?: number;
  /** CPU that short bursts ask for, in cores over all pods of the service; the mean does not show them. */
  readonly burstCores?: number;
  /** The process answers nothing, not even its probes. */
  readonly hung?: boolean;
  /** The image cannot be pulled (true), or can again although its registry's name does not resolve (false). */
  readonly unpullable?: boolean;
  /** Only this process of the pod (counted from 1) has the effect: it ends with the process. */
  readonly process?: number;
}

/**
 * The illnesses that are in the world now, by what they sit in. An image carries its effect into every pod that runs it, a
 * pod takes its effect with it when it goes, a service's effect is outside its pods: that decides what can cure it.
 */
export interface Sickness {
  readonly images: Layer<Effect>;
  readonly services: Layer<Effect>;
  readonly pods: Layer<Effect>;
  /** Factors on the requests that come from outside, by service. */
  readonly traffic: Layer<number>;
  /** Failure ratios of dependencies outside the world, by calling service. */
  readonly externals: Layer<number>;
  /** Seconds that each call of a service to outside (to anybody, where it calls nobody outside) takes longer, by calling service. */
  readonly slowness: Layer<number>;
  /** Connections that the database of a service has left for all its pods together, by service. */
  readonly pools: Layer<number>;
  /** How often callers send a request again that failed, by the service that they call. */
  readonly retries: Layer<number>;
  /** Share of connections to a service that fail before a request is sent, by service. */
  readonly handshakes: Layer<number>;
  /** Share of look-ups of names that fail, under `cluster`. */
  readonly names: Layer<number>;
  /** Volumes that fill up, by service. */
  readonly volumes: Layer<Filling>;
  /** Nodes whose kubelet is silent, with the time since when. Epoch milliseconds. */
  readonly nodes: Layer<number>;
  /** What processes beside the pods take away, by node. */
  readonly hosts: Layer<HostEffect>;
}

export interface Filling {
  /** Epoch milliseconds. */
  readonly since: number;
  /** Share of the volume. */
  readonly perSecond: number;
}

export interface HostEffect {
  /** Bytes that a process of the host holds: `bytes` at `since`, growing to `most`. */
  readonly memory?: {
    readonly since: number;
    readonly bytes: number;
    readonly perSecond: number;
    readonly most: number;
  };
  /** Share of the node's CPU that the pods cannot have. */
  readonly cpuShare?: number;
}

/** The key of what befalls the whole cluster. */
export const CLUSTER = 'cluster';

/** Values by the thing they sit in and the fault that put them there. */
export interface Layer<Value> {
  set(key: string, faultId: string, value: Value): void;
  of(key: string): readonly Value[];
  /** The things in which this fault sits. */
  keysOf(faultId: string): readonly string[];
  /** Removes one thing with all that sits in it: it has ended. */
  drop(key: string): void;
  clear(faultId: string): void;
}

/** Without a memory nobody can fork it. */
export function makeSickness(memory: Keeper = makeMemory()): Sickness {
  return {
    images: makeLayer(memory, 'images'),
    services: makeLayer(memory, 'services'),
    pods: makeLayer(memory, 'pods'),
    traffic: makeLayer(memory, 'traffic'),
    externals: makeLayer(memory, 'externals'),
    slowness: makeLayer(memory, 'slowness'),
    pools: makeLayer(memory, 'pools'),
    retries: makeLayer(memory, 'retries'),
    handshakes: makeLayer(memory, 'handshakes'),
    names: makeLayer(memory, 'names'),
    volumes: makeLayer(memory, 'volumes'),
    nodes: makeLayer(memory, 'nodes'),
    hosts: makeLayer(memory, 'hosts'),
  };
}

function makeLayer<Value>(memory: Keeper, name: keyof Sickness): Layer<Value> {
  const values = memory.keep(`sickness/${name}`, () => new Map<string, Map<string, Value>>());
  return {
    set(key, faultId, value) {
      const here = values.get(key) ?? new Map<string, Value>();
      values.set(key, here);
      here.set(faultId, value);
    },
    of: (key) => {
      // Nearly everything is well nearly always.
      const here = values.size === 0 ? undefined : values.get(key);
      return here === undefined ? NONE : [...here.values()];
    },
    keysOf: (faultId) => [...values].filter(([, here]) => here.has(faultId)).map(([key]) => key),
    drop: (key) => void values.delete(key),
    clear(faultId) {
      for (const [key, here] of values) {
        here.delete(faultId);
        if (here.size === 0) {
          values.delete(key);
        }
      }
    },
  };
}

const NONE: readonly never[] = Object.freeze([]);

/** Whose effects are asked for. */
export interface Patient {
  readonly service: ServiceKey | undefined;
  readonly podUid: string;
  readonly image: string;
  readonly process: number;
}

/** The sum of all effects on a container. Error ratios combine as independent failures. */
export function effectOn(sickness: Sickness, patient: Patient): Effect {
  const image = sickness.images.of(patient.image);
  const service = patient.service === undefined ? [] : sickness.services.of(patient.service);
  const pod = sickness.pods.of(patient.podUid);
  if (image.length + service.length + pod.length === 0) {
    return NO_EFFECT;
  }
  const effects = [...image, ...service, ...pod].filter(
    (effect) => effect.process === undefined || effect.process === patient.process,
  );
  const [only, second] = effects;
  if (only === undefined || second === undefined) {
    return only ?? NO_EFFECT;
  }
  const sum = (pick: (effect: Effect) => number | undefined): number =>
    effects.reduce((total, effect) => total + (pick(effect) ?? 0), 0);
  const crash = effects.find((effect) => effect.crash !== undefined)?.crash;
  return {
    ...(crash === undefined ? {} : { crash }),
    errorRatio: 1 - effects.reduce((served, effect) => served * (1 - (effect.errorRatio ?? 0)), 1),
    latencyFactor: effects.reduce((factor, effect) => factor * (effect.latencyFactor ?? 1), 1),
    leakBytesPerSecond: sum((effect) => effect.leakBytesPerSecond),
    memoryBytes: sum((effect) => effect.memoryBytes),
    spins: sum((effect) => effect.spins),
    burstCores: sum((effect) => effect.burstCores),
    hung: effects.some((effect) => effect.hung === true),
  };
}

const NO_EFFECT: Effect = Object.freeze({});

/** The share that is left of something of which each fault takes its own share. */
export function leftOf(shares: readonly number[]): number {
  return shares.length === 0 ? 1 : shares.reduce((left, share) => left * (1 - share), 1);
}

/** Whether an image can be pulled. The top-level domain `invalid` never resolves (RFC 2606). */
export function isPullable(sickness: Sickness, image: string): boolean {
  const said = sickness.images.of(image).find((effect) => effect.unpullable !== undefined)?.unpullable;
  const host = image.includes('/') ? (image.split('/')[0] ?? '') : '';
  return said === undefined ? !/\.invalid(?::[0-9]+)?$/.test(host) : !said;
}
