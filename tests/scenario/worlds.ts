import { DEMO_WORLD } from '../../src/simulator/world/demo.ts';
import type { ServiceSpec, WorldSpec } from '../../src/simulator/world/spec.ts';

/** A service of the shop that calls no other one, with a revision to go back to. */
export function aService(name: string, overrides: Partial<ServiceSpec> = {}): ServiceSpec {
  const size = { cpu: '200m', memory: '256Mi' };
  return {
    namespace: 'shop',
    name,
    kind: 'Deployment',
    replicas: 2,
    image: `shop/${name}:1.4.2`,
    previousImage: `shop/${name}:1.4.1`,
    requests: size,
    limits: size,
    memory: '96Mi',
    port: 8080,
    progressDeadlineSeconds: 120,
    load: { rootRate: 8, cpuMillisPerRequest: 5, idleCpuMillis: 8, latencySeconds: 0.02, errorRatio: 0.001 },
    ...overrides,
  };
}

/** A cluster of these services and the monitoring, ten minutes old: enough for a past, too young for a baseline. */
export function worldOf(...services: readonly ServiceSpec[]): WorldSpec {
  const monitoring = DEMO_WORLD.services.filter(({ namespace }) => namespace === 'monitoring');
  return {
    nodes: ['node-1', 'node-2'].map((name) => ({ name, cpu: '16', memory: '64Gi' })),
    services: [...services, ...monitoring],
    prehistorySeconds: 600,
  };
}
