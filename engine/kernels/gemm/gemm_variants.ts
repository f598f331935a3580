import type { Capabilities } from "../../capabilities.ts";
import { type Emitter, freshRef, type Variants } from "../dispatch.ts";
import type { Gemm } from "./gemm_spec.ts";
import type { GemmOperand } from "./gemm_operand.ts";
import { emitSplitK, mostSlices } from "./split_k.ts";
import { tiled, type TileSize, usualTile } from "./tiled_gemm.ts";

/** Workgroups from which a large GPU is busy: an H100 has 132 multiprocessors. */
const BUSY = 256;

/** A way to compute a product. */
interface Way {
  /** Rows and columns of C per workgroup. */
  readonly tile: TileSize;
  /** Parts of K that are computed side by side; 1: it is whole. */
  readonly slices: number;
}

/** Emits a product for GPUs: with tiles of 64 or 128, whole or in slices of K. */
export function emitGpuGemm(emitter: Emitter, g: Gemm): void {
  emitWay(emitter, g, wayNamed(emitter.choose(gemmVariants(emitter.capabilities, g))));
}

/**
 * The variants of a product that may be fastest; on software adapters the usual one alone. Trials
 * leave the epilogue out, whose cost is the same for all.
 */
export function gemmVariants(capabilities: Capabilities, g: Gemm): Variants {
  const { m, n, k, batches = [1, 1] } = g;
  const most = mostSlices(g);
  const tiles: TileSize[] = capabilities.adapterClass === "software"
    ? []
    : m > 64 && n > 64
    ? [64, 128]
    : [64];
  const others = tiles.flatMap((tile) => {
    const filling = fillingSlices(g, tile);
    const counts = filling < 2 ? [1] : [1, filling, Math.min(2 * filling, most)];
    return counts.map((slices) => ({ tile, slices }));
  });
  const names = [usualWay(capabilities, g), ...others].map(({ tile, slices }) =>
    slices < 2 ? `${tile}` : `${tile} in ${slices}`
  );
  return {
    key: JSON.stringify([m, n, k, batches, ...[g.a, g.b, g.c].map(keyOf), most]),
    names: [...new Set(names)],
    trial: (emitter, name) => emitWay(emitter, onItsOwn(g), wayNamed(name)),
  };
}

/** The way where none was timed. */
function usualWay(capabilities: Capabilities, g: Gemm): Way {
  const slices = fillingSlices(g, 128);
  const tile = usualTile(capabilities, slices < 2 ? g : { ...g, batches: [1, slices] });
  return { tile, slices: fillingSlices(g, tile) };
}

/** The fewest slices of K with which a GPU is busy, or as many as there may be. */
function fillingSlices(g: Gemm, tile: TileSize): number {
  const workgroups = Math.ceil(g.m / tile) * Math.ceil(g.n / tile);
  return Math.max(1, Math.min(Math.ceil(BUSY / workgroups), mostSlices(g)));
}

function wayNamed(name: string): Way {
  const [tile, slices = 1] = name.split(" in ").map(Number);
  return { tile: tile as TileSize, slices };
}

function emitWay(emitter: Emitter, g: Gemm, { tile, slices }: Way): void {
  if (slices < 2) emitter.emit(tiled(emitter.capabilities, g, tile));
  else emitSplitK(emitter, g, tile, slices);
}

/** The properties of an operand that may affect timing; part of the keys in tuning files. */
function keyOf(
  { ref, offset = 0, row, column, batch, segment, tiled, patches, right }: GemmOperand,
): unknown[] {
  const continued = right ? [right.at, right.row] : 0;
  const layout = [batch ?? 0, segment ?? 0, tiled ?? 0, patches ?? 0, continued];
  return [ref.dtype, offset % 4, row, column, ...layout];
}

/** The product without its epilogue, on separate memory. */
function onItsOwn(g: Gemm): Gemm {
  const own = (o: GemmOperand, id: number): GemmOperand => ({
    ...o,
    ref: freshRef(o.ref, id),
    right: o.right && { ...o.right, ref: freshRef(o.right.ref, id + 3) },
  });
  return {
    ...g,
    bias: undefined,
    epilogue: undefined,
    a: own(g.a, 0),
    b: own(g.b, 1),
    c: own(g.c, 2),
  };
}
