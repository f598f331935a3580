import { uniform } from "./uniform.ts";

/** Sizes of the transformer block that is timed. */
export const BLOCK = { batch: 8, tokens: 65, width: 128, heads: 4, hidden: 512 } as const;

/** Shapes of the block's parameters by name; weights are `[out, in]`. */
export const BLOCK_SHAPES = {
  "norm1.weight": [BLOCK.width],
  "norm1.bias": [BLOCK.width],
  "qkv.weight": [3 * BLOCK.width, BLOCK.width],
  "qkv.bias": [3 * BLOCK.width],
  "proj.weight": [BLOCK.width, BLOCK.width],
  "proj.bias": [BLOCK.width],
  "norm2.weight": [BLOCK.width],
  "norm2.bias": [BLOCK.width],
  "fc1.weight": [BLOCK.hidden, BLOCK.width],
  "fc1.bias": [BLOCK.hidden],
  "fc2.weight": [BLOCK.width, BLOCK.hidden],
  "fc2.bias": [BLOCK.width],
} as const satisfies Record<string, readonly number[]>;

/** Name of one of the block's parameters. */
export type BlockName = keyof typeof BLOCK_SHAPES;

/** What a block is run on. */
export interface BlockData {
  /** `[batch, tokens, width]`. */
  readonly x: Float32Array;
  readonly parameters: Readonly<Record<BlockName, Float32Array>>;
}

/** Names of the block's parameters, in the order of the computation. */
export const BLOCK_NAMES: readonly BlockName[] = Object.keys(BLOCK_SHAPES) as BlockName[];

/** Random inputs and parameters, scaled so that activations stay near 1. */
export function blockData(): BlockData {
  const parameters = Object.fromEntries(BLOCK_NAMES.map((name, i) => {
    const [out, fanIn = 1] = BLOCK_SHAPES[name];
    const spread = name.startsWith("norm") ? 0.1 : Math.sqrt(3 / Math.max(fanIn, BLOCK.width));
    const values = uniform(out * fanIn, spread, 10 + i);
    return [name, /norm..weight/.test(name) ? values.map((v) => 1 + v) : values];
  })) as Record<BlockName, Float32Array>;
  const { batch, tokens, width } = BLOCK;
  return { x: uniform(batch * tokens * width, Math.sqrt(3), 9), parameters };
}

/** Operations of the products in one forward and backward pass, a multiply-add counted as two. */
export function blockFlops(): number {
  const { batch, tokens, width, hidden } = BLOCK;
  const rows = batch * tokens;
  const linears = rows * width * (3 * width + width + 2 * hidden);
  const attention = 2 * batch * tokens * tokens * width;
  return 3 * 2 * (linears + attention);
}
