import { Worker, parentPort } from 'node:worker_threads';

import { AutoHealError, errorText } from '../domain/errors.ts';

export interface ThreadsOptions<Result> {
  readonly threads: number;
  readonly signal?: AbortSignal;
  /** Called as results come in, in any order. */
  readonly onResult?: (result: Result, index: number) => void;
}

/** A thread that wants more than this fails; the process goes on. */
const LIMITS = { maxOldGenerationSizeMb: 400 } as const;

type Answer<Result> = { readonly index: number } & (
  { readonly kind: 'done'; readonly result: Result } | { readonly kind: 'failed'; readonly why: string }
);

/**
 * The results of all tasks, in their order, worked out by threads that run `file` (which calls `serveTasks`). Each thread
 * takes the next task when it is free.
 *
 * @throws AutoHealError `BUG` when a thread ends or fails a task; `PORT_TIMEOUT` when the signal ends it.
 */
export async function inThreads<Result>(
  file: URL,
  tasks: readonly unknown[],
  options: ThreadsOptions<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  let next = 0;
  const workers: Worker[] = [];

  function run(worker: Worker): Promise<void> {
    return new Promise((resolve, reject) => {
      const give = (): void => {
        const index = next;
        const task = tasks[index];
        if (task === undefined) return resolve();
        next += 1;
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A thread has no origin.
        worker.postMessage({ index, task });
      };
      worker.on('message', (answer: Answer<Result>) => {
        if (answer.kind === 'failed') return reject(new AutoHealError('BUG', answer.why));
        results[answer.index] = answer.result;
        options.onResult?.(answer.result, answer.index);
        give();
      });
      worker.once('error', (cause) => reject(new AutoHealError('BUG', 'a thread failed', { cause })));
      worker.once('exit', (code) => reject(new AutoHealError('BUG', `a thread ended with code ${code}`)));
      options.signal?.addEventListener('abort', () => reject(new AutoHealError('PORT_TIMEOUT', 'cancelled')), {
        once: true,
      });
      give();
    });
  }

  try {
    for (let count = 0; count < Math.min(options.threads, tasks.length); count += 1) {
      workers.push(new Worker(file, { resourceLimits: LIMITS }));
    }
    await Promise.all(workers.map(run));
    return results;
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** What a file does that `inThreads` runs: one task after the other, until the thread is ended. */
export function serveTasks(work: (task: never) => Promise<unknown>): void {
  parentPort?.on('message', ({ index, task }: { readonly index: number; readonly task: never }) => {
    work(task).then(
      (result) => say({ kind: 'done', index, result }),
      (error: unknown) => say({ kind: 'failed', index, why: errorText(error) }),
    );
  });
}

function say(message: Answer<unknown>): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A thread has no origin.
  parentPort?.postMessage(message);
}
