import { describe, expect, test } from '@jest/globals';
import { planGrouping, type HeldAlert } from '../../../../src/adapters/store/grouping-plan.ts';
import type { Alert } from '../../../../src/domain/alert.ts';
import type { IncidentId } from '../../../../src/domain/incident.ts';
import type { Grouped } from '../../../../src/ports/store.ts';
import { anAlert, NIGHT } from '../../../builders/journey.ts';

const one = 'inc-1' as IncidentId; // Ids are branded strings; tests choose them.
const two = 'inc-2' as IncidentId;

function alert(fingerprint: string, overrides: Partial<Alert> = {}): Alert {
  return anAlert({ fingerprint, ...overrides });
}

function plan(grouped: readonly Grouped[], held: readonly HeldAlert[] = []): ReturnType<typeof planGrouping> {
  const known = new Map(held.map((each) => [each.alert.fingerprint, each]));
  return planGrouping({ delivery: 'd', at: NIGHT, grouped, rejected: [] }, known);
}

describe('what a grouping changes', () => {
  test('alerts of one new incident open it once', () => {
    const result = plan([
      { kind: 'open', incident: one, alert: alert('a') },
      { kind: 'open', incident: one, alert: alert('b') },
    ]);

    expect(result.opened).toEqual([one]);
    expect(result.placed).toHaveLength(2);
    expect(result.joined).toEqual([]);
  });

  test('an incident whose alerts are all held elsewhere is not opened', () => {
    const result = plan(
      [{ kind: 'open', incident: two, alert: alert('a', { status: 'resolved' }) }],
      [{ incident: one, alert: alert('a') }],
    );

    expect(result.opened).toEqual([]);
    expect(result.joined).toEqual([one]);
    expect(result.placed).toMatchObject([{ incident: one, wakes: true }]);
  });

  test('an incident that lost the alert that opened it is opened by those that join it', () => {
    const result = plan(
      [
        { kind: 'open', incident: two, alert: alert('a') },
        { kind: 'join', incident: two, alert: alert('b') },
      ],
      [{ incident: one, alert: alert('a') }],
    );

    expect(result.opened).toEqual([two]);
    expect(result.placed).toEqual([{ incident: two, alert: alert('b'), wakes: true }]);
  });

  test('a repeat changes nothing', () => {
    const result = plan([{ kind: 'join', incident: one, alert: alert('a') }], [{ incident: one, alert: alert('a') }]);

    expect(result).toEqual({ opened: [], placed: [], joined: [], resolved: [] });
  });

  test('of one fingerprint twice in a delivery the later counts, with the earlier one’s incident', () => {
    const result = plan([
      { kind: 'open', incident: one, alert: alert('a', { startsAt: 5 }) },
      { kind: 'open', incident: two, alert: alert('a', { startsAt: 9, annotations: { n: '2' } }) },
    ]);

    expect(result.opened).toEqual([one]);
    expect(result.placed).toEqual([
      { incident: one, alert: alert('a', { startsAt: 5, annotations: { n: '2' } }), wakes: true },
    ]);
  });

  test('only ignored alerts that are over settle an earlier episode', () => {
    const result = plan([
      { kind: 'ignore', alert: alert('a', { status: 'resolved' }), because: 'resolved-without-incident' },
      { kind: 'ignore', alert: alert('b'), because: 'repeat' },
    ]);

    expect(result.resolved).toEqual(['a']);
  });
});
