// What runs in the worker thread that `train-in-worker.ts` starts: one training, then the thread ends.
import { parentPort, workerData } from 'node:worker_threads';

import type { FlatForest } from '../score/forest/flat.ts';
import { train, type TrainOptions, type TrainResult } from './train.ts';
import type { TrainingSet } from './training-set.ts';

export interface Assignment {
  readonly set: TrainingSet;
  readonly options: TrainOptions;
}

export type WorkerMessage = { readonly kind: 'progress'; readonly trees: number } | TrainResult;

function run({ set, options }: Assignment): void {
  const result = train(set, options, (trees) => post({ kind: 'progress', trees }));
  // The arrays move to the other thread; they are not copied.
  post(result, result.kind === 'trained' ? buffersOf(result.model.forest) : []);
}

function post(message: WorkerMessage, moved: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, [...moved]);
}

function buffersOf({ roots, feature, threshold, right, share }: FlatForest): readonly ArrayBuffer[] {
  return [roots, feature, threshold, right, share].flatMap(({ buffer }) =>
    buffer instanceof ArrayBuffer ? [buffer] : [],
  );
}

run(workerData as Assignment); // Only train-in-worker.ts starts this file, with an assignment.
