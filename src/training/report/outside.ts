/** What a check on data that the project did not make has found. */
export interface OutsideCheck {
  readonly name: string;
  /** Where the data comes from, with its licence. */
  readonly source: string;
  /** What was asked of whom, in one or two sentences. */
  readonly question: string;
  readonly figures: readonly OutsideFigure[];
  /** What the figures do not say; one sentence each. */
  readonly limits: readonly string[];
}

export interface OutsideFigure {
  readonly name: string;
  readonly value: number;
  /** What came out where nothing was learned or thought of: the larger class, always "no". */
  readonly trivial?: number;
  /** How many cases stand behind the value. */
  readonly cases: number;
}
