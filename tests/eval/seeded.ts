import { mix32 } from "../../train/data/hash32.ts";

/** Numbers in [-1, 1) that depend on the seed alone. */
export function seeded(n: number, seed: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => mix32(mix32(seed) + i) / 2 ** 31 - 1);
}
