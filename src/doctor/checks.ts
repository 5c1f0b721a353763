import { alertmanager } from './checks/alertmanager.ts';
import { clocks } from './checks/clock.ts';
import { configuration } from './checks/configuration.ts';
import { email } from './checks/email.ts';
import { kubernetes } from './checks/kubernetes.ts';
import { model } from './checks/model.ts';
import { prometheus } from './checks/prometheus.ts';
import { rights } from './checks/rights.ts';
import { route } from './checks/route.ts';
import { rules } from './checks/rules.ts';
import { signals } from './checks/signals.ts';
import { slack } from './checks/slack.ts';
import { store } from './checks/store.ts';
import type { Check } from './finding.ts';

/** Everything that the doctor looks at, in the order of the report. The route is the last: it may take a minute. */
export const CHECKS: readonly Check[] = [
  configuration,
  store,
  model,
  kubernetes,
  rights,
  prometheus,
  signals,
  rules,
  clocks,
  slack,
  email,
  alertmanager,
  route,
];
