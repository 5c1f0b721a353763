import { CLUSTER } from '../sickness.ts';
import { CONNECTIONS_PER_POD } from '../load/below.ts';
import type { Kinds } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import type { FaultSpec } from '../spec.ts';
import { podsOfService, serviceKeyOf } from './targets.ts';
import type { FaultContext, FaultKind } from './targets.ts';

/** How long the surge lasts that begins a storm of retries. */
const TRIGGER_SECONDS = 60;
const TRIGGER_FACTOR = 6;

const OUTSIDE = { cures: ['run-job'], eases: [], sideEffects: 'its callers fail with it' } as const;

/** Illnesses that come from the requests, and from what the service depends on. */
export const LOAD_FAULTS = {
  overload: {
    does: 'multiplies the requests that reach the service; the additional ones it answers by itself, without its dependencies',
    curedBy: 'enough replicas, while it lasts',
    cures: ['scale-up', 'ensure-hpa'],
    eases: ['resize'],
    sideEffects: 'its callers fail with it',
    strength: { means: 'factor', default: 3 },
    start: ({ sickness, fault, strength }) => sickness.traffic.set(serviceKeyOf(fault), fault.id, strength),
  },
  'traffic-spike': {
    does: 'multiplies the requests that reach the service for some minutes',
    curedBy: 'waiting; more replicas help until then',
    cures: ['none'],
    eases: ['scale-up', 'ensure-hpa', 'resize'],
    sideEffects: 'its callers fail with it',
    lastsSeconds: 420,
    strength: { means: 'factor', default: 4 },
    start: ({ sickness, fault, strength }) => sickness.traffic.set(serviceKeyOf(fault), fault.id, strength),
  },
  'retry-storm': {
    does: 'a surge of a minute makes requests fail, and the callers send each of those again: that keeps the service down after it',
    curedBy: 'enough replicas for a while, until nothing fails any more',
    cures: ['scale-up', 'ensure-hpa'],
    eases: ['resize'],
    sideEffects: 'its callers fail with it',
    strength: { means: 'how often a request that failed is sent again, by all callers above each other', default: 16 },
    start: ({ sickness, fault, strength }) => {
      sickness.traffic.set(serviceKeyOf(fault), fault.id, TRIGGER_FACTOR);
      sickness.retries.set(serviceKeyOf(fault), fault.id, strength);
    },
    step: ({ sickness, fault }, seconds) => {
      if (seconds >= TRIGGER_SECONDS) {
        sickness.traffic.clear(fault.id);
      }
    },
  },
  'bad-hpa-bounds': {
    does: 'the maximum of the autoscaler is set to the replicas of the moment (or one above its minimum), and the load grows beyond them',
    curedBy: 'a higher maximum',
    cures: ['scale-up'],
    eases: ['resize'],
    sideEffects: 'its callers fail with it',
    strength: { means: 'factor on the requests', default: 4 },
    start: (context) => {
      const { kit, sickness, fault, strength } = context;
      const scaler = scalerOf(kit, fault);
      if (scaler !== undefined) {
        limit(kit, scaler);
        sickness.traffic.set(serviceKeyOf(fault), fault.id, strength);
      }
    },
    present: isAtMaximum,
  },
  'dependency-outage': {
    ...OUTSIDE,
    does: 'what the service calls outside the cluster fails',
    curedBy: 'nothing that is done to the workload',
    strength: { means: 'share of the outside calls that fail', default: 0.9 },
    start: ({ sickness, fault, strength }) => sickness.externals.set(serviceKeyOf(fault), fault.id, strength),
  },
  'slow-dependency': {
    ...OUTSIDE,
    does: 'what the service calls outside the cluster (or anybody, where it calls nobody outside) answers slowly',
    curedBy: 'nothing that is done to the workload',
    sideEffects: 'its callers wait with it',
    strength: { means: 'seconds that each such call takes longer', default: 2 },
    start: ({ sickness, fault, strength }) => sickness.slowness.set(serviceKeyOf(fault), fault.id, strength),
  },
  'connection-pool-exhaustion': {
    ...OUTSIDE,
    does: 'the database of the service takes fewer connections than its pods hold, and refuses the others',
    curedBy:
      'nothing that is done to the workload; more replicas make it worse, for each brings connections of its own',
    strength: { means: 'share of the connections of the moment that is left', default: 0.6 },
    start: ({ kit, sickness, fault, strength }) => {
      const held = CONNECTIONS_PER_POD * podsOfService(kit, fault).length;
      sickness.pools.set(serviceKeyOf(fault), fault.id, held * strength);
    },
  },
  'certificate-expiry': {
    ...OUTSIDE,
    does: 'the certificate of the service has expired: its callers cannot connect, while its own pods see nothing wrong',
    curedBy: 'nothing that is done to the workload; a runbook that renews the certificate',
    sideEffects: 'its callers fail; it has itself no requests any more',
    strength: { means: 'share of the connections that fail', default: 1 },
    start: ({ sickness, fault, strength }) => sickness.handshakes.set(serviceKeyOf(fault), fault.id, strength),
  },
  'dns-outage': {
    ...OUTSIDE,
    does: 'names do not resolve: the calls of every service to every other fail',
    curedBy: 'nothing that is done to any of the workloads that suffer',
    sideEffects: 'of the whole cluster',
    strength: { means: 'share of the look-ups that fail', default: 0.8 },
    start: ({ sickness, fault, strength }) => sickness.names.set(CLUSTER, fault.id, strength),
  },
} as const satisfies Readonly<Record<string, FaultKind>>;

type Scaler = Kinds['horizontalpodautoscalers'];

function scalerOf(kit: Kit, { target }: FaultSpec): Scaler | undefined {
  return kit
    .list('horizontalpodautoscalers', target.namespace)
    .find(({ spec }) => spec?.scaleTargetRef?.name === target.service);
}

function limit(kit: Kit, scaler: Scaler): void {
  const { namespace } = scaler.metadata;
  const name = scaler.spec?.scaleTargetRef?.name ?? '';
  const replicas = kit.get('deployments', namespace, name)?.spec?.replicas ?? 1;
  // An autoscaler without any room between its bounds counts as meant to be so.
  const most = Math.max((scaler.spec?.minReplicas ?? 1) + 1, replicas);
  const owner = scaler.metadata.ownerReferences?.find(({ kind }) => kind === 'ScaledObject');
  const scaled = owner === undefined ? undefined : kit.get('scaledobjects', namespace, owner.name);
  if (scaled === undefined) {
    kit.update('horizontalpodautoscalers', { ...scaler, spec: { ...scaler.spec, maxReplicas: most } });
  } else {
    kit.update('scaledobjects', { ...scaled, spec: { ...scaled.spec, maxReplicaCount: most } });
  }
}

/** Whether the autoscaler has no room left while the load is still there. */
function isAtMaximum({ kit, sickness, fault }: FaultContext): boolean {
  const { spec, status } = scalerOf(kit, fault) ?? {};
  const most = spec?.maxReplicas ?? Number.POSITIVE_INFINITY;
  return sickness.traffic.keysOf(fault.id).length > 0 && (status?.currentReplicas ?? 0) >= most;
}
