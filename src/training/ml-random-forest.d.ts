// The types that ml-random-forest 2.1.0 ships do not compile and leave half of it out. These are the parts that we use.
declare module 'ml-random-forest' {
  /** A node of a tree of ml-cart 2.1.1. It is a leaf unless it has both children. */
  export interface LibraryNode {
    readonly kind?: 'classifier' | 'regression';
    /** Index into the columns that the tree was given, not into the features. */
    readonly splitColumn?: number;
    readonly splitValue?: number;
    readonly gain?: number;
    readonly left?: LibraryNode;
    readonly right?: LibraryNode;
    /** One row: the share of each class, up to the highest class in the leaf. */
    readonly distribution?: { getRow(index: number): number[] };
  }

  export interface LibraryTree {
    readonly root: LibraryNode;
  }

  export interface ForestOptions {
    readonly nEstimators: number;
    /** In (0, 1]: share of the columns; a whole number above 1: how many. Chosen once for each tree. */
    readonly maxFeatures: number;
    readonly replacement: boolean;
    readonly useSampleBagging: boolean;
    readonly noOOB: boolean;
    /** A 32-bit integer. */
    readonly seed: number;
    readonly treeOptions: {
      readonly maxDepth?: number;
      readonly minNumSamples?: number;
      readonly gainThreshold?: number;
      readonly gainFunction?: 'gini';
    };
  }

  export class RandomForestClassifier {
    constructor(options: ForestOptions);
    /** The columns that each tree sees. */
    readonly indexes: readonly (readonly number[])[];
    readonly estimators: readonly LibraryTree[];
    train(rows: readonly ArrayLike<number>[], labels: readonly number[]): void;
    predict(rows: readonly ArrayLike<number>[]): number[];
    toJSON(): unknown;
    static load(model: unknown): RandomForestClassifier;
  }
}
