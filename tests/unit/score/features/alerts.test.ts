import { describe, expect, test } from '@jest/globals';

import { MINUTE, NOW } from '../../../builders/evidence.ts';
import { anAlert, aQuestion, checked, valuesOf } from './questions.ts';

describe('alerts', () => {
  checked([
    {
      name: 'one that has fired for 15 minutes',
      question: aQuestion(),
      expected: {
        alert_severity: 1,
        alert_minutes: 4,
        alert_count: 1,
        alert_names: 1,
        alert_errors: 1,
        alert_crash: 0,
      },
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
      expected: {
        alert_severity: 2,
        alert_minutes: 6,
        alert_count: 2,
        alert_names: 1.585,
        alert_errors: 1,
        alert_crash: 1,
        alert_other: 0,
      },
    },
    {
      name: 'no severity that is known, and a name that says nothing',
      question: aQuestion({ alerts: [anAlert('Odd', { labels: { alertname: 'Odd', severity: 'p3' } })] }),
      expected: { alert_severity: null, alert_other: 1, alert_errors: 0 },
    },
    {
      name: 'none at all: nobody knows how long it has lasted',
      question: aQuestion({ alerts: [] }),
      expected: { alert_minutes: null, alert_count: 0, alert_names: 0, symptom_after_revision: null, alert_other: 0 },
    },
    {
      name: 'resolved before and begun after the evidence do not count, resolved after it does',
      question: aQuestion({
        alerts: [
          anAlert('Latency', { status: 'resolved', endsAt: NOW - MINUTE }),
          anAlert('ImagePull', { startsAt: NOW + MINUTE }),
          anAlert('NodeNotReady', { status: 'resolved', endsAt: NOW + MINUTE }),
        ],
      }),
      expected: { alert_count: 1, alert_latency: 0, alert_start: 0, alert_node: 1, alert_unavailable: 1 },
    },
  ]);

  test.each([
    ['AutoHealPodCrashLooping', 'alert_crash'],
    ['AutoHealOOMKilled', 'alert_crash'],
    ['AutoHealMemoryNearLimit', 'alert_saturation'],
    ['AutoHealImagePullFailing', 'alert_start'],
    ['AutoHealConfigError', 'alert_start'],
    ['AutoHealPodNotReady', 'alert_unavailable'],
    ['AutoHealRolloutStuck', 'alert_unavailable'],
    ['AutoHealCPUSaturated', 'alert_saturation'],
    ['AutoHealErrorRatioHigh', 'alert_errors'],
    ['AutoHealLatencyHigh', 'alert_latency'],
    ['KubeDeploymentReplicasMismatch', 'alert_unavailable'],
    ['KubeContainerWaiting', 'alert_start'],
    ['KubeHpaMaxedOut', 'alert_saturation'],
    ['CPUThrottlingHigh', 'alert_saturation'],
    ['KubePersistentVolumeFillingUp', 'alert_saturation'],
    ['KubeNodePressure', 'alert_node'],
    ['KubeletDown', 'alert_node'],
    ['KubeJobFailed', 'alert_job'],
    ['TargetDown', 'alert_unavailable'],
  ])('%s is of the class %s', (name, column) => {
    const question = aQuestion({ alerts: [anAlert(name)] });

    expect(valuesOf(question, [column, 'alert_other'])).toEqual({ [column]: 1, alert_other: 0 });
  });
});
