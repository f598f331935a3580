import type { Tensor } from "../engine/mod.ts";

/**
 * Callback of a network for intermediate values: the output of each block under the block's key
 * (`in_blocks.0`, `mid_block`, `down.0.block.1`), each long skip as `skips.<i>` and, scaled, as
 * `scaled_skips.<i>` (i = 1 outermost .. N innermost), and LS gates as `gates.<i>`, `[batch, width]`.
 * @category Networks
 */
export type Observe = (name: string, value: Tensor) => void;
