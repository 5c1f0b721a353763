import type { Machines } from '../controllers/node.ts';
import type { Kit } from '../kit.ts';
import type { Kubelet } from '../kubelet/kubelet.ts';
import type { Profiles } from '../profiles.ts';
import { makeHistory, sampleOf, type History, type Sample } from './history.ts';
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

export function makeRecorder(deps: {
  readonly kit: Kit;
  readonly kubelet: Kubelet;
  readonly traffic: Traffic;
  readonly profiles: Profiles;
  readonly machines: Machines;
}): Recorder {
  const { kit } = deps;
  const pods = makeHistory(POD_HISTORY_MS);
  const services = makeHistory(SERVICE_HISTORY_MS);
  const totals = new Map<string, PodUsage>();
  const last = new Map<string, Sample>();
  let lastAt = Number.NEGATIVE_INFINITY;

  function step(): void {
    const now = kit.now();
    if (now - lastAt < SAMPLE_MS) {
      return;
    }
    lastAt = now;
    const present = new Set<string>();
    for (const pod of kit.list('pods')) {
      const { uid } = pod.metadata;
      const usage = deps.traffic.usage(uid);
      const run = deps.kubelet.runs(uid)[0];
      const scraped = deps.machines.silentSince(pod.spec?.nodeName ?? '') === undefined;
      if (usage === undefined || run === undefined || !scraped) {
        continue;
      }
      present.add(uid);
      const sample = sampleOf(usage, now, run);
      pods.add(uid, sample);
      const { service } = deps.profiles.of(pod);
      if (service !== undefined) {
        addTo(service, sample, last.get(uid));
      }
      last.set(uid, sample);
    }
    forgetGone(present);
    for (const [service, total] of totals) {
      services.add(service, sampleOf(total, now, NO_RUN));
    }
  }

  function addTo(service: string, sample: Sample, before: Sample | undefined): void {
    const total = totals.get(service) ?? newUsage();
    totals.set(service, total);
    total.ok += sample.ok - (before?.ok ?? 0);
    total.failed += sample.failed - (before?.failed ?? 0);
    for (const [index, count] of sample.buckets.entries()) {
      total.buckets[index] = (total.buckets[index] ?? 0) + count - (before?.buckets[index] ?? 0);
    }
  }

  function forgetGone(present: ReadonlySet<string>): void {
    for (const uid of last.keys()) {
      if (!present.has(uid)) {
        last.delete(uid);
      }
    }
    pods.forgetOlderThan(kit.now() - POD_HISTORY_MS);
  }

  return { step, pods, services };
}

const NO_RUN = { restarts: 0, memory: 0 };
