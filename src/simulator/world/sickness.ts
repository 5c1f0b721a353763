import type { ServiceKey } from './spec.ts';

/** What an illness does to a running container. All effects on one container add up. */
export interface Effect {
  /** The process ends by itself so long after its start. */
  readonly crash?: { readonly afterSeconds: number; readonly exitCode: number; readonly log: string };
  /** Additional share of failing requests. */
  readonly errorRatio?: number;
  readonly latencyFactor?: number;
  readonly leakBytesPerSecond?: number;
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
  /** Nodes whose kubelet is silent, with the time since when. Epoch milliseconds. */
  readonly nodes: Layer<number>;
}

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

export function makeSickness(): Sickness {
  return {
    images: makeLayer(),
    services: makeLayer(),
    pods: makeLayer(),
    traffic: makeLayer(),
    externals: makeLayer(),
    nodes: makeLayer(),
  };
}

function makeLayer<Value>(): Layer<Value> {
  const values = new Map<string, Map<string, Value>>();
  return {
    set(key, faultId, value) {
      const here = values.get(key) ?? new Map<string, Value>();
      values.set(key, here);
      here.set(faultId, value);
    },
    of: (key) => [...(values.get(key)?.values() ?? [])],
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

/** Whose effects are asked for. */
export interface Patient {
  readonly service: ServiceKey | undefined;
  readonly podUid: string;
  readonly image: string;
  readonly process: number;
}

/** The sum of all effects on a container. Error ratios combine as independent failures. */
export function effectOn(sickness: Sickness, patient: Patient): Effect {
  const effects = [
    ...sickness.images.of(patient.image),
    ...(patient.service === undefined ? [] : sickness.services.of(patient.service)),
    ...sickness.pods.of(patient.podUid),
  ].filter((effect) => effect.process === undefined || effect.process === patient.process);
  const [only, second] = effects;
  if (only === undefined || second === undefined) {
    return only ?? NO_EFFECT;
  }
  const crash = effects.find((effect) => effect.crash !== undefined)?.crash;
  return {
    ...(crash === undefined ? {} : { crash }),
    errorRatio: 1 - effects.reduce((served, effect) => served * (1 - (effect.errorRatio ?? 0)), 1),
    latencyFactor: effects.reduce((factor, effect) => factor * (effect.latencyFactor ?? 1), 1),
    leakBytesPerSecond: effects.reduce((total, effect) => total + (effect.leakBytesPerSecond ?? 0), 0),
    hung: effects.some((effect) => effect.hung === true),
  };
}

const NO_EFFECT: Effect = Object.freeze({});

/** Whether an image can be pulled. The top-level domain `invalid` never resolves (RFC 2606). */
export function isPullable(sickness: Sickness, image: string): boolean {
  const said = sickness.images.of(image).find((effect) => effect.unpullable !== undefined)?.unpullable;
  const host = image.includes('/') ? (image.split('/')[0] ?? '') : '';
  return said === undefined ? !/\.invalid(?::[0-9]+)?$/.test(host) : !said;
}
