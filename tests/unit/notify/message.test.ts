import { describe, expect, test } from '@jest/globals';
import type { Incident } from '../../../src/domain/incident.ts';
import { describeIncident } from '../../../src/notify/message.ts';
import {
  aCandidate,
  ACT,
  aDiagnosis,
  anAlert,
  anIntent,
  decided,
  intended,
  NIGHT,
  received,
  someEvidence,
  verifying,
} from '../../builders/journey.ts';
import { aClosed, ACTED, ALL_PHASES, hostileIncident } from '../../contract/notifier.contract.ts';

function section(incident: Incident, heading: string): readonly string[] {
  return describeIncident(incident).sections.find((each) => each.heading === heading)?.lines ?? [];
}

describe('describeIncident', () => {
  test.each<{ name: string; incident: Incident; title: string }>([
    { name: 'nothing known yet', incident: received(), title: 'AutoHealPodCrashLooping' },
    { name: 'diagnosed', incident: decided(ACT), title: 'Deployment shop/cart: crash loop after a rollout' },
    {
      name: 'no workload named',
      incident: aClosed('escalated', {
        location: { kind: 'unlocated', reason: 'ambiguous', why: 'two owners', candidates: [] },
      }),
      title: 'AutoHealPodCrashLooping: no workload can be named',
    },
    {
      name: 'many alerts',
      incident: received({ alerts: ['A', 'B', 'C', 'D', 'D'].map((alertname) => anAlert({ labels: { alertname } })) }),
      title: 'A, B, C and 1 more',
    },
  ])('title: $name', ({ incident, title }) => {
    expect(describeIncident(incident).title).toBe(title);
  });

  test.each<{ name: string; incident: Incident; status: string; severity: string }>([
    { name: 'to act', incident: decided(ACT), status: 'Going to act: rollback (mode auto).', severity: 'info' },
    {
      name: 'acted',
      incident: ACTED,
      status: 'Acted: rollback, revision 2 -> revision 1: done. Watching for the recovery.',
      severity: 'info',
    },
    {
      name: 'verifying',
      incident: verifying(),
      status: 'Watching for the recovery since 2026-11-21T03:00:00Z.',
      severity: 'info',
    },
    {
      name: 'awaiting approval',
      incident: ALL_PHASES.find((each) => each.phase === 'awaiting-approval')!,
      status: 'Waiting until 2026-11-21T03:30:00Z for a person to approve rollback.',
      severity: 'warning',
    },
    { name: 'healed', incident: aClosed('healed'), status: 'Healed: all replicas are ready', severity: 'good' },
    {
      name: 'unknown without an action claims none',
      incident: aClosed('unknown', { because: 'no samples' }),
      status: 'Recovery unknown: no samples',
      severity: 'critical',
    },
  ])('status: $name', ({ incident, status, severity }) => {
    expect(describeIncident(incident)).toMatchObject({ status, severity });
  });

  test('lists alerts by name, with their counts and the earliest start', () => {
    const alerts = [
      anAlert({ startsAt: NIGHT }),
      anAlert({ startsAt: NIGHT - 60_000 }),
      anAlert({ status: 'resolved', startsAt: NIGHT }),
    ];

    expect(section(received({ alerts }), 'Alerts')).toEqual([
      'AutoHealPodCrashLooping: 2 firing, 1 resolved, since 2026-11-21T02:59:00Z',
    ]);
  });

  test('says who owns it and why, what causes it and what could not be read', () => {
    const diagnosis = { ...aDiagnosis(), evidence: someEvidence({ missing: ['prometheus: timed out'] }) };
    const incident = decided(ACT, { diagnosis });

    expect(section(incident, 'Workload')).toEqual([
      'Deployment shop/cart: pod shop/cart-7d9c5b8f6-x2x4z is owned by Deployment cart (by pod)',
    ]);
    expect(section(incident, 'Likely causes')).toEqual([
      'crash loop after a rollout (confidence 0.90): 2 of 2 pods of the newest revision crash',
      'could not be read: prometheus: timed out',
    ]);
  });

  test('shows candidates with their scores, and refusals with their codes', () => {
    const refusal = { code: 'gitops-owned', why: 'Argo CD owns it' } as const;
    const candidates = [aCandidate(), aCandidate({ remedy: 'scale-up', score: 0, refusal })];
    const verdict = { kind: 'refuse', refusals: [{ code: 'cooldown', why: 'acted 2 minutes ago' }] } as const;
    const incident = decided(verdict, { candidates });

    expect(section(incident, 'Remedies')).toEqual([
      'rollback (score 0.85): 0.95 x 0.9',
      'scale-up: does not apply, gitops-owned: Argo CD owns it',
    ]);
    expect(section(incident, 'Decision')).toEqual(['refused, cooldown: acted 2 minutes ago']);
  });

  test('says what is about to be written, and later what became of it, each once', () => {
    const undo = { target: anIntent().target, uid: 'u', path: '/x', expect: {}, restore: {} };
    const about = intended({ intent: anIntent({ undo }) });
    const attempt = { intent: anIntent(), result: { kind: 'done', at: NIGHT, detail: 'patched' } } as const;

    expect(section(about, 'Changes')).toEqual([
      'about to: rollback on Deployment shop/cart, revision 2 -> revision 1 (can be put back)',
    ]);
    expect(section(verifying({ attempts: [attempt] }), 'Changes')).toEqual([
      'rollback on Deployment shop/cart, revision 2 -> revision 1 (cannot be put back): done',
    ]);
  });

  test('gives the verification and the next step', () => {
    const verification = { verdict: 'not-recovered', reasons: ['1 of 2 replicas is ready'], at: NIGHT } as const;
    const incident = aClosed('not-healed', { verification });

    expect(section(incident, 'Verification')).toEqual([
      'not-recovered at 2026-11-21T03:00:00Z',
      '1 of 2 replicas is ready',
    ]);
    expect(describeIncident(incident)).toMatchObject({
      needsPerson: true,
      nextStep: 'Look at the workload now: AutoHeal tried and stops. It changed nothing that could be put back.',
    });
  });

  test('leads to the incident and to the dashboard, where their addresses are known', () => {
    const both = { publicUrl: 'https://heal.example', grafanaUrl: 'https://grafana.example' };

    expect(describeIncident(decided(ACT), both)).toMatchObject({
      link: 'https://heal.example/incidents/inc-1',
      dashboard: expect.stringContaining('https://grafana.example/d/autoheal-services?var-namespace=shop&'),
    });
    expect(Object.keys(describeIncident(decided(ACT)))).not.toEqual(expect.arrayContaining(['link', 'dashboard']));
  });

  test('every phase has a title, a status and a next step, and no empty section', () => {
    for (const incident of [...ALL_PHASES, hostileIncident(), received({ alerts: [] })]) {
      const message = describeIncident(incident);

      expect([message.title, message.status, message.nextStep]).not.toContain('');
      expect(message.sections.every(({ lines }) => lines.length > 0)).toBe(true);
      expect(message.sections.flatMap(({ lines }) => lines).length).toBeLessThan(60);
    }
  });

  test('a time that is none does not throw', () => {
    expect(section(received({ alerts: [anAlert({ startsAt: Number.NaN })] }), 'Alerts')).toEqual([
      'AutoHealPodCrashLooping: 1 firing, since an unknown time',
    ]);
  });
});
