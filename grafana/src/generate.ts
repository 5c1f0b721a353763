// Writes grafana/dashboards/*.json anew: `node grafana/src/generate.ts`.
import { writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { allDashboards } from './dashboards.ts';

for (const { file, made } of allDashboards()) {
  const text = await format(JSON.stringify(made), { parser: 'json', printWidth: 120 });
  writeFileSync(new URL(`../dashboards/${file}`, import.meta.url), text);
}
