import { describe, expect, test } from '@jest/globals';
import type { Closed, Incident, Outcome } from '../../src/domain/incident.ts';
import type { Notifier, ThreadState } from '../../src/ports/notifier.ts';
import {
  aCause,
  aDiagnosis,
  ACT,
  anAlert,
  anIntent,
  CART,
  decided,
  diagnosed,
  intended,
  located,
  NIGHT,
  received,
  scored,
  verifying,
} from '../builders/journey.ts';

/** Text that tries everything at once: mark-up, mentions, links, header injection, terminal and bidi tricks. */
export const HOSTILE = `<!channel> @here <https://evil.example|x> *b* \`c\` <script>alert(1)</script> "'\r\nBcc: a@b.c\r\n\u001b[31m\u202e`;

export const ACTED: Incident = {
  ...intended(),
  phase: 'acted',
  result: { kind: 'done', at: NIGHT, detail: 'patched' },
};

export function aClosed(outcome: Outcome, overrides: Partial<Closed> = {}): Closed {
  return {
    ...received(),
    phase: 'closed',
    outcome,
    because: 'all replicas are ready',
    closedAt: NIGHT + 120_000,
    updatedAt: NIGHT + 120_000,
    location: CART,
    diagnosis: aDiagnosis(),
    ...overrides,
  };
}

/** One incident per phase, and one whose every text is hostile and long. */
export const ALL_PHASES: readonly Incident[] = [
  received(),
  located(),
  diagnosed(),
  scored(),
  decided(ACT),
  {
    ...decided(ACT),
    phase: 'awaiting-approval',
    verdict: { kind: 'ask', candidate: scored().candidates[0]!, mode: 'approve', expiresAt: NIGHT + 1_800_000 },
  },
  intended(),
  ACTED,
  verifying(),
  aClosed('healed'),
  aClosed('merged'),
];

export function hostileIncident(): Closed {
  const long = `${HOSTILE} ${'x'.repeat(5000)} ${HOSTILE}`;
  const names = Array.from({ length: 200 }, (_, index) => anAlert({ labels: { alertname: `${HOSTILE}${index}` } }));
  const verification = { verdict: 'not-recovered', reasons: [long, long], at: NIGHT } as const;
  const result = { kind: 'done', at: NIGHT, detail: long } as const;
  return aClosed('not-healed', {
    because: long,
    alerts: names,
    location: { ...CART, workload: { kind: HOSTILE, namespace: HOSTILE, name: HOSTILE }, why: long },
    diagnosis: aDiagnosis({ ...aCause(), because: Array.from({ length: 50 }, () => long) }),
    attempts: Array.from({ length: 20 }, () => ({ intent: anIntent({ summary: long }), result, verification })),
    verification,
  });
}

/** What every notifier must do. `make` gives one whose other side works. */
export function describeNotifier(
  name: string,
  make: () => Promise<{ readonly notifier: Notifier; readonly stop: () => Promise<void> }>,
): void {
  describe(`${name} is a notifier`, () => {
    test('tells every phase of an incident, each with the thread of the one before', async () => {
      const { notifier, stop } = await make();
      let thread: ThreadState | undefined;
      const kinds: string[] = [];

      for (const incident of ALL_PHASES) {
        const answer = await notifier.deliver(incident, thread);
        kinds.push(answer.kind);
        // The store keeps a thread as JSON.
        if (answer.kind === 'sent') thread = JSON.parse(JSON.stringify(answer.thread)) as ThreadState;
      }

      await stop();
      expect(kinds).toEqual(ALL_PHASES.map(() => 'sent'));
    });

    test('tells of an incident whose every text is hostile and long', async () => {
      const { notifier, stop } = await make();

      const answer = await notifier.deliver(hostileIncident(), undefined);

      await stop();
      expect(answer.kind).toBe('sent');
    });

    test('begins anew with a thread that means nothing to it', async () => {
      const { notifier, stop } = await make();

      const answer = await notifier.deliver(aClosed('healed'), { somethingElse: 'x' });

      await stop();
      expect(answer.kind).toBe('sent');
    });
  });
}
