import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { CLUSTER } from './cluster.ts';
import { makeDashboard, UIDS } from './frame.ts';
import { MODEL } from './model.ts';
import { OVERVIEW } from './overview.ts';
import { SERVICES } from './services.ts';

/** Every dashboard, with the name of its file in `grafana/dashboards/`. */
export function allDashboards(): readonly { readonly file: string; readonly made: Dashboard }[] {
  return [OVERVIEW, SERVICES, CLUSTER, MODEL].map((spec) => ({
    file: `${UIDS[spec.name]}.json`,
    made: makeDashboard(spec),
  }));
}
