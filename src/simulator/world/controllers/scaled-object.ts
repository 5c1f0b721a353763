import { sameJson } from '../../api/json.ts';
import type { Kinds } from '../kinds.ts';
import type { Kit } from '../kit.ts';
import { ownerReference } from '../pods.ts';

/** How often the operator looks at its objects. */
const SYNC_MS = 5_000;
const PAUSED = /^autoscaling\.keda\.sh\/paused/;

/** Keeps an HPA for each ScaledObject with its bounds, unless it is paused. Source: KEDA `pkg/scaling` and `controllers/keda/hpa.go`. */
export function makeScaledObjects(kit: Kit): { reconcile(): void } {
  const state = kit.keep('scaled-objects', () => ({ last: Number.NEGATIVE_INFINITY }));
  return {
    reconcile() {
      if (kit.now() - state.last < SYNC_MS) {
        return;
      }
      state.last = kit.now();
      for (const scaled of kit.list('scaledobjects')) {
        if (!Object.keys(scaled.metadata.annotations ?? {}).some((key) => PAUSED.test(key))) {
          sync(kit, scaled);
        }
      }
    },
  };
}

function sync(kit: Kit, scaled: Kinds['scaledobjects']): void {
  const { namespace = 'default', name } = scaled.metadata;
  const hpaName = `keda-hpa-${name}`;
  const spec = autoscalerSpec(scaled);
  const before = kit.get('horizontalpodautoscalers', namespace, hpaName);
  if (before === undefined) {
    kit.create('horizontalpodautoscalers', {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: {
        name: hpaName,
        namespace,
        labels: { 'app.kubernetes.io/managed-by': 'keda-operator', 'scaledobject.keda.sh/name': name },
        ownerReferences: [ownerReference(scaled)],
      },
      spec,
      status: { desiredReplicas: 0, currentMetrics: null },
    });
  } else if (!sameJson(before.spec, spec)) {
    kit.update('horizontalpodautoscalers', { ...before, spec });
  }
}

function autoscalerSpec({ spec }: Kinds['scaledobjects']): NonNullable<Kinds['horizontalpodautoscalers']['spec']> {
  return {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', ...spec?.scaleTargetRef },
    minReplicas: Math.max(1, spec?.minReplicaCount ?? 0),
    maxReplicas: spec?.maxReplicaCount ?? 100,
    metrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: cpuTarget(spec?.['triggers']) } },
      },
    ],
  };
}

/** Of the CPU trigger `{type: cpu, metadata: {value: "70"}}`; 80 where there is none. */
function cpuTarget(triggers: unknown): number {
  const all: readonly unknown[] = Array.isArray(triggers) ? triggers : [];
  for (const trigger of all) {
    const text = JSON.stringify(trigger);
    const value = text.includes('"type":"cpu"') ? /"value":"(\d+)"/.exec(text)?.[1] : undefined;
    if (value !== undefined) {
      return Number(value);
    }
  }
  return 80;
}
