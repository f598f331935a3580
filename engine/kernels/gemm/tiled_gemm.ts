import type { Capabilities } from "../../capabilities.ts";
import { fitsVec4 } from "../../ops/input_map.ts";
import type { Dispatch } from "../dispatch.ts";
import { foldGrid } from "../fold_grid.ts";
import { finishIndex, type Gemm, gemmFlops, gemmInterface, gemmUniforms } from "./gemm_spec.ts";
import { alongColumns, type GemmOperand, hasVectors, transpose } from "./gemm_operand.ts";
import { sidesOf, tileLoad } from "./tile_load.ts";

/** How a workgroup computes its part of C. */
interface Tile {
  /** Rows and columns of C per workgroup. */
  readonly size: number;
  /** Vectors of rows, and of columns, per invocation. */
  readonly vectors: number;
  /** Elements of K per turn of the innermost loop. */
  readonly steps: number;
}

/** Elements of K in workgroup memory at a time. */
const DEPTH = 16;

const TILES = {
  64: { size: 64, vectors: 1, steps: 1 },
  128: { size: 128, vectors: 2, steps: 4 },
} as const satisfies Record<TileSize, Tile>;

/** Rows and columns of C per workgroup. */
export type TileSize = 64 | 128;

/** The tile where none was timed: the wide one where C has enough of them to occupy a GPU. */
export function usualTile({ adapterClass }: Capabilities, { m, n, batches }: Gemm): TileSize {
  const [outer, inner] = batches ?? [1, 1];
  return adapterClass === "discrete" && m * n * outer * inner >= 64 * 128 * 128 ? 128 : 64;
}

/**
 * Product for GPUs: tiles of A and B go through workgroup memory, both stored with K outermost so
 * that an invocation reads them as vectors, and each invocation keeps a block of C in registers.
 *
 * Compilers of WGSL clamp each index into workgroup memory. There a tile is an array of arrays whose
 * innermost index is the invocation's own, so that none is left to clamp in the loop over K. All of a
 * tile is asked for before any of it is stored: one wait for memory, not one for each load.
 */
export function tiled(capabilities: Capabilities, g: Gemm, tileSize: TileSize): Dispatch {
  const [outer, inner] = g.batches ?? [1, 1];
  const { size, vectors, steps } = TILES[tileSize];
  const side = size / vectors / 4;
  const lanes = side * side;
  const alongM = !g.a.segment && g.a.row <= g.a.column;
  const alongN = columnsAreNear(g.b);
  const wideA = alongM ? hasVectors(transpose(g.a), g.m) : hasVectors(g.a, g.k);
  const wideB = alongN ? hasVectors(g.b, g.n) : hasVectors(transpose(g.b), g.k);
  const wideC = hasVectors(g.c, g.n) && fitsVec4(g.epilogue?.fused.nodes ?? [], g.c.row);
  const typeOf = (wide: boolean) => wide ? "vec4f" : "f32";
  const types = { a: typeOf(wideA), b: typeOf(wideB), c: typeOf(wideC) } as const;
  const { a, b, ...start } = gemmInterface(capabilities, g, types, types.c);
  const [row, column] = finishIndex(g, "m", "n");
  const grid = foldGrid(
    capabilities,
    [Math.ceil(g.n / size), Math.ceil(g.m / size), outer * inner],
  );
  const bounds = { depth: DEPTH, size, side, lanes, isWholeK: g.k % DEPTH === 0 };
  const tileA = tileLoad({
    ...{ name: "a", along: "m", type: types.a, isAlongK: !alongM, isWide: wideA, isPixels: false },
    ...{ ...bounds, sides: sidesOf(a, start.partsOfA, g.a.right, "k", DEPTH) },
  });
  const tileB = tileLoad({
    ...{ name: "b", along: "n", type: types.b, isAlongK: !alongN, isWide: wideB },
    ...{ ...bounds, isPixels: g.b.patches !== undefined },
    sides: sidesOf(g.b.patches ? start.partsOfB[0] : b, start.partsOfB, g.b.right, "n", size),
  });
  const blocks = list(4 * vectors, (i) => list(vectors, (j) => ({ i, j }))).flat();
  const storeBlock = ({ i, j }: { i: number; j: number }) => {
    const m = `m0 + (y + ${(i >> 2) * side}u) * 4u + ${i & 3}u`;
    const n = `n0 + (x + ${j * side}u) * 4u`;
    return wideC
      ? `store(workgroup, c0, ${m}, ${n}, c${i}_${j});`
      : list(4, (q) => `store(workgroup, c0, ${m}, ${n} + ${q}u, c${i}_${j}[${q}]);`).join(" ");
  };
  const step = (q: number) =>
    [
      ...list(vectors, (i) => `let a${i}_${q} = tile_a[k + ${q}u][${i}][y];`),
      ...list(vectors, (j) => `let b${j}_${q} = tile_b[k + ${q}u][${j}][x];`),
      ...blocks.map(({ i, j }) =>
        `c${i}_${j} = fma(vec4f(a${i >> 2}_${q}[${i & 3}]), b${j}_${q}, c${i}_${j});`
      ),
    ].join("\n      ");
  // In WGSL, `_ = &C`: an epilogue may write C through its own bindings alone, and this one must stay
  // in use; `one`: 1, but opaque to drivers, some of which would unroll the loop for seconds.
  return {
    label: g.label,
    code: `${start.code}
var<workgroup> tile_a: array<array<array<vec4f, ${side}>, ${vectors}>, ${DEPTH}>;
var<workgroup> tile_b: array<array<array<vec4f, ${side}>, ${vectors}>, ${DEPTH}>;
fn store(workgroup: vec3u, c0: u32, m: u32, n: u32, value: ${types.c}) {
  if (m >= p.m || n >= p.n) { return; }
  let at = c0 + m * p.cm + ${alongColumns(g.c, "n", "p.cn")};
  finish(${wideC ? `at / 4u, ${row}, (${column}) / 4u` : `at, ${row}, ${column}`}, value * p.alpha);
}
@compute @workgroup_size(${lanes})
fn main(${grid.parameters}) {${grid.declarations}
  _ = &C;
  let outer = workgroup.z / p.inner;
  let inner = workgroup.z % p.inner;
  let a0 = p.a_offset + outer * p.a0 + inner * p.a1;
  let b0 = p.b_offset + outer * p.b0 + inner * p.b1;
  let c0 = p.c_offset + outer * p.c0 + inner * p.c1;
  let m0 = workgroup.y * ${size}u;
  let n0 = workgroup.x * ${size}u;
  let x = lane % ${side}u;
  let y = lane / ${side}u;
  let one = min(p.m, 1u);
  ${tileA.place}
  ${tileB.place}
  ${blocks.map(({ i, j }) => `var c${i}_${j} = vec4f(0.0);`).join(" ")}
  for (var k0 = 0u; k0 < p.k; k0 += ${DEPTH}u) {
    ${tileA.loads}
    ${tileB.loads}
    ${tileA.stores}
    ${tileB.stores}
    workgroupBarrier();
    for (var k = 0u; k < ${DEPTH}u * one; k += ${steps}u) {
      ${list(steps, step).join("\n      ")}
    }
    workgroupBarrier();
  }
  ${blocks.map(storeBlock).join("\n  ")}
}`,
    bindings: start.bindings,
    uniforms: gemmUniforms(g, size),
    workgroups: grid.workgroups,
    flops: gemmFlops(g),
  };
}

/** True where columns of B are closer together in memory than rows. */
function columnsAreNear({ patches, row, column, segment }: GemmOperand): boolean {
  return patches ? patches.n.width >= patches.k.width : segment !== undefined || column <= row;
}

function list<T>(n: number, f: (i: number) => T): T[] {
  return Array.from({ length: n }, (_, i) => f(i));
}
