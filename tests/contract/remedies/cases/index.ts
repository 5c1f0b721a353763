import type { RemedyCase } from '../case.ts';
import { cleanupCase } from './cleanup.ts';
import { cordonCase } from './cordon.ts';
import { drainCase } from './drain.ts';
import { ensureHpaCase } from './ensure-hpa.ts';
import { pauseRolloutCase } from './pause-rollout.ts';
import { rebalanceCase } from './rebalance.ts';
import { rerouteCase } from './reroute.ts';
import { resizeCase } from './resize.ts';
import { restartPodCase } from './restart-pod.ts';
import { resumeRolloutCase } from './resume-rollout.ts';
import { rollbackCase } from './rollback.ts';
import { rolloutRestartCase } from './rollout-restart.ts';
import { runJobCase } from './run-job.ts';
import { scaleDownCase } from './scale-down.ts';
import { scaleNodesCase } from './scale-nodes.ts';
import { scaleUpCase } from './scale-up.ts';
import { softResetCase } from './soft-reset.ts';
import { uncordonCase } from './uncordon.ts';

/** One entry for each remedy of the catalogue, in its order. */
export const CASES: readonly RemedyCase[] = [
  softResetCase,
  restartPodCase,
  rolloutRestartCase,
  scaleUpCase,
  scaleDownCase,
  rollbackCase,
  pauseRolloutCase,
  resumeRolloutCase,
  rerouteCase,
  resizeCase,
  cleanupCase,
  ensureHpaCase,
  cordonCase,
  drainCase,
  uncordonCase,
  rebalanceCase,
  scaleNodesCase,
  runJobCase,
];
