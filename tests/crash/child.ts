// The service as it really runs, with one difference: it kills itself (SIGKILL) at the point that the parent names.
import { REMEDY_OPTIONS } from '../../src/act/catalogue.ts';
import { makeKubernetesCluster } from '../../src/adapters/kubernetes/cluster.ts';
import { openSqliteStore } from '../../src/adapters/store/sqlite-store.ts';
import { buildApp } from '../../src/app.ts';
import { configOrThrow, loadConfig } from '../../src/config/load.ts';
import type { Cluster } from '../../src/ports/cluster.ts';
import type { Store } from '../../src/ports/store.ts';
import type { KillPoint } from './kill-points.ts';

const { yaml, kill } = JSON.parse(process.argv[2] ?? '') as { yaml: string; kill?: KillPoint }; // Our own parent wrote it.
const config = configOrThrow('crash', loadConfig(yaml, { env: {}, readFile: () => '', remedies: REMEDY_OPTIONS }));

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  // The signal arrives at once, but not before this call returns.
  for (;;);
}

/** Runs an operation and dies where the kill point says: before it, while it is under way, or after it, unanswered. */
async function around<T>(point: string, run: () => Promise<T>): Promise<T> {
  if (kill?.point !== point) return run();
  if (kill.when === 'before') die();
  const running = run();
  if (kill.when === 'during') {
    await new Promise((resolve) => {
      setTimeout(resolve, kill.afterMs ?? 0);
    });
    die();
  }
  await running;
  die();
}

function mortalStore(store: Store): Store {
  return {
    ...store,
    appendDeliveries: (deliveries) => around('appendDeliveries', () => store.appendDeliveries(deliveries)),
    commitGrouping: (grouping) => around('commitGrouping', () => store.commitGrouping(grouping)),
    commitStep: (step) => around(`commitStep:${step.after.phase}`, () => store.commitStep(step)),
    finishNotification: (answer) => around('finishNotification', () => store.finishNotification(answer)),
  };
}

function mortalCluster(cluster: Cluster): Cluster {
  return {
    ...cluster,
    send: (write, options) =>
      around(options.dryRun ? 'send:dry-run' : 'send:write', () => cluster.send(write, options)),
  };
}

const store = await openSqliteStore({ path: config.store.path });
const cluster = makeKubernetesCluster({ connection: config.cluster, timeoutMs: config.cluster.timeoutMs });
const app = await buildApp(config, { store: mortalStore(store), cluster: mortalCluster(cluster) });
process.once('SIGTERM', () => {
  void app.stop(5000).then(() => process.exit(0));
});
process.stdout.write(`listening ${await app.listen()}\n`);
