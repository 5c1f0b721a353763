import type { Alert } from '../../domain/alert.ts';
import type { Incident, IncidentId } from '../../domain/incident.ts';
import { chunksOf } from './chunks.ts';
import type { StoreDialect } from './dialect.ts';
import type { Database, IncidentAlertsTable, IncidentsTable } from './tables.ts';

/** An incident as the JSON of its row: alerts and failures have columns of their own. */
export function incidentBody(incident: Incident): string {
  const { alerts: _alerts, failures: _failures, ...body } = incident;
  return JSON.stringify(body);
}

/** The incident of a row, with its alerts as they stand now. */
export function incidentOf(row: Pick<IncidentsTable, 'body' | 'failures'>, alerts: readonly Alert[]): Incident {
  // Only `incidentBody` writes these bodies, and it leaves out just what is put back here.
  return { ...(JSON.parse(row.body) as object), alerts, failures: row.failures } as Incident;
}

/** The alert of a row. */
export function alertOf(row: Pick<IncidentAlertsTable, 'alert'>): Alert {
  return JSON.parse(row.alert) as Alert; // Only grouping writes these, from alerts.
}

/** The alerts of some incidents, each in the order in which they joined. */
export async function alertsOf(
  db: Database,
  dialect: StoreDialect,
  incidents: readonly IncidentId[],
): Promise<ReadonlyMap<IncidentId, readonly Alert[]>> {
  const alerts = new Map<IncidentId, Alert[]>(incidents.map((id) => [id, []]));
  for (const chunk of chunksOf(incidents, dialect.maxParameters)) {
    const rows = await db
      .selectFrom('incident_alerts')
      .select(['incident', 'alert'])
      .where('incident', 'in', chunk)
      .orderBy('joined_at')
      .orderBy('fingerprint')
      .execute();
    for (const row of rows) alerts.get(row.incident)?.push(alertOf(row));
  }
  return alerts;
}
