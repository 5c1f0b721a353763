import type { DashboardSpec } from './frame.ts';
import { ACTIONS, NOTIFICATIONS } from './overview/actions.ts';
import { INCIDENTS } from './overview/incidents.ts';
import { ITSELF } from './overview/itself.ts';
import { NOW } from './overview/now.ts';

export const OVERVIEW: DashboardSpec = {
  name: 'overview',
  description: 'What AutoHeal heals, what it refuses, how long it takes, and whether it is well itself.',
  variables: ['namespace', 'workload'],
  sections: [NOW, INCIDENTS, ACTIONS, NOTIFICATIONS, ITSELF],
};
