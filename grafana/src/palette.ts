/** Every colour that a dashboard may have. They are made for Grafana's light theme: its page is about the light grey. */
export const PALETTE = {
  /** Dark blue: how much there is, without a judgement. */
  plain: '#1A237E',
  /** Light grey: nothing there, or no matter. */
  quiet: '#F5F5F5',
  /** Teal: as it should be. */
  good: '#009688',
  /** Amber: somebody should look. */
  warning: '#FF8F00',
} as const satisfies Record<string, `#${string}`>;

export type Tone = keyof typeof PALETTE;
