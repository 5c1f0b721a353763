import { LOAD } from './cluster/load.ts';
import { NODES } from './cluster/nodes.ts';
import { PODS } from './cluster/pods.ts';
import type { DashboardSpec } from './frame.ts';

export const CLUSTER: DashboardSpec = {
  name: 'cluster',
  description: 'Nodes, pods and load: whether what AutoHeal heals in stands on firm ground.',
  variables: ['namespace'],
  sections: [NODES, PODS, LOAD],
};
