import type { Cause } from '../../domain/diagnosis.ts';
import { atLeast } from './facts.ts';
import type { Facts } from './facts.ts';
import { errorSign, latencySign } from './load.ts';
import { percent } from './quote.ts';

/** A volume of the pods is about to be full. */
export function volumeFilling({ signals, thresholds }: Facts): Cause | undefined {
  const used = signals.volume_used_ratio;
  if (!atLeast(used, thresholds.volumeFull)) return undefined;
  return {
    name: 'volume-filling',
    confidence: used >= thresholds.volumeCritical ? 0.95 : 0.7,
    because: [`The fullest volume of the pods is ${percent(used)} full.`],
    symptoms: ['volume_used_ratio'],
  };
}

/**
 * The autoscaler wants no fewer replicas than it may have. Only with a sign of load: one that idles at its maximum is not ill.
 * Source: kubernetes-mixin's KubeHpaMaxedOut (and not where minimum and maximum are the same).
 */
export function autoscalerAtMaximum(facts: Facts): Cause | undefined {
  const { evidence, signals, thresholds } = facts;
  const { autoscaler } = evidence;
  if (autoscaler === undefined || !autoscaler.scalingActive || autoscaler.max === autoscaler.min) return undefined;
  if (autoscaler.current < autoscaler.max || autoscaler.desired < autoscaler.max) return undefined;
  const cpu = signals.cpu_per_limit;
  const busy = atLeast(cpu, thresholds.autoscalerCpuHigh);
  const signs = [latencySign(facts), errorSign(facts)].filter((sign) => sign !== undefined);
  return {
    name: 'autoscaler-at-maximum',
    confidence: autoscalerConfidence({ busy, suffering: signs.length > 0 }),
    because: [
      `Autoscaler ${autoscaler.name} has its maximum of ${autoscaler.max} replicas and wants no fewer.`,
      ...(busy ? [`The pods use ${percent(cpu)} of their CPU limits.`] : []),
      ...signs.map((sign) => sign.because),
    ],
    symptoms: [
      'autoscaler-at-maximum',
      ...(busy ? (['cpu_per_limit'] as const) : []),
      ...signs.map((sign) => sign.symptom),
    ],
  };
}

function autoscalerConfidence(seen: { busy: boolean; suffering: boolean }): number {
  if (seen.busy && seen.suffering) return 0.95;
  return seen.busy || seen.suffering ? 0.85 : 0.5;
}
