import { describe } from '@jest/globals';

import { MINUTE, NOW } from '../../../builders/evidence.ts';
import { anAlert, aQuestion, checked } from './questions.ts';

describe('alerts', () => {
  checked([
    {
      name: 'one that has fired for 15 minutes',
      question: aQuestion(),
      expected: { alert_severity: 1 },
    },
    {
      name: 'the highest severity, the oldest start, and two names among three',
      question: aQuestion({
        alerts: [
          anAlert('HighErrorRate', { labels: { alertname: 'HighErrorRate', severity: 'Critical' } }),
          anAlert('KubePodCrashLooping', { startsAt: NOW - 63 * MINUTE }),
          anAlert('KubePodCrashLooping', { labels: { alertname: 'KubePodCrashLooping', pod: 'b' } }),
        ],
      }),
      expected: { alert_severity: 2 },
    },
    {
      name: 'no severity that is known, and a name that says nothing',
      question: aQuestion({ alerts: [anAlert('Odd', { labels: { alertname: 'Odd', severity: 'p3' } })] }),
      expected: { alert_severity: null },
    },
    {
      name: 'none at all: nobody knows how long it has lasted',
      question: aQuestion({ alerts: [] }),
      expected: { symptom_after_revision: null },
    },
    {
      name: 'resolved before and begun after the evidence do not count, resolved after it does',
      question: aQuestion({
        alerts: [
          anAlert('Latency', { status: 'resolved', endsAt: NOW - MINUTE, labels: { severity: 'critical' } }),
          anAlert('ImagePull', { startsAt: NOW + MINUTE, labels: { severity: 'critical' } }),
          anAlert('NodeNotReady', { status: 'resolved', endsAt: NOW + MINUTE }),
        ],
      }),
      expected: { alert_severity: 1 },
    },
  ]);
});
