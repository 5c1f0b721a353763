/** How far a rolling update may go beyond and below the wanted number of pods. */
export interface RolloutBounds {
  readonly desired: number;
  readonly surge: number;
  readonly unavailable: number;
}
