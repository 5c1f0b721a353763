import { rankCauses } from '../../src/diagnose/causes/rank.ts';
import type { Alert } from '../../src/domain/alert.ts';
import type { Evidence, PodEvidence, Signals } from '../../src/domain/diagnosis.ts';
import type { Diagnosed } from '../../src/domain/incident.ts';
import {
  aContainer,
  aCrashingContainer,
  aPod,
  aRollout,
  aState,
  anEvidence,
  HOUR,
  MINUTE,
  NOW,
} from '../builders/evidence.ts';
import { diagnosedIncident } from '../builders/incident.ts';
import type { Line } from './shared-data.ts';

/** What the fault did to the workload in which it is: whether its pod template was changed, and how its pods fare. */
interface Sign {
  /** Part of ITBench's name of the injection. */
  readonly name: RegExp;
  readonly changed: boolean;
  readonly pods: 'running' | 'crashing' | 'killed' | 'no-image' | 'pending' | 'gone';
  /** It fails towards others that it calls. */
  readonly dependency?: true;
}

/**
 * How a scenario would look to AutoHeal, told by the name of its injection and the names of its alerts alone: what the scenario
 * says about its solution is not looked at. The first that matches counts; whatever has no line here leaves the template as it
 * was and the pods running (feature flags, chaos schedules, services, quotas, autoscalers, the mesh).
 */
const SIGNS: readonly Sign[] = [
  { name: /nonexistent-.*container-image/, changed: true, pods: 'no-image' },
  { name: /crashing-.*init-container|unsupported-architecture/, changed: true, pods: 'crashing' },
  { name: /environment-variable/, changed: true, pods: 'running' },
  { name: /anti-affinity/, changed: true, pods: 'pending' },
  { name: /insufficient-.*container-resources|workload-out-of-memory/, changed: true, pods: 'killed' },
  // Another workload with a higher priority took the place; the template of this one is as it was.
  { name: /priority-preemption/, changed: false, pods: 'pending' },
  { name: /scaled-to-zero/, changed: false, pods: 'gone' },
  {
    name: /changed-password|network-policy|service-selector|deleted-kubernetes-service/,
    changed: false,
    pods: 'running',
    dependency: true,
  },
  { name: /resource-quota/, changed: false, pods: 'gone' },
];

const UNCHANGED: Sign = { name: /^/, changed: false, pods: 'running' };

/** The rollout came so long before the alerts, and the alerts fire for so long. */
const ROLLED_OUT_MS = 12 * MINUTE;
const FIRING_MS = 6 * MINUTE;
const OLD_MS = 20 * 24 * HOUR;

/** The incident of the workload in which a scenario's fault is, diagnosed by the product's own rules. */
export function incidentOf(scenario: Line): Diagnosed {
  const injection = scenario['injection'] ?? '';
  const names = alertNames(scenario['alerts'] ?? '');
  const found = SIGNS.find(({ name }) => name.test(injection)) ?? UNCHANGED;
  const sign: Sign =
    names.has('KubePodCrashLooping') && found.pods === 'running' && found.changed
      ? { ...found, pods: 'crashing' }
      : found;
  const evidence = evidenceOf(sign, names);
  const alerts = [...names].map(alertOf);
  return diagnosedIncident({ alerts, diagnosis: { evidence, causes: rankCauses(evidence, alerts, NOW) } });
}

/** `HighRequestErrorRate@frontend-service-1|...`: the names, each once. */
function alertNames(text: string): ReadonlySet<string> {
  return new Set(
    text
      .split('|')
      .map((each) => each.split('@')[0] ?? '')
      .filter((name) => name !== ''),
  );
}

function alertOf(name: string): Alert {
  return {
    fingerprint: '00000000000000aa',
    status: 'firing',
    labels: { alertname: name, namespace: 'shop', severity: 'warning' },
    annotations: {},
    startsAt: NOW - FIRING_MS,
    generatorURL: '',
  };
}

function evidenceOf(sign: Sign, names: ReadonlySet<string>): Evidence {
  const ill = sign.pods !== 'running';
  const pods = sign.pods === 'gone' ? [] : ['a', 'b'].map((letter) => podOf(sign, `web-2-${letter}`));
  const revisions = sign.changed ? aRollout(ROLLED_OUT_MS) : aRollout(OLD_MS);
  const ready = ill ? 0 : 2;
  const state = aState({
    ready,
    available: ready,
    total: pods.length,
    updated: pods.length,
    conditions:
      sign.changed && ill
        ? [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: '' }]
        : [],
  });
  return anEvidence({ state, pods, revisions }, signalsOf(sign, names));
}

function podOf(sign: Sign, name: string): PodEvidence {
  const createdAt = NOW - (sign.changed ? ROLLED_OUT_MS : OLD_MS);
  const waiting = { ready: false, image: 'registry.example/web:2' };
  switch (sign.pods) {
    case 'no-image':
      return aPod({
        name,
        createdAt,
        ready: false,
        phase: 'Pending',
        containers: [aContainer({ ...waiting, stateReason: 'ImagePullBackOff', stateMessage: 'not found' })],
      });
    case 'crashing':
      return aPod({ name, createdAt, ready: false, containers: [aCrashingContainer()] });
    case 'killed': {
      const lastTermination = { reason: 'OOMKilled', exitCode: 137, finishedAt: NOW - MINUTE };
      return aPod({ name, createdAt, ready: false, containers: [aCrashingContainer({ lastTermination })] });
    }
    case 'pending':
      return aPod({
        name,
        createdAt: NOW - ROLLED_OUT_MS,
        ready: false,
        phase: 'Pending',
        node: '',
        containers: [],
        unschedulable: '0/3 nodes are available',
      });
    case 'running':
    case 'gone':
      return aPod({ name, createdAt, readySince: createdAt + MINUTE });
  }
}

/** Numbers as far from usual as the alerts claim. What no alert speaks of is as it was an hour ago. */
function signalsOf({ dependency }: Sign, names: ReadonlySet<string>): Signals {
  const errors = names.has('HighRequestErrorRate');
  const slow = names.has('HighRequestLatency');
  return {
    request_rate: 40,
    request_rate_baseline: 40,
    error_ratio: errors ? 0.4 : 0.002,
    error_ratio_baseline: 0.002,
    error_spread: 1,
    latency_p99_seconds: slow ? 2 : 0.2,
    latency_p99_baseline_seconds: 0.2,
    dependency_error_ratio: dependency === true ? 0.4 : 0.002,
    cpu_per_limit: 0.3,
    memory_per_limit: 0.4,
    restarts: names.has('KubePodCrashLooping') ? 5 : 0,
  };
}
