import process from 'node:process';

import { runHealBench } from './heal/heal.ts';
import { intakeTable, runIntakeBench } from './intake.ts';
import { MODEL_USAGE, runModelBenchWith } from './model-run.ts';
import { runWebhookToWriteBench, webhookToWriteTable } from './webhook-to-write.ts';

// Shell scripts know this code as "wrong usage" (EX_USAGE of sysexits.h).
const EXIT_USAGE = 64;

const USAGE = `usage: npm run bench -- <name> [--json]

  intake   webhooks per second, each on disk before its answer, beside a bare Fastify route, and the time from a
           webhook to the write that heals
  heal     scenarios under the policies none, always-restart, rules, autoheal and oracle, on simulated clusters
           [--scenarios DIR] [--seed N] [--per-kind N] [--model FILE|none] [--threads N] [--details]
  model    training, loading and asking the forest, on made-up rows, beside the library's own trainer and predict${MODEL_USAGE}

  --json   one JSON object in the last line
`;

const INTAKE = { rounds: 5, secondsPerRound: 2 } as const;
/** The JSON is about the first; the second shows how it goes with many senders. */
const CONNECTIONS = 64;
const MANY_CONNECTIONS = 256;
const TO_WRITE = { webhooks: 200, pauseMs: 50 } as const;

/** Each benchmark prints tables for people and returns its figures. */
const BENCHES: Readonly<Record<string, (args: readonly string[]) => Promise<object>>> = {
  heal: benchHeal,
  intake: benchIntake,
  model: benchModel,
};

async function benchHeal(args: readonly string[]): Promise<object> {
  const { summary, table } = await runHealBench(args);
  print(table);
  return summary;
}

async function benchIntake(): Promise<object> {
  const few = await runIntakeBench({ ...INTAKE, connections: CONNECTIONS });
  print(intakeTable(few));
  const many = await runIntakeBench({ ...INTAKE, connections: MANY_CONNECTIONS });
  print(intakeTable(many));
  const toWrite = await runWebhookToWriteBench(TO_WRITE);
  print(webhookToWriteTable(toWrite));
  return {
    ratio_to_bare: round(few.ratio, 3),
    requests_per_second: round(few.durablePerSecond, 0),
    webhook_to_write_p50_ms: round(toWrite.p50, 2),
    webhook_to_write_p99_ms: round(toWrite.p99, 2),
    bare_requests_per_second: round(few.barePerSecond, 0),
    cpu_ratio_to_bare: round(few.cpuRatio, 3),
    connections: CONNECTIONS,
    ratio_to_bare_at_256: round(many.ratio, 3),
    requests_per_second_at_256: round(many.durablePerSecond, 0),
    cpu_ratio_to_bare_at_256: round(many.cpuRatio, 3),
    all_journalled: few.allJournalled && many.allJournalled,
    webhooks: toWrite.webhooks,
    webhooks_written: toWrite.written,
  };
}

async function benchModel(args: readonly string[]): Promise<object> {
  const { figures, table } = await runModelBenchWith(args);
  print(table);
  return figures;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function print(text: string): void {
  process.stdout.write(`${text}\n\n`);
}

async function main(args: readonly string[]): Promise<void> {
  const [name = '', ...rest] = args;
  const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
  if (bench === undefined) {
    process.stderr.write(USAGE);
    process.exitCode = EXIT_USAGE;
    return;
  }
  const figures = await bench(rest);
  if (args.includes('--json')) process.stdout.write(`${JSON.stringify(figures)}\n`);
}

await main(process.argv.slice(2));
