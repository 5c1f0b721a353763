import type { Random } from '../world/random.ts';
import type { CallSpec } from '../world/spec.ts';
import { between, oneOf, rounded, shuffled, wholeBetween } from './dice.ts';
import { makeNames, type NameKind } from './topology-names.ts';

/** A service before it has a size: where it stands, what it calls, and how it answers in good health. */
export interface Vertex {
  readonly name: string;
  readonly namespace: string;
  readonly kind: NameKind | 'fallback';
  /** 0 for gateways; calls only go to higher ones. */
  readonly layer: number;
  readonly latencySeconds: number;
  readonly errorRatio: number;
  readonly rootRate: number;
  readonly calls: CallSpec[];
  readonly externals: { readonly name: string; readonly perRequest: number }[];
  /** Name of the vertex that can stand in for it. */
  fallback?: string;
}

export interface GraphOptions {
  readonly services: number;
  /** Layers between the gateways and the leaves. */
  readonly middleLayers: number;
  /** Calls that a service makes at most. */
  readonly fanOut: number;
  readonly namespaces: readonly string[];
}

/** What a service with everything below it may take and lose at the mean of the day, so that no shipped alert is near. */
const MOST_SECONDS = 0.12;
const MOST_ERRORS = 0.005;
/** What the simulator takes a call to outside to cost. */
const EXTERNAL = { seconds: 0.05, errors: 0.001 };
const OUTSIDE = ['bank', 'mail', 'maps', 'sms', 'identity', 'ads', 'weather', 'customs'];

/** Layers of services that call downwards. Every service but the gateways and the fallbacks has a caller. */
export function makeGraph(random: Random, options: GraphOptions): readonly Vertex[] {
  const vertices = makeVertices(random, options);
  const serving = vertices.filter(({ kind }) => kind !== 'fallback');
  for (const vertex of serving.filter(({ layer }) => layer > 0)) {
    const caller = callerFor(random, vertex, serving);
    if (caller !== undefined) connect(random, caller, vertex);
  }
  for (const vertex of serving) {
    const wanted = wholeBetween(random, 1, options.fanOut) - vertex.calls.length;
    for (const callee of shuffled(random, calleesFor(vertex, serving)).slice(0, Math.max(0, wanted))) {
      connect(random, vertex, callee);
    }
    callOutside(random, vertex);
  }
  needOutside(random, serving);
  return settle(vertices);
}

interface Cost {
  seconds: number;
  errors: number;
}

function makeVertices(random: Random, { services, middleLayers, namespaces }: GraphOptions): readonly Vertex[] {
  const nameOf = makeNames(random);
  const gateways = Math.max(1, Math.round(services * between(random, 0.06, 0.11)));
  const stateful = Math.max(1, Math.round(services * between(random, 0.1, 0.16)));
  const fallbacks = Math.max(1, Math.round(services * 0.06));
  const leaves = Math.max(2, Math.round(services * between(random, 0.22, 0.32)));
  const middles = services - gateways - stateful - fallbacks - leaves;
  const bottom = middleLayers + 1;
  const made: Vertex[] = [];
  const add = (kind: NameKind, layer: number): void => void made.push(aVertex(random, nameOf(kind), kind, layer));
  for (let index = 0; index < gateways; index += 1) add('gateway', 0);
  for (let index = 0; index < middles; index += 1) add('middle', 1 + (index % middleLayers));
  for (let index = 0; index < leaves; index += 1) add('leaf', bottom);
  for (let index = 0; index < stateful; index += 1) add('stateful', bottom);
  const placed = made.map((vertex) => ({ ...vertex, namespace: namespaceOf(random, vertex, namespaces) }));
  const covered = shuffled(
    random,
    placed.filter(({ kind }) => kind === 'middle' || kind === 'leaf'),
  ).slice(0, fallbacks);
  for (const vertex of covered) vertex.fallback = `${vertex.name}-fallback`;
  return [...placed, ...covered.map((vertex) => fallbackOf(random, vertex))];
}

function aVertex(random: Random, name: string, kind: NameKind, layer: number): Vertex {
  const [fastest, slowest] = kind === 'stateful' ? [0.001, 0.004] : kind === 'leaf' ? [0.005, 0.02] : [0.008, 0.03];
  return {
    name,
    kind,
    layer,
    namespace: '',
    calls: [],
    externals: [],
    latencySeconds: rounded(between(random, fastest, slowest), 2),
    errorRatio: rounded(between(random, 2e-4, 0.001), 2),
    rootRate: kind === 'gateway' ? Math.round(between(random, 20, 90)) : 0,
  };
}

/** Gateways stand in the first namespace; what keeps data, in the last. */
function namespaceOf(random: Random, { kind }: Vertex, namespaces: readonly string[]): string {
  const [first = 'shop'] = namespaces;
  if (kind === 'gateway') return first;
  return (kind === 'stateful' ? namespaces.at(-1) : oneOf(random, namespaces)) ?? first;
}

/** Something simple that answers from what it has, and calls nobody. */
function fallbackOf(random: Random, { name, namespace, layer }: Vertex): Vertex {
  return {
    name: `${name}-fallback`,
    namespace,
    layer,
    kind: 'fallback' as const,
    rootRate: 0,
    calls: [],
    externals: [],
    latencySeconds: rounded(between(random, 0.004, 0.01), 2),
    errorRatio: 5e-4,
  };
}

function callOutside(random: Random, { kind, externals }: Vertex): void {
  const talkative = kind === 'leaf' ? 0.4 : kind === 'middle' ? 0.2 : 0;
  const name = oneOf(random, OUTSIDE);
  if (random() < talkative && name !== undefined) {
    externals.push({ name, perRequest: rounded(between(random, 0.4, 1), 2) });
  }
}

/** Somebody calls the outside in every world, so that every kind of fault can befall it. */
function needOutside(random: Random, serving: readonly Vertex[]): void {
  const busy = serving.find(({ kind, layer }) => kind === 'middle' && layer === 1);
  if (serving.every(({ externals }) => externals.length === 0)) {
    busy?.externals.push({ name: oneOf(random, OUTSIDE) ?? 'bank', perRequest: 0.8 });
  }
}

/** One of a higher layer, mostly of the next one, and sooner one that calls few. */
function callerFor(random: Random, callee: Vertex, serving: readonly Vertex[]): Vertex | undefined {
  const weighted = serving
    .filter(({ layer, kind }) => layer < callee.layer && (kind === 'gateway' || kind === 'middle'))
    .map((vertex) => {
      const near = vertex.layer === callee.layer - 1 ? 3 : 1;
      return { vertex, weight: (random() * near) / (1 + vertex.calls.length) };
    });
  return weighted.toSorted((a, b) => b.weight - a.weight)[0]?.vertex;
}

/** Whom a service could call besides: leaves and what keeps data call nobody. */
function calleesFor(caller: Vertex, serving: readonly Vertex[]): readonly Vertex[] {
  if (caller.kind !== 'gateway' && caller.kind !== 'middle') return [];
  const called = new Set(caller.calls.map(({ to }) => to));
  return serving.filter(({ layer }) => layer > caller.layer).filter((other) => !called.has(addressOf(caller, other)));
}

function addressOf(caller: Vertex, callee: Vertex): string {
  return caller.namespace === callee.namespace ? callee.name : `${callee.namespace}/${callee.name}`;
}

function connect(random: Random, caller: Vertex, callee: Vertex): void {
  const isData = callee.kind === 'stateful';
  const perRequest = isData ? between(random, 0.5, 2) : between(random, 0.2, 1.1);
  caller.calls.push({ to: addressOf(caller, callee), perRequest, required: isData || random() < 0.8 });
}

/** Makes every service call as seldom as it must to stay within what it may take and lose, from the bottom up. */
function settle(vertices: readonly Vertex[]): readonly Vertex[] {
  const costs = new Map<string, Cost>();
  const settled = new Map<Vertex, Vertex>();
  for (const vertex of vertices.toSorted((a, b) => b.layer - a.layer)) {
    const outside = vertex.externals.reduce((sum, { perRequest }) => sum + perRequest, 0);
    const own = {
      seconds: vertex.latencySeconds + outside * EXTERNAL.seconds,
      errors: vertex.errorRatio + outside * EXTERNAL.errors,
    };
    const below = { seconds: 0, errors: 0 };
    for (const call of vertex.calls) {
      const cost = costs.get(keyOf(vertex, call)) ?? below;
      below.seconds += call.perRequest * cost.seconds;
      below.errors += call.perRequest * cost.errors;
    }
    const room = [(MOST_SECONDS - own.seconds) / below.seconds, (MOST_ERRORS - own.errors) / below.errors];
    const factor = below.seconds === 0 ? 1 : Math.min(1, ...room);
    costs.set(`${vertex.namespace}/${vertex.name}`, {
      seconds: own.seconds + factor * below.seconds,
      errors: own.errors + factor * below.errors,
    });
    const calls = vertex.calls.map((call) => ({ ...call, perRequest: rounded(call.perRequest * factor, 2) }));
    settled.set(vertex, { ...vertex, calls });
  }
  return vertices.map((vertex) => settled.get(vertex) ?? vertex);
}

function keyOf({ namespace }: Vertex, { to }: CallSpec): string {
  return to.includes('/') ? to : `${namespace}/${to}`;
}
