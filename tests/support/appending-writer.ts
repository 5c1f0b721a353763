// Journals deliveries until it is killed, and prints the id of each once it is acknowledged.
import { writeSync } from 'node:fs';
import { openSqliteStore } from '../../src/adapters/store/sqlite-store.ts';

const store = await openSqliteStore({ path: process.argv[2] ?? '' });
for (let n = 0; n < 100_000; n += 1) {
  await store.appendDeliveries([{ id: `d${n}`, receivedAt: n, body: 'x'.repeat(1500) }]);
  writeSync(1, `d${n}\n`);
}
