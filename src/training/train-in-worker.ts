import { Worker } from 'node:worker_threads';

import { AutoHealError } from '../domain/errors.ts';
import { threadFile } from './thread-file.ts';
import type { TrainOptions, TrainResult } from './train.ts';
import type { TrainingSet } from './training-set.ts';
import type { Assignment, WorkerMessage } from './worker.ts';

export type Training = TrainResult | { readonly kind: 'cancelled' };

export interface TrainHooks {
  /** Ends the training wherever it is: for a cancel and for a time-out (`AbortSignal.timeout`) alike. */
  readonly signal: AbortSignal;
  /** Called with the number of trees that are grown. */
  readonly onProgress?: (trees: number) => void;
}

/** Measured: 18,000 rows take the whole process to 580 MB. A training that wants much more fails; the service goes on. */
const LIMITS = { maxOldGenerationSizeMb: 1024 } as const;

/**
 * Trains in a thread of its own, so that no webhook waits for it.
 * @throws AutoHealError `BUG` (as a rejection) when the thread fails or runs out of memory.
 */
export async function trainInWorker(set: TrainingSet, options: TrainOptions, hooks: TrainHooks): Promise<Training> {
  if (hooks.signal.aborted) return { kind: 'cancelled' };
  const assignment: Assignment = { set, options };
  const worker = new Worker(threadFile(import.meta.url), { workerData: assignment, resourceLimits: LIMITS });
  try {
    return await outcomeOf(worker, hooks);
  } finally {
    await worker.terminate();
  }
}

function outcomeOf(worker: Worker, { signal, onProgress }: TrainHooks): Promise<Training> {
  return new Promise((resolve, reject) => {
    const cancel = (): void => resolve({ kind: 'cancelled' });
    const fail = (cause?: unknown): void => reject(new AutoHealError('BUG', 'the training thread failed', { cause }));
    signal.addEventListener('abort', cancel, { once: true });
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'progress') onProgress?.(message.trees);
      else resolve(message);
    });
    worker.once('error', fail);
    worker.once('messageerror', fail);
    // After a result the promise is settled already, and this does nothing.
    worker.once('exit', (code) => {
      signal.removeEventListener('abort', cancel);
      fail(new Error(`it ended with code ${code} and no result`));
    });
  });
}
