import type { Machines } from '../controllers/node.ts';
import type { PodObject } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import type { Kubelet } from '../kubelet/kubelet.ts';
import type { Profiles } from '../profiles.ts';
import { makeHistory, type History } from './history.ts';
import type { Traffic } from './traffic.ts';
import { newUsage, type PodUsage } from './usage.ts';

/** How often a sample is taken, as a scrape interval. */
const SAMPLE_MS = 5_000;
const POD_HISTORY_MS = 660_000;
const SERVICE_HISTORY_MS = 4_000_000;

/** Samples of every pod for eleven minutes and of every service for an hour and a bit. */
export interface Recorder {
  /** Takes a sample when one is due. */
  step(): void;
  /** By pod uid. */
  readonly pods: History;
  /** By service; these go on when pods come and go. */
  readonly services: History;
}

/** What of a pod has been added to its service's total. */
type Counted = Pick<PodUsage, 'ok' | 'failed' | 'buckets'>;

export function makeRecorder(deps: {
  readonly kit: Kit;
  readonly kubelet: Kubelet;
  readonly traffic: Traffic;
  readonly profiles: Profiles;
  readonly machines: Machines;
}): Recorder {
  const { kit } = deps;
  const state = kit.keep('recorder', () => ({
    pods: makeHistory(POD_HISTORY_MS),
    services: makeHistory(SERVICE_HISTORY_MS),
    totals: new Map<string, PodUsage>(),
    counted: new Map<string, Counted>(),
    lastAt: Number.NEGATIVE_INFINITY,
  }));
  const { pods, services, totals, counted } = state;

  function step(): void {
    const now = kit.now();
    if (now - state.lastAt < SAMPLE_MS) {
      return;
    }
    state.lastAt = now;
    let present = 0;
    for (const pod of kit.list('pods')) {
      const { uid } = pod.metadata;
      const usage = deps.traffic.usage(uid);
      const run = deps.kubelet.runs(uid)[0];
      if (usage === undefined || run === undefined || !isScraped(pod)) {
        continue;
      }
      present += 1;
      pods.add(uid, now, usage, run);
      addTo(deps.profiles.of(pod).service, uid, usage);
    }
    // Everything present is counted, so with as many there is nothing else.
    if (counted.size > present) {
      forgetGone();
    }
    for (const [service, total] of totals) {
      services.add(service, now, total, NO_RUN);
    }
  }

  function isScraped(pod: PodObject): boolean {
    return deps.machines.silentSince(pod.spec?.nodeName ?? '') === undefined;
  }

  function isSampled(pod: PodObject): boolean {
    const { uid } = pod.metadata;
    return deps.traffic.usage(uid) !== undefined && deps.kubelet.runs(uid).length > 0 && isScraped(pod);
  }

  function addTo(service: string | undefined, uid: string, usage: PodUsage): void {
    const before = countedOf(uid);
    if (service !== undefined) {
      const total = totals.get(service) ?? newUsage();
      totals.set(service, total);
      total.ok += usage.ok - before.ok;
      total.failed += usage.failed - before.failed;
      for (let index = 0; index < usage.buckets.length; index += 1) {
        const count = usage.buckets[index] ?? 0;
        total.buckets[index] = (total.buckets[index] ?? 0) + count - (before.buckets[index] ?? 0);
      }
    }
    before.ok = usage.ok;
    before.failed = usage.failed;
    for (let index = 0; index < usage.buckets.length; index += 1) {
      before.buckets[index] = usage.buckets[index] ?? 0;
    }
  }

  function countedOf(uid: string): Counted {
    let before = counted.get(uid);
    if (before === undefined) {
      const { ok, failed, buckets } = newUsage();
      before = { ok, failed, buckets };
      counted.set(uid, before);
    }
    return before;
  }

  function forgetGone(): void {
    const present = new Set(
      kit
        .list('pods')
        .filter(isSampled)
        .map(({ metadata }) => metadata.uid),
    );
    for (const uid of counted.keys()) {
      if (!present.has(uid)) {
        counted.delete(uid);
      }
    }
    pods.forgetOlderThan(kit.now() - POD_HISTORY_MS);
  }

  return { step, pods, services };
}

const NO_RUN = { restarts: 0, memory: 0 };
