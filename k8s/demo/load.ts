import { Agent, request } from 'node:http';

// Sends requests at a steady rate, however slowly they are answered: a service that is ill does not get fewer of them.

const url = process.env['LOAD_URL'] ?? 'http://autoheal-demo:8080/data';
const perSecond = Number(process.env['LOAD_PER_SECOND'] ?? '20');
const maxInFlight = Number(process.env['LOAD_MAX_IN_FLIGHT'] ?? '200');
const TIMEOUT_MS = 5_000;
const TELL_MS = 10_000;

const agent = new Agent({ keepAlive: true, maxSockets: maxInFlight });
let inFlight = 0;
let counts: Record<string, number> = {};

function count(what: string): void {
  counts[what] = (counts[what] ?? 0) + 1;
}

function sendOne(): void {
  if (inFlight >= maxInFlight) {
    count('left out');
    return;
  }
  inFlight += 1;
  const sent = request(url, { agent, timeout: TIMEOUT_MS, signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
    count(String(response.statusCode ?? 0));
    response.on('error', () => undefined).resume();
  });
  sent.on('error', () => count('failed'));
  sent.on('close', () => {
    inFlight -= 1;
  });
  sent.end();
}

if (!(perSecond > 0 && perSecond <= 1000 && maxInFlight > 0)) {
  process.stderr.write('LOAD_PER_SECOND must be above 0 and at most 1000, LOAD_MAX_IN_FLIGHT above 0\n');
  process.exit(2);
}
const sending = setInterval(sendOne, 1000 / perSecond);
const telling = setInterval(() => {
  process.stdout.write(`${JSON.stringify({ url, perSecond, inFlight, counts })}\n`);
  counts = {};
}, TELL_MS);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    clearInterval(sending);
    clearInterval(telling);
    agent.destroy();
    process.exit(0);
  });
}
