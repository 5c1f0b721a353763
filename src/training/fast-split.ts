import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { RandomForestClassifier, type LibraryNode } from 'ml-random-forest';

import { AutoHealError } from '../domain/errors.ts';
import { makeSplitSearch } from './split-search.ts';

/** The versions whose split rule `split-search.ts` repeats. Another version may well split otherwise. */
const KNOWN_VERSIONS = { 'ml-random-forest': '2.1.0', 'ml-cart': '2.1.1' } as const;

interface StockNode {
  bestSplit: (this: LibraryNode, transposed: Transposed, labels: readonly number[]) => StockSplit;
}

/** The rows of a node, one array for each column: an ml-matrix `Matrix`. */
interface Transposed {
  readonly data: readonly Float64Array[];
}

interface StockSplit {
  readonly maxGain: number;
  readonly maxColumn: number | undefined;
  readonly maxValue: number | undefined;
  readonly numberSamples: number | undefined;
}

/**
 * Runs `train` with the quadratic split search of ml-cart replaced by one that grows the very same trees in n log n, and
 * puts the stock one back before it returns or throws. Synchronous on purpose: nothing else can see the replacement.
 *
 * @throws AutoHealError `BUG` when another version of the library is installed.
 */
export function withFastSplit<T>(train: () => T): T {
  checkVersions(installedVersions());
  const prototype = nodePrototype();
  const stock = prototype.bestSplit;
  const search = makeSplitSearch();
  prototype.bestSplit = function bestSplit(transposed, labels) {
    if (this.kind !== 'classifier') return stock.call(this, transposed, labels);
    const { gain, column, threshold } = search(transposed.data, labels);
    const found = column === undefined ? undefined : labels.length;
    return { maxGain: gain, maxColumn: column, maxValue: threshold, numberSamples: found };
  };
  try {
    return train();
  } finally {
    prototype.bestSplit = stock;
  }
}

/** @throws AutoHealError `BUG` that names the version found and the version that is known. */
export function checkVersions(installed: Readonly<Record<keyof typeof KNOWN_VERSIONS, string>>): void {
  for (const [name, known] of Object.entries(KNOWN_VERSIONS)) {
    const found = installed[name as keyof typeof KNOWN_VERSIONS]; // A key of the very object that is iterated.
    if (found === known) continue;
    const message = `the fast split search repeats ${name} ${known}, but ${found} is installed: compare the trees, then allow it`;
    throw new AutoHealError('BUG', message);
  }
}

function installedVersions(): Record<keyof typeof KNOWN_VERSIONS, string> {
  const here = createRequire(import.meta.url);
  // ml-cart is a dependency of the library, not of ours, and is looked up from there.
  const there = createRequire(here.resolve('ml-random-forest'));
  return {
    'ml-random-forest': versionIn(here.resolve('ml-random-forest/package.json')),
    'ml-cart': versionIn(there.resolve('ml-cart/package.json')),
  };
}

function versionIn(packageFile: string): string {
  const content: unknown = JSON.parse(readFileSync(packageFile, 'utf8'));
  const version = typeof content === 'object' && content !== null && 'version' in content ? content.version : undefined;
  return typeof version === 'string' ? version : 'an unknown version';
}

/** ml-cart does not export its node, so the prototype is taken from a tree of two rows. */
function nodePrototype(): StockNode {
  const forest = new RandomForestClassifier({
    nEstimators: 1,
    maxFeatures: 1,
    replacement: false,
    useSampleBagging: false,
    noOOB: true,
    seed: 1,
    treeOptions: {},
  });
  forest.train([[0], [1]], [0, 1]);
  const prototype: unknown = Object.getPrototypeOf(forest.estimators[0]?.root);
  if (typeof prototype !== 'object' || prototype === null || !('bestSplit' in prototype)) {
    throw new AutoHealError('BUG', 'the nodes of ml-cart have no bestSplit to replace');
  }
  return prototype as StockNode; // It has bestSplit, whose shape the known version fixes.
}
