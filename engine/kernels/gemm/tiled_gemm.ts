import type { Capabilities } from "../../capabilities.ts";
import type { Dispatch } from "../dispatch.ts";
import { foldGrid } from "../fold_grid.ts";
import { finishIndex, type Gemm, gemmFlops, gemmInterface, gemmUniforms } from "./gemm_spec.ts";
import { alongColumns, type GemmOperand, hasVectors, transpose } from "./gemm_operand.ts";

interface Tile {
  /** Rows and columns of C per workgroup. */
  readonly m: number;
  readonly n: number;
  /** Rows and columns per invocation, multiples of 4. */
  readonly rows: number;
  readonly columns: number;
}

/** Elements of K in workgroup memory at a time. */
const DEPTH = 16;

const TILES = {
  64: { m: 64, n: 64, rows: 4, columns: 4 },
  128: { m: 128, n: 128, rows: 8, columns: 8 },
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
 */
export function tiled(capabilities: Capabilities, g: Gemm, tileSize: TileSize): Dispatch {
  const [outer, inner] = g.batches ?? [1, 1];
  const tile = TILES[tileSize];
  const across = tile.n / tile.columns;
  const down = tile.m / tile.rows;
  const size = across * down;
  const rowVectors = tile.rows / 4;
  const columnVectors = tile.columns / 4;
  const list = <T>(n: number, f: (i: number) => T) => Array.from({ length: n }, (_, i) => f(i));
  const alongM = !g.a.segment && g.a.row <= g.a.column;
  const alongN = columnsAreNear(g.b);
  const wideA = alongM ? hasVectors(transpose(g.a), g.m) : hasVectors(g.a, g.k);
  const wideB = alongN ? hasVectors(g.b, g.n) : hasVectors(transpose(g.b), g.k);
  const typeOf = (wide: boolean) => wide ? "vec4f" : "f32";
  const types = { a: typeOf(wideA), b: typeOf(wideB), c: "f32" } as const;
  const { a, b, ...start } = gemmInterface(capabilities, g, types);
  const [row, column] = finishIndex(g, "m", "n");
  const grid = foldGrid(
    capabilities,
    [Math.ceil(g.n / tile.n), Math.ceil(g.m / tile.m), outer * inner],
  );
  const blocks = list(tile.rows, (i) => list(columnVectors, (j) => ({ i, j }))).flat();
  return {
    label: g.label,
    code: `${start.code}
var<workgroup> tile_a: array<vec4f, ${DEPTH * tile.m / 4}>;
var<workgroup> tile_b: array<vec4f, ${DEPTH * tile.n / 4}>;
fn element_a(a0: u32, m: u32, k: u32) -> ${wideA ? "vec4f" : "f32"} {
  ${a.alongK("ak", "k")} ${a.alongFree("am", "m")}
  ${a.element("x", "ak", "am")}
  return x;
}
fn element_b(b0: u32, n: u32, k: u32) -> ${wideB ? "vec4f" : "f32"} {
  ${b.alongK("bk", "k")} ${b.alongFree("bn", "n")}
  ${b.element("x", "bk", "bn")}
  return x;
}
fn store(workgroup: vec3u, c0: u32, m: u32, n: u32, value: f32) {
  if (m >= p.m || n >= p.n) { return; }
  let at = c0 + m * p.cm + ${alongColumns(g.c, "n", "p.cn")};
  finish(at, ${row}, ${column}, value * p.alpha);
}
@compute @workgroup_size(${size})
fn main(${grid.parameters}) {${grid.declarations}
  let outer = workgroup.z / p.inner;
  let inner = workgroup.z % p.inner;
  let a0 = p.a_offset + outer * p.a0 + inner * p.a1;
  let b0 = p.b_offset + outer * p.b0 + inner * p.b1;
  let c0 = p.c_offset + outer * p.c0 + inner * p.c1;
  let m0 = workgroup.y * ${tile.m}u;
  let n0 = workgroup.x * ${tile.n}u;
  let x = lane % ${across}u;
  let y = lane / ${across}u;
  ${blocks.map(({ i, j }) => `var c${i}_${j} = vec4f(0.0);`).join(" ")}
  for (var k0 = 0u; k0 < p.k; k0 += ${DEPTH}u) {
    ${load("a", tile.m, size, alongM, wideA, "m0", "p.m")}
    ${load("b", tile.n, size, alongN, wideB, "n0", "p.n")}
    workgroupBarrier();
    for (var k = 0u; k < ${DEPTH}u; k++) {
      ${
      list(rowVectors, (i) => `let a${i} = tile_a[k * ${tile.m / 4}u + y + ${i * down}u];`).join(
        " ",
      )
    }
      ${
      list(columnVectors, (j) => `let b${j} = tile_b[k * ${tile.n / 4}u + x + ${j * across}u];`)
        .join(" ")
    }
      ${
      blocks.map(({ i, j }) => `c${i}_${j} = fma(vec4f(a${i >> 2}[${i & 3}]), b${j}, c${i}_${j});`)
        .join("\n      ")
    }
    }
    workgroupBarrier();
  }
  ${
      blocks.map(({ i, j }) => {
        const m = `m0 + (y + ${(i >> 2) * down}u) * 4u + ${i & 3}u`;
        const n = `n0 + (x + ${j * across}u) * 4u`;
        return list(4, (q) => `store(workgroup, c0, ${m}, ${n} + ${q}u, c${i}_${j}[${q}]);`).join(
          " ",
        );
      }).join("\n  ")
    }
}`,
    bindings: start.bindings,
    uniforms: gemmUniforms(g, tile.m),
    workgroups: grid.workgroups,
    flops: gemmFlops(g),
  };
}

/** True where columns of B are closer together in memory than rows. */
function columnsAreNear({ patches, row, column, segment }: GemmOperand): boolean {
  return patches ? patches.n.width >= patches.k.width : segment !== undefined || column <= row;
}

/**
 * WGSL that loads a tile, adjacent invocations from adjacent addresses, with zeros beyond the
 * edges.
 */
function load(
  name: string,
  width: number,
  size: number,
  alongWidth: boolean,
  wide: boolean,
  start: string,
  end: string,
): string {
  const per = wide ? 4 : 1;
  const [across, down] = alongWidth ? ["i", "k"] : ["k", "i"];
  const length = (alongWidth ? width : DEPTH) / per;
  const to = (k: string) => `tile_${name}[(${k}) * ${width / 4}u + i / 4u]`;
  const store = !wide
    ? `${to("k")}[i % 4u] = v;`
    : alongWidth
    ? `${to("k")} = v;`
    : [0, 1, 2, 3].map((c) => `${to(`k + ${c}u`)}[i % 4u] = v[${c}];`).join(" ");
  return `for (var e = lane; e < ${width * DEPTH / per}u; e += ${size}u) {
      let ${across} = e % ${length}u * ${per}u;
      let ${down} = e / ${length}u;
      var v = ${wide ? "vec4f(0.0)" : "0.0"};
      if (${start} + i < ${end} && k0 + k < p.k) { v = element_${name}(${name}0, ${start} + i, k0 + k); }
      ${store}
    }`;
}
