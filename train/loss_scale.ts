import {
  affine,
  constant,
  relu,
  type Shape,
  type StateLayout,
  step,
  type Tensor,
  where,
} from "../engine/mod.ts";
import type { LossScale } from "./checkpoints/loss_scale_state.ts";

/** The numbers of PyTorch's `GradScaler`; the floor is ours. */
export const GRAD_SCALER = {
  init_scale: 2 ** 16,
  growth_factor: 2,
  backoff_factor: 0.5,
  growth_interval: 2000,
  min_scale: 1,
} as const;

/** From the first scale to the floor it takes 16 skipped steps; a run that skips so many is lost. */
export const MOST_SKIPPED_IN_A_ROW = 50;

/** How a run begins. */
export const FIRST_LOSS_SCALE: LossScale = {
  scale: GRAD_SCALER.init_scale,
  growth_tracker: 0,
  skipped_steps: 0,
  skipped_in_a_row: 0,
};

/** Shapes of the state that holds a {@linkcode LossScale} on the device. */
export const LOSS_SCALE_SHAPES: Readonly<Record<keyof LossScale, Shape>> = {
  scale: [],
  growth_tracker: [],
  skipped_steps: [],
  skipped_in_a_row: [],
};

/**
 * Dynamic loss scaling (Micikevicius et al., "Mixed Precision Training", ICLR 2018): the scale falls
 * after a skipped step and grows after many good ones.
 *
 * @param good 1 where the step's gradient is finite, 0 where it is skipped
 */
export function nextLossScale(
  state: StateLayout,
  good: Tensor,
): Readonly<Record<keyof LossScale, Tensor>> {
  const { growth_factor, backoff_factor, growth_interval, min_scale } = GRAD_SCALER;
  const zero = constant([0], []);
  const scale = state.tensor("scale");
  const tracked = affine(state.tensor("growth_tracker"), 1, 1);
  const skipped = state.tensor("skipped_steps");
  const grows = step(affine(tracked, 1, 0.5 - growth_interval));
  const backed_off = affine(relu(affine(scale, backoff_factor, -min_scale)), 1, min_scale);
  return {
    scale: where(good, where(grows, affine(scale, growth_factor), scale), backed_off),
    growth_tracker: where(good, where(grows, zero, tracked), zero),
    skipped_steps: where(good, skipped, affine(skipped, 1, 1)),
    skipped_in_a_row: where(good, zero, affine(state.tensor("skipped_in_a_row"), 1, 1)),
  };
}
