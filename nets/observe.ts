import type { Tensor } from "../engine/mod.ts";

/**
 * Called by a network with values on its way: the output of each block under the block's key
 * (`in_blocks.0`, `mid_block`, `down.0.block.1`), each long skip `skips.<i>` and what it is scaled to,
 * `scaled_skips.<i>` (i = 1 outermost .. N innermost), and LS gates `gates.<i>`, `[batch, width]`.
 */
export type Observe = (name: string, value: Tensor) => void;
