import type { ServiceSpec, WorldSpec } from './spec.ts';

/** Two modest sizes for what only has to be there. */
const SMALL = {
  requests: { cpu: '50m', memory: '64Mi' },
  limits: { cpu: '200m', memory: '128Mi' },
  memory: '40Mi',
} as const;
const MEDIUM = {
  requests: { cpu: '200m', memory: '512Mi' },
  limits: { cpu: '1', memory: '1Gi' },
  memory: '420Mi',
} as const;

const SHOP: readonly ServiceSpec[] = [
  {
    ...shopService('frontend', 3, { cpu: '300m', memory: '256Mi' }),
    autoscaler: { min: 3, max: 4, cpuPercent: 70 },
    budget: { maxUnavailable: 1 },
    load: {
      rootRate: 60,
      cpuMillisPerRequest: 5.5,
      idleCpuMillis: 10,
      latencySeconds: 0.02,
      errorRatio: 0.002,
      calls: [
        { to: 'catalog', perRequest: 1.5, required: true },
        { to: 'cart', perRequest: 0.6, required: true },
        { to: 'recommendation', perRequest: 0.5, required: false },
        { to: 'checkout', perRequest: 0.1, required: true },
      ],
    },
  },
  {
    ...shopService('catalog', 3, { cpu: '300m', memory: '256Mi' }),
    autoscaler: { min: 3, max: 8, cpuPercent: 70 },
    budget: { minAvailable: 2 },
    load: { cpuMillisPerRequest: 3.2, idleCpuMillis: 8, latencySeconds: 0.012, errorRatio: 0.001 },
  },
  {
    ...shopService('cart', 3, { cpu: '200m', memory: '256Mi' }),
    budget: { maxUnavailable: 1 },
    configMap: 'cart-settings',
    load: {
      cpuMillisPerRequest: 5,
      idleCpuMillis: 8,
      latencySeconds: 0.01,
      errorRatio: 0.001,
      calls: [{ to: 'redis', perRequest: 2, required: true }],
    },
  },
  {
    ...shopService('checkout', 2, { cpu: '200m', memory: '256Mi' }),
    load: {
      cpuMillisPerRequest: 22,
      idleCpuMillis: 8,
      latencySeconds: 0.03,
      errorRatio: 0.002,
      calls: [
        { to: 'payment', perRequest: 1, required: true },
        { to: 'shipping', perRequest: 1, required: true },
        { to: 'cart', perRequest: 1, required: true },
      ],
    },
  },
  {
    ...shopService('payment', 2, { cpu: '200m', memory: '256Mi' }),
    budget: { minAvailable: 1 },
    configMap: 'payment-settings',
    load: {
      cpuMillisPerRequest: 22,
      idleCpuMillis: 8,
      latencySeconds: 0.04,
      errorRatio: 0.002,
      externals: [{ name: 'bank', perRequest: 1 }],
    },
  },
  {
    ...shopService('shipping', 2, { cpu: '150m', memory: '192Mi' }),
    load: { cpuMillisPerRequest: 16, idleCpuMillis: 6, latencySeconds: 0.025, errorRatio: 0.002 },
  },
  {
    ...shopService('recommendation', 2, { cpu: '200m', memory: '384Mi' }),
    load: {
      cpuMillisPerRequest: 4.5,
      idleCpuMillis: 10,
      latencySeconds: 0.025,
      errorRatio: 0.003,
      calls: [{ to: 'catalog', perRequest: 0.5, required: true }],
    },
  },
  {
    namespace: 'shop',
    name: 'redis',
    kind: 'StatefulSet',
    replicas: 1,
    image: 'redis:8.2.1',
    requests: { cpu: '250m', memory: '256Mi' },
    limits: { cpu: '500m', memory: '512Mi' },
    memory: '180Mi',
    port: 6379,
    volume: { size: '8Gi', usedRatio: 0.42 },
    load: { cpuMillisPerRequest: 2, idleCpuMillis: 5, latencySeconds: 0.001, errorRatio: 0.0002 },
  },
];

const PLATFORM: readonly ServiceSpec[] = [
  {
    ...SMALL,
    namespace: 'monitoring',
    name: 'kube-state-metrics',
    kind: 'Deployment',
    replicas: 1,
    image: 'kube-state-metrics:2.17.0',
    port: 8080,
  },
  {
    ...MEDIUM,
    namespace: 'monitoring',
    name: 'prometheus',
    kind: 'StatefulSet',
    replicas: 1,
    image: 'prometheus:3.5.0',
    port: 9090,
  },
  {
    ...SMALL,
    namespace: 'monitoring',
    name: 'alertmanager',
    kind: 'StatefulSet',
    replicas: 1,
    image: 'alertmanager:0.34.0',
    port: 9093,
  },
  {
    ...SMALL,
    namespace: 'kube-system',
    name: 'coredns',
    kind: 'Deployment',
    replicas: 2,
    image: 'coredns:1.13.1',
    port: 53,
  },
  {
    ...SMALL,
    namespace: 'kube-system',
    name: 'metrics-server',
    kind: 'Deployment',
    replicas: 1,
    image: 'metrics-server:0.8.0',
    port: 10250,
  },
  {
    ...SMALL,
    namespace: 'kube-system',
    name: 'kube-proxy',
    kind: 'DaemonSet',
    replicas: 0,
    image: 'kube-proxy:1.36.3',
  },
];

/** A shop of eight services on three nodes, with the monitoring and system pods that a cluster has besides. */
export const DEMO_WORLD: WorldSpec = {
  nodes: ['node-1', 'node-2', 'node-3'].map((name) => ({ name, cpu: '4', memory: '16Gi' })),
  services: [...SHOP, ...PLATFORM],
  crons: [
    { namespace: 'shop', name: 'reindex', schedule: '*/10 * * * *', image: 'shop/reindex:1.2.0', runsSeconds: 20 },
  ],
  prehistorySeconds: 4_200,
};

function shopService(
  name: string,
  replicas: number,
  size: { readonly cpu: string; readonly memory: string },
): ServiceSpec {
  return {
    namespace: 'shop',
    name,
    kind: 'Deployment',
    replicas,
    image: `shop/${name}:1.4.2`,
    previousImage: `shop/${name}:1.4.1`,
    requests: size,
    limits: size,
    memory: '96Mi',
    port: 8080,
    progressDeadlineSeconds: 120,
  };
}
