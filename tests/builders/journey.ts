import { REMEDY_OPTIONS } from '../../src/act/catalogue.ts';
import type { Alert } from '../../src/domain/alert.ts';
import type { Cause, CauseName, Diagnosis, Evidence } from '../../src/domain/diagnosis.ts';
import type {
  Decided,
  Diagnosed,
  IncidentId,
  Intended,
  LocatedIncident,
  Received,
  Scored,
  Verdict,
  Verifying,
} from '../../src/domain/incident.ts';
import type { Located } from '../../src/domain/location.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { actionId, type Candidate, type Intent } from '../../src/domain/remedy.ts';
import { loadConfig } from '../../src/config/load.ts';

/** 2026-11-21T03:00:00Z: the night on which every built incident happens. */
export const NIGHT = Date.UTC(2026, 10, 21, 3);

export function anAlert(overrides: Partial<Alert> = {}): Alert {
  return {
    fingerprint: 'a6f064280bcdd471',
    status: 'firing',
    labels: { alertname: 'AutoHealPodCrashLooping', namespace: 'shop', pod: 'cart-7d9c5b8f6-x2x4z' },
    annotations: {},
    startsAt: NIGHT - 60_000,
    generatorURL: '',
    ...overrides,
  };
}

export const CART: Located = {
  kind: 'located',
  workload: { kind: 'Deployment', namespace: 'shop', name: 'cart' },
  uid: 'uid-cart',
  pods: ['cart-7d9c5b8f6-x2x4z'],
  decidedBy: 'pod',
  why: 'pod shop/cart-7d9c5b8f6-x2x4z is owned by Deployment cart',
};

export function aCause(name: CauseName = 'crash-loop-after-rollout', confidence = 0.9): Cause {
  return { name, confidence, because: ['2 of 2 pods of the newest revision crash'], symptoms: ['crash-looping'] };
}

export function someEvidence(overrides: Partial<Evidence> = {}): Evidence {
  return {
    workload: CART.workload,
    at: NIGHT,
    pods: [],
    revisions: [],
    nodes: [],
    events: [],
    logs: [],
    signals: {},
    missing: [],
    ...overrides,
  };
}

export function aDiagnosis(cause: Cause = aCause()): Diagnosis {
  return { evidence: someEvidence(), causes: [cause] };
}

export function aCandidate(overrides: Partial<Candidate> = {}): Candidate {
  return { remedy: 'rollback', score: 0.85, cures: 'crash-loop-after-rollout', because: ['0.95 x 0.9'], ...overrides };
}

export function anIntent(overrides: Partial<Intent> = {}): Intent {
  return {
    actionId: actionId('inc-1', 1),
    rung: 1,
    remedy: 'rollback',
    cures: 'crash-loop-after-rollout',
    target: CART.workload,
    uid: 'uid-cart',
    resourceVersion: '17',
    write: {
      method: 'PATCH',
      path: '/apis/apps/v1/namespaces/shop/deployments/cart',
      contentType: 'application/json-patch+json',
      body: [],
    },
    summary: 'revision 2 -> revision 1',
    plannedAt: NIGHT,
    ...overrides,
  };
}

export function received(overrides: Partial<Received> = {}): Received {
  return {
    id: 'inc-1' as IncidentId, // Ids are branded strings; tests choose them.
    phase: 'received',
    openedAt: NIGHT,
    updatedAt: NIGHT,
    alerts: [anAlert()],
    rung: 1,
    attempts: [],
    failures: 0,
    ...overrides,
  };
}

export function located(overrides: Partial<LocatedIncident> = {}): LocatedIncident {
  return { ...received(), location: CART, ...overrides, phase: 'located' };
}

export function diagnosed(overrides: Partial<Diagnosed> = {}): Diagnosed {
  return { ...located(), diagnosis: aDiagnosis(), ...overrides, phase: 'diagnosed' };
}

export function scored(overrides: Partial<Scored> = {}): Scored {
  return { ...diagnosed(), candidates: [aCandidate()], ...overrides, phase: 'scored' };
}

export function decided(verdict: Verdict, overrides: Partial<Decided> = {}): Decided {
  return { ...scored(), ...overrides, verdict, phase: 'decided' };
}

export const ACT: Verdict = { kind: 'act', candidate: aCandidate(), mode: 'auto' };

export function intended(overrides: Partial<Intended> = {}): Intended {
  return { ...decided(ACT), intent: anIntent(), ...overrides, phase: 'intended' };
}

export function verifying(overrides: Partial<Verifying> = {}): Verifying {
  return {
    ...decided(ACT),
    intent: anIntent(),
    result: { kind: 'done', at: NIGHT, detail: 'patched' },
    startedAt: NIGHT,
    ...overrides,
    phase: 'verifying',
  };
}

/** The default policy, in mode auto unless overridden. */
export function aPolicy(overrides: Partial<Policy> = {}): Policy {
  const loaded = loadConfig('', { env: {}, readFile: () => '', remedies: REMEDY_OPTIONS });
  if (loaded.kind === 'invalid') throw new Error('the empty configuration is valid');
  return { ...loaded.config.policy, mode: 'auto', ...overrides };
}
