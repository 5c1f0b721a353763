import { describe, expect, test } from '@jest/globals';

import { fingerprintOf } from '../../../src/receive/fingerprint.ts';
import { allRecorded } from '../../fakes/intake.ts';

describe('fingerprintOf', () => {
  const alerts = allRecorded().flatMap(
    (body) => (JSON.parse(body) as { alerts: { fingerprint: string; labels: Record<string, string> }[] }).alerts, // Ours.
  );

  test.each(alerts)('is what Alertmanager computed: $fingerprint', ({ fingerprint, labels }) => {
    expect(fingerprintOf(labels)).toBe(fingerprint);
  });

  test('the empty set has the start value of FNV-1a', () => {
    expect(fingerprintOf({})).toBe('cbf29ce484222325');
  });

  test('sorts names by their bytes, as Go does, where UTF-16 order differs', () => {
    // U+1F600 has the bytes f0.., U+FF5E ef..: the other way round than their UTF-16 code units.
    const one = fingerprintOf({ '\u{1f600}': 'a', '\uff5e': 'b' });
    const other = fingerprintOf({ '\uff5e': 'b', '\u{1f600}': 'a' });

    expect(one).toBe(other);
    expect(one).not.toBe(fingerprintOf({ '\u{1f600}': 'b', '\uff5e': 'a' }));
  });
});
