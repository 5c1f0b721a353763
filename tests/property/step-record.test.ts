import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { stepRecord } from '../../src/adapters/store/step-record.ts';
import type { Incident } from '../../src/domain/incident.ts';
import {
  ACT,
  anIntent,
  decided,
  diagnosed,
  intended,
  located,
  received,
  scored,
  verifying,
} from '../builders/journey.ts';

const incidents = fc.oneof(
  fc.nat().map((updatedAt): Incident => received({ updatedAt })),
  fc.nat(3).map((rung): Incident => located({ rung })),
  fc.constant<Incident>(diagnosed()),
  fc.constant<Incident>(scored({ candidates: [] })),
  fc.constant<Incident>(decided(ACT, { waited: true })),
  fc.nat(3).map((rung): Incident => intended({ intent: anIntent({ rung }) })),
  fc.option(fc.nat()).map((since): Incident => verifying(since === null ? {} : { healthySince: since })),
);

describe('the records of an incident', () => {
  test('laid over each other give the incident back', () => {
    fc.assert(
      fc.property(incidents, fc.array(incidents, { minLength: 1, maxLength: 8 }), (first, steps) => {
        let before = first;
        const laid: Record<string, unknown> = { ...first };
        for (const after of steps) {
          for (const [field, value] of Object.entries(stepRecord(before, after))) {
            if (value === null) delete laid[field];
            else laid[field] = value;
          }
          before = after;
        }

        const { alerts: _alerts, failures: _failures, ...known } = laid;
        const { alerts: _a, failures: _f, ...last } = before;
        expect(known).toEqual(last);
      }),
    );
  });

  test('repeat nothing when nothing changed', () => {
    fc.assert(
      fc.property(incidents, (incident) => {
        expect(stepRecord(incident, structuredClone(incident))).toEqual({ phase: incident.phase });
      }),
    );
  });
});
