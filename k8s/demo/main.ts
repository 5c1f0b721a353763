import { makeFaults } from './faults.ts';
import { makeDemoServer } from './server.ts';

/** How often time passes over what grows with it, in milliseconds. */
const TICK_MS = 100;
/** Kubernetes takes the pod out of its Services while it ends: what still comes is answered. */
const DRAIN_MS = 3_000;
/** The longest that an ending process waits for requests under way. */
const END_MS = 10_000;

const port = Number(process.env['PORT'] ?? '8080');
const faults = makeFaults({ now: Date.now });
let draining = false;
const server = makeDemoServer({
  faults,
  now: Date.now,
  sleep,
  random: Math.random,
  // After the answer has gone out.
  crash: () => void setTimeout(() => process.exit(1), 50),
  draining: () => draining,
});

setInterval(() => {
  faults.pass(TICK_MS / 1000);
  burn(faults.strength('cpu') * TICK_MS);
}, TICK_MS).unref();

server.listen(port, () => {
  process.stdout.write(`${JSON.stringify({ msg: 'the demo workload listens', at: server.address() })}\n`);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    draining = true;
    setTimeout(() => process.exit(0), END_MS).unref();
    setTimeout(() => {
      server.close(() => process.exit(0));
      server.closeIdleConnections();
    }, DRAIN_MS);
  });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Keeps the core busy for so long. */
function burn(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
