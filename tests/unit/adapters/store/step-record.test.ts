import { describe, expect, test } from '@jest/globals';
import { stepRecord } from '../../../../src/adapters/store/step-record.ts';
import type { Incident } from '../../../../src/domain/incident.ts';
import {
  ACT,
  aDiagnosis,
  anAlert,
  CART,
  decided,
  diagnosed,
  located,
  received,
  verifying,
} from '../../../builders/journey.ts';

const { location: _, ...unlocated } = located();

const CASES: readonly { name: string; before: Incident; after: Incident; record: Record<string, unknown> }[] = [
  {
    name: 'a new field',
    before: received(),
    after: located({ updatedAt: 7 }),
    record: { phase: 'located', location: CART, updatedAt: 7 },
  },
  {
    name: 'evidence only with the step that gathered it',
    before: diagnosed(),
    after: decided(ACT),
    record: { phase: 'decided', verdict: ACT, candidates: decided(ACT).candidates },
  },
  {
    name: 'a field that changed',
    before: located({ rung: 1 }),
    after: located({ rung: 2 }),
    record: { phase: 'located', rung: 2 },
  },
  {
    name: 'nothing but the phase when nothing changed',
    before: diagnosed({ diagnosis: aDiagnosis() }),
    after: diagnosed({ diagnosis: aDiagnosis() }),
    record: { phase: 'diagnosed' },
  },
  {
    name: 'a field that went as null',
    before: verifying({ healthySince: 5 }),
    after: verifying(),
    record: { phase: 'verifying', healthySince: null },
  },
  {
    name: 'neither alerts nor failures, which have events of their own',
    before: received({ failures: 3 }),
    after: received({ failures: 0, alerts: [anAlert({ fingerprint: 'b' })] }),
    record: { phase: 'received' },
  },
  {
    name: 'no field that is undefined',
    before: received(),
    after: { ...unlocated, phase: 'closed', outcome: 'healed', because: 'b', closedAt: 1 },
    record: { phase: 'closed', outcome: 'healed', because: 'b', closedAt: 1 },
  },
];

describe('the record of a step', () => {
  test.each(CASES)('holds $name', ({ before, after, record }) => {
    expect(stepRecord(before, after)).toEqual(record);
  });
});
