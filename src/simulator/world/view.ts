import type { Kit } from './kit.ts';
import type { PodObject } from './kinds.ts';
import type { ContainerRun } from './kubelet/run.ts';
import type { PodUsage } from './load/usage.ts';

/** What exporters see of a world. */
export interface WorldView {
  readonly kit: Kit;
  runs(podUid: string): readonly ContainerRun[];
  usage(podUid: string): PodUsage | undefined;
  /** Share of a node's CPU that something beside its pods holds. */
  cpuTaken(node: string): number;
  /** Whether anybody can ask the pod and its kubelet: not while its node is silent. */
  isScraped(pod: PodObject): boolean;
  /** Name of the Service that a pod belongs to; undefined for pods without one. */
  serviceOf(pod: PodObject): string | undefined;
  /** Where the process in a pod takes a request to reset itself; undefined where it does not. */
  healPathOf(pod: PodObject): string | undefined;
  /** The claims that a pod mounts, with how full they are. */
  volumesOf(pod: PodObject): readonly Volume[];
}

export interface Volume {
  readonly claim: string;
  /** Bytes. */
  readonly capacity: number;
  readonly used: number;
}
