import process from 'node:process';

import { intakeTable, runIntakeBench } from './intake.ts';
import { modelTable, runModelBench } from './model.ts';
import { runWebhookToWriteBench, webhookToWriteTable } from './webhook-to-write.ts';

// Shell scripts know this code as "wrong usage" (EX_USAGE of sysexits.h).
const EXIT_USAGE = 64;

const USAGE = `usage: npm run bench -- <name> [--json]

  intake   webhooks per second, each on disk before its answer, beside a bare Fastify route, and the time from a
           webhook to the write that heals
  model    training, loading and asking the forest, on made-up rows, beside the library's own trainer and predict

  --json   one JSON object in the last line
`;

const INTAKE = { rounds: 5, secondsPerRound: 2 } as const;
/** The JSON is about the first; the second shows how it goes with many senders. */
const CONNECTIONS = 64;
const MANY_CONNECTIONS = 256;
const TO_WRITE = { webhooks: 200, pauseMs: 50 } as const;

/** Each benchmark prints tables for people and returns its figures. */
const BENCHES: Readonly<Record<string, () => Promise<object>>> = { intake: benchIntake, model: benchModel };

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

async function benchModel(): Promise<object> {
  const report = await runModelBench();
  print(modelTable(report));
  return {
    predict_speedup: round(report.predictSpeedup, 1),
    predict_p99_us: round(report.predictP99Us, 1),
    load_ms: round(report.loadMs, 1),
    train_rows_trees_seconds: round(report.trainSeconds, 1),
    ece: round(report.heldOut.ece, 4),
    macro_f1: round(report.heldOut.macroF1, 4),
    brier: round(report.heldOut.brier, 4),
    predict_p50_us: round(report.predictP50Us, 1),
    split_speedup: round(report.splitSpeedup, 1),
    file_bytes: report.bytes,
    rows: report.rows,
    trees: report.trees,
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function print(text: string): void {
  process.stdout.write(`${text}\n\n`);
}

async function main(args: readonly string[]): Promise<void> {
  const names = args.filter((arg) => arg !== '--json');
  const [name = ''] = names;
  const bench = Object.hasOwn(BENCHES, name) && names.length === 1 ? BENCHES[name] : undefined;
  if (bench === undefined) {
    process.stderr.write(USAGE);
    process.exitCode = EXIT_USAGE;
    return;
  }
  const figures = await bench();
  if (args.includes('--json')) process.stdout.write(`${JSON.stringify(figures)}\n`);
}

await main(process.argv.slice(2));
