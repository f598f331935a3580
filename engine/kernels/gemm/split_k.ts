import type { Emitter } from "../dispatch.ts";
import type { Gemm } from "./gemm_spec.ts";
import { emitColumnSums } from "../sums.ts";
import { tiled, type TileSize, usualTile } from "./tiled_gemm.ts";

/** Least length of a slice of K, and most slices. */
const SLICE = 1024;
const MOST = 64;

/** How many slices of K a product may be computed in; less than 2 where it is not to be split. */
export function mostSlices(g: Gemm): number {
  const { n, k, c, batches = [1, 1] } = g;
  const plain = !g.epilogue && !g.product && c.ref.dtype === "f32" &&
    c.row === n && c.column === 1 && !c.offset && !c.segment &&
    !g.a.right && (!g.b.right || g.b.right.row === g.b.row) &&
    batches[0] * batches[1] === 1;
  return plain ? Math.min(Math.floor(k / Math.max(SLICE, unitOf(g))), MOST) : 0;
}

/** Slices end with whole vectors or, in a convolution, with whole images. */
function unitOf({ a }: Gemm): number {
  return a.segment ?? 4;
}

/**
 * Emits a product of large K and small C, such as a weight gradient, as parallel slices of K
 * (split-K) and the sum of their results.
 *
 * @param slices from 2 to {@linkcode mostSlices}
 */
export function emitSplitK(emitter: Emitter, g: Gemm, tile: TileSize, slices: number): void {
  const { m, n, k, c } = g;
  const { capabilities } = emitter;
  const unit = unitOf(g);
  // The remainder of K is a separate product.
  const length = Math.floor(k / slices / unit) * unit;
  const rest = k - slices * length;
  const parts = slices + (rest > 0 ? 1 : 0);
  const partial = emitter.scratch(parts * m * n);
  const stepOfA = g.a.segment ? g.a.column / unit : g.a.column;
  const stepOfB = g.b.patches ? g.b.row / unit : g.b.row;
  const sliced = { ...g, k: length, batches: [1, slices] as const };
  emitter.emit(tiled(capabilities, {
    ...sliced,
    a: { ...g.a, batch: [0, length * stepOfA] },
    b: { ...g.b, batch: [0, length * stepOfB] },
    c: { ref: partial, row: n, column: 1, batch: [0, m * n] },
  }, tile));
  if (rest > 0) {
    const skipped = slices * length;
    emitter.emit(tiled(capabilities, {
      ...g,
      k: rest,
      a: { ...g.a, offset: (g.a.offset ?? 0) + skipped * stepOfA },
      b: { ...g.b, offset: (g.b.offset ?? 0) + skipped * stepOfB },
      c: { ref: partial, offset: slices * m * n, row: n, column: 1 },
    }, usualTile(capabilities, g)));
  }
  emitColumnSums(emitter, {
    label: `${g.label} (slices)`,
    outer: 1,
    reduce: parts,
    inner: m * n,
    sources: [{ name: "partial", ref: partial }],
    terms: ["partial[at]"],
    outs: [c.ref],
  });
}
