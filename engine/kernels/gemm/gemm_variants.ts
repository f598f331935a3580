import type { Capabilities } from "../../capabilities.ts";
import { ELEMENT_BYTES } from "../../tensor.ts";
import type { Emitter, Ref, Variants } from "../dispatch.ts";
import type { Gemm } from "./gemm_spec.ts";
import type { GemmOperand } from "./gemm_operand.ts";
import { emitSplitK, slicesOf } from "./split_k.ts";
import { tiled, type TileSize, usualTile } from "./tiled_gemm.ts";

/** Emits a product for GPUs: with tiles of 64 or 128, whole or in slices of K. */
export function emitGpuGemm(emitter: Emitter, g: Gemm): void {
  emitVariant(emitter, g, emitter.choose(gemmVariants(emitter.capabilities, g)));
}

/**
 * The variants of a product that may be fastest; on software adapters the usual one alone. Trials
 * leave the epilogue out, whose cost is the same for all.
 */
export function gemmVariants(capabilities: Capabilities, g: Gemm): Variants {
  const slices = slicesOf(g);
  const usual = slices < 2
    ? `${usualTile(capabilities, g)}`
    : `${usualTile(capabilities, { ...g, batches: [1, slices] })} split`;
  const tiles = capabilities.adapterClass === "software"
    ? []
    : g.m > 64 && g.n > 64
    ? ["64", "128"]
    : ["64"];
  const others = tiles.flatMap((tile) => slices < 2 ? [tile] : [tile, `${tile} split`]);
  const names = [usual, ...others.filter((name) => name !== usual)];
  const { m, n, k, batches = [1, 1] } = g;
  return {
    key: JSON.stringify([m, n, k, batches, ...[g.a, g.b, g.c].map(keyOf), slices]),
    names,
    trial: (emitter, name) => emitVariant(emitter, onItsOwn(g), name),
  };
}

function emitVariant(emitter: Emitter, g: Gemm, name: string): void {
  const [size, split] = name.split(" ");
  const tile = Number(size) as TileSize;
  if (split) emitSplitK(emitter, g, tile);
  else emitter.emit(tiled(emitter.capabilities, g, tile));
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

function freshRef({ size, dtype }: Ref, id: number): Ref {
  return {
    storage: { id, bytes: size * ELEMENT_BYTES[dtype], kind: "own" },
    offset: 0,
    size,
    dtype,
  };
}
