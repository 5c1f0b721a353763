import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { freePort, startPart, type Part, type Running } from './parts.ts';

/** Where a program runs: its configuration lies in the folder, and what it writes goes there too. */
export interface Place {
  readonly parts: ReadonlyMap<string, Part>;
  readonly folder: string;
  /** A free one when left out. */
  readonly port?: number;
}

/** A real Alertmanager, ready, with `alertmanager.yml` of the folder; alone, whatever peers others have. */
export function startAlertmanager(place: Place): Promise<Running> {
  return start('alertmanager', place, (data) => [`--storage.path=${data}`, '--cluster.listen-address=']);
}

/** A real Prometheus, ready, with `prometheus.yml` of the folder. */
export function startPrometheus(place: Place): Promise<Running> {
  return start('prometheus', place, (data) => [`--storage.tsdb.path=${data}`]);
}

async function start(
  name: string,
  { parts, folder, port: wanted }: Place,
  own: (data: string) => readonly string[],
): Promise<Running> {
  const port = wanted ?? (await freePort());
  const data = join(folder, `${name}-data`);
  // A container would make it as root.
  mkdirSync(data);
  return startPart({
    part: parts.get(name) ?? { kind: 'missing', why: `${name} was not asked for` },
    folder,
    port,
    args: [`--config.file=${join(folder, `${name}.yml`)}`, `--web.listen-address=127.0.0.1:${port}`, ...own(data)],
    readyPath: '/-/ready',
  });
}
