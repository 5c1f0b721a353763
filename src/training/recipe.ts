import { ACT_THRESHOLD } from '../score/forest/model.ts';
import { DEFAULT_GROWTH } from './fit.ts';
import type { TrainOptions } from './train.ts';

/** Share of the incidents that no tree learns from: what the figures that are stated of a model are about. */
const HELD_OUT_SHARE = 0.2;
/** Of the model that is shipped. */
export const SHIPPED_SEED = 1;

/** How a model of remedies is made, by the command and by the bench alike: the same rows and seed make the same model. */
export function recipeOf(seed: number): TrainOptions {
  return {
    growth: { seed, ...DEFAULT_GROWTH },
    thresholds: { act: ACT_THRESHOLD },
    heldOutShare: HELD_OUT_SHARE,
  };
}
