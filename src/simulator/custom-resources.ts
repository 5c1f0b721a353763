import type { CustomResource } from './api/resource-types.ts';
import type { WorldSpec } from './world/spec.ts';

/** Gateway API. */
export const HTTP_ROUTES: CustomResource = {
  group: 'gateway.networking.k8s.io',
  version: 'v1',
  plural: 'httproutes',
  kind: 'HTTPRoute',
  status: true,
};

/** Argo Rollouts. The world has no controller for them: they stand as they are written. */
export const ARGO_ROLLOUTS: CustomResource = {
  group: 'argoproj.io',
  version: 'v1alpha1',
  plural: 'rollouts',
  kind: 'Rollout',
  shortNames: ['ro'],
  scale: { minimum: 0 },
  status: true,
};

/** KEDA. */
export const SCALED_OBJECTS: CustomResource = {
  group: 'keda.sh',
  version: 'v1alpha1',
  plural: 'scaledobjects',
  kind: 'ScaledObject',
  shortNames: ['so'],
  status: true,
};

/** Cluster API. */
export const MACHINE_DEPLOYMENTS: CustomResource = {
  group: 'cluster.x-k8s.io',
  version: 'v1beta1',
  plural: 'machinedeployments',
  kind: 'MachineDeployment',
  shortNames: ['md'],
  scale: { minimum: 0 },
  status: true,
};

/** The custom kinds that the API of a world has to serve: those it asks for, and those of its own objects. */
export function customResourcesOf(spec: WorldSpec): readonly CustomResource[] {
  const needed = [
    ...(spec.customResources ?? []),
    ...(spec.nodeGroups === undefined ? [] : [MACHINE_DEPLOYMENTS]),
    ...(spec.services.some(({ route }) => route !== undefined) ? [HTTP_ROUTES] : []),
    ...(spec.services.some(({ autoscaler }) => autoscaler?.keda === true) ? [SCALED_OBJECTS] : []),
  ];
  return needed.filter((each, index) => needed.findIndex(({ kind }) => kind === each.kind) === index);
}
