import type { Capabilities } from "../../capabilities.ts";
import type { WgslType } from "../../ops/elementwise.ts";
import { fitsVec4 } from "../../ops/input_map.ts";
import type { Dispatch } from "../dispatch.ts";
import { foldGrid } from "../fold_grid.ts";
import {
  finishIndex,
  type Gemm,
  gemmFlops,
  type GemmInterface,
  gemmInterface,
  gemmUniforms,
} from "./gemm_spec.ts";
import { alongColumns, hasVectors, type OperandReader } from "./gemm_operand.ts";
import { rowSumsCode } from "./row_sums.ts";

/**
 * Product for software adapters, where loads and branches are expensive and registers are fast: the
 * lanes of one subgroup own the columns; a tile of B is held in a private array that is indexed by
 * constants only, and rows of A stream past it. The lanes load a row of A together and broadcast
 * its elements one by one.
 */
export function subgroupGemm(capabilities: Capabilities, g: Gemm): Dispatch {
  const { subgroupSize: lanes } = capabilities;
  const shape = shapeOf(lanes, g);
  const { each, depth, wideC, wideSums } = shape;
  const rows = Math.ceil(g.m / Math.ceil(g.m / 256));
  const [outer, inner] = g.batches ?? [1, 1];
  const across = Math.ceil(g.n / (lanes * each));
  const type = (wide: boolean): WgslType => wide ? "vec4f" : "f32";
  const types = { a: type(shape.wideA), b: type(shape.wideB), c: type(wideSums) };
  const start = gemmInterface(capabilities, g, types, type(wideC));
  const grid = foldGrid(
    capabilities,
    [across + (g.rowSums ? 1 : 0), Math.ceil(g.m / rows), outer * inner],
  );
  // In WGSL, `_ = &C`: an epilogue may write C through its own bindings alone, and this one must stay
  // in use; `one`: 1, but opaque to drivers, some of which would unroll the loop for seconds.
  return {
    label: g.label,
    code: `${start.code}
@compute @workgroup_size(${lanes})
fn main(${grid.parameters}) {${grid.declarations}
  _ = &C;
  let outer = workgroup.z / p.inner;
  let inner = workgroup.z % p.inner;
  let a0 = p.a_offset + outer * p.a0 + inner * p.a1;
  let b0 = p.b_offset + outer * p.b0 + inner * p.b1;
  let c0 = p.c_offset + outer * p.c0 + inner * p.c1;
  let m0 = workgroup.y * p.rows;
  let m2 = min(m0 + p.rows, p.m);
  ${
      g.rowSums
        ? `// Workgroups beyond the last column add up rows of A; the others' loops make no turn there.
  let adds = workgroup.x == ${across}u;`
        : "let adds = false;"
    }
  let m1 = select(m2, m0, adds);
  let one = select(min(p.m, 1u), 0u, adds);
  let first = workgroup.x * ${lanes * each}u;
  ${
      list(each, (e) =>
        `let n${e} = first + ${wideSums ? `4u * lane + ${e}u` : `${e * lanes}u + lane`};`)
    }
  ${
      list(wideC ? 1 : each, (e) => {
        const [row, column] = finishIndex(g, "0u", `n${e}`);
        return `let cn${e} = c0 + ${alongColumns(g.c, `n${e}`, "p.cn")}; ` +
          `let row${e} = ${row}; let column${e} = ${wideC ? `(${column}) / 4u` : column};`;
      })
    }
  ${list(each, (e) => start.b.alongFree(`bn${e}`, `min(n${e}, p.n - 1u)`))}
  var tile: array<f32, ${each * depth}>;
  ${list(start.partsOfA.length, (i) => passesOf(g, shape, start, i))}
  ${g.rowSums ? rowSumsCode(g.a, start.a, types.a, lanes, "m0", "select(m0, m2, adds)") : ""}
}`,
    bindings: start.bindings,
    uniforms: gemmUniforms(g, rows),
    workgroups: grid.workgroups,
    flops: gemmFlops(g),
  };
}

/** True where all of K is one pass, so that no partial sums go through C. */
export function isOnePass(lanes: number, g: Gemm): boolean {
  return !g.a.right && g.k <= pickDepth(lanes, g).depth;
}

/**
 * The length of a row of partial sums in separate memory, where that pays off because in C they
 * would be loaded and stored one by one. Undefined where they go to C.
 */
export function partialRowOf(lanes: number, g: Gemm): number | undefined {
  const { wideC, each } = shapeOf(lanes, g);
  return wideC || each < 4 ? undefined : Math.ceil(g.n / (lanes * each)) * lanes * each;
}

/** The properties of a product that are compiled into its kernel; the others are uniforms. */
interface KernelShape {
  readonly lanes: number;
  /** Elements of K per pass. */
  readonly depth: number;
  /** Columns of C per lane. */
  readonly each: number;
  /** A lane loads four adjacent elements of A at a time. */
  readonly wideA: boolean;
  /** The same of B. */
  readonly wideB: boolean;
  /** A lane stores four adjacent elements of C at a time. */
  readonly wideC: boolean;
  /** A lane's columns are adjacent, and their partial sums a vector. */
  readonly wideSums: boolean;
  /** All of K is one pass. */
  readonly single: boolean;
  /** No workgroup has columns beyond N. */
  readonly whole: boolean;
}

function shapeOf(lanes: number, g: Gemm): KernelShape {
  const { depth, wideA } = pickDepth(lanes, g);
  const each = pickColumns(g.n, lanes);
  const wideC = each === 4 && hasVectors(g.c, g.n) &&
    fitsVec4(g.epilogue?.fused.nodes ?? [], g.c.row);
  return {
    lanes,
    depth,
    each,
    wideA,
    wideB: wideC && hasVectors(g.b, g.n),
    wideC,
    wideSums: wideC || g.partialRow !== undefined,
    single: isOnePass(lanes, g),
    whole: g.n % (lanes * each) === 0,
  };
}

/** A range of K in which A is one matrix. */
interface PartOfK {
  readonly a: OperandReader;
  /** WGSL of the element after its last. */
  readonly end: string;
}

/** WGSL of the passes over a part of K. */
function passesOf(g: Gemm, shape: KernelShape, start: GemmInterface, part: number): string {
  const { depth, single } = shape;
  const at = `${g.a.right?.at}u`;
  const isLast = part === start.partsOfA.length - 1;
  const [first, end] = [part === 0 ? "0u" : at, isLast ? "p.k" : at];
  const pass = (last: boolean) => passOf(g, shape, start, { a: start.partsOfA[part], end }, last);
  // The last pass is separate: only it needs the epilogue, and the driver runs both sides of an if.
  return `{
    let last = ${isLast ? `${first} + (${end} - 1u - ${first}) / ${depth}u * ${depth}u` : end};
    ${single ? "" : `for (var k0 = ${first}; k0 < last; k0 += ${depth}u) { ${pass(false)} }`}
    ${isLast ? `let k0 = last; ${pass(true)}` : ""}
  }`;
}

/** WGSL of one pass: loads a tile of B and streams the rows of A past it. */
function passOf(
  g: Gemm,
  shape: KernelShape,
  { b, c }: GemmInterface,
  { a, end }: PartOfK,
  last: boolean,
): string {
  const { lanes, depth, each, wideA, wideB, wideC, wideSums, whole } = shape;
  const inside = (e: number) => whole ? "inside" : `inside && n${e} < p.n`;
  const to = (e: number) => `tile[j * ${each}u + ${e}u]`;
  const element = (e: number) =>
    `${b.element(`v${e}`, "bk", `bn${e}`)} ${to(e)} = select(0.0, v${e} * p.alpha, ${inside(e)});`;
  const vector = () =>
    b.element("b", "bk", "bn0") +
    list(each, (e) => `${to(e)} = select(0.0, b[${e}] * p.alpha, ${inside(e)});`);
  // Where a lane's part of A's row starts, one element or vector after another.
  const parts = list(wideA ? depth / (4 * lanes) : depth / lanes, (i) => {
    const k = wideA ? `${4 * lanes * i}u + 4u * lane` : `${lanes * i}u + lane`;
    const from = `min(k0 + ${k}, ${end} - ${wideA ? 4 : 1}u)`;
    return `let from${i} = ${from}; ${a.alongK(`ak${i}`, `from${i}`)}`;
  });
  const rowOfA = list(
    wideA ? depth / (4 * lanes) : depth / lanes,
    (i) => a.element(`x${i}`, `ak${i}`, "am"),
  );
  const broadcast = (j: number) =>
    wideA
      ? `x${Math.floor(j / (4 * lanes))}[${j % 4}], ${Math.floor(j / 4) % lanes}u`
      : `x${Math.floor(j / lanes)}, ${j % lanes}u`;
  const part = (j: number) => j % 2 === 0 ? "s" : "t";
  const sums = list(
    depth,
    (j) =>
      `let y${j} = subgroupBroadcast(${broadcast(j)}); ` +
      list(each, (e) => `${part(j)}${e} = fma(y${j}, tile[${j * each + e}], ${part(j)}${e});`, " "),
  );
  // Two partial sums, the earlier ones last: short sums round less, and run in parallel.
  const total = list(
    each,
    (e) => `s${e} = s${e} + t${e}${shape.single ? "" : ` + old${e}`};`,
  );
  const sumsAt = g.partialRow === undefined
    ? "(cm + cn0) / 4u"
    : "((workgroup.z * p.m + m) * p.sums + n0) / 4u";
  // A single pass has no earlier sums to load.
  const old = shape.single
    ? ""
    : wideSums
    ? `let old = select(vec4f(0.0), ${c.load(sumsAt)}, k0 > 0u); ` +
      list(each, (e) => `let old${e} = old[${e}];`)
    : list(each, (e) => `let old${e} = select(0.0, ${c.load(`cm + cn${e}`)}, k0 > 0u);`);
  const store = (e: number, value: string) => {
    const at = wideC ? `(cm + cn${e}) / 4u` : `cm + cn${e}`;
    const code = last
      ? `finish(${at}, row${e} + m, column${e}, ${value});`
      : c.store(wideSums ? sumsAt : at, value);
    // Separate rows of partial sums have room for every lane.
    return whole || (!last && g.partialRow !== undefined) ? code : `if (n${e} < p.n) { ${code} }`;
  };
  const stores = (last ? wideC : wideSums)
    ? store(0, "vec4f(s0, s1, s2, s3)")
    : list(each, (e) => store(e, `s${e}`));
  // Zeros beyond the end of K also cancel what A's clamped indices read there.
  return `
    for (var j = 0u; j < ${depth}u * one; j++) {
      let k = min(k0 + j, ${end} - 1u);
      let inside = k0 + j < ${end};
      ${b.alongK("bk", "k")}
      ${wideB ? vector() : list(each, element)}
    }
    ${parts}
    for (var m = m0; m < m1; m++) {
      ${a.alongFree("am", "m")}
      let cm = m * p.cm;
      ${rowOfA}
      ${old}
      ${list(each, (e) => `var s${e} = 0.0; var t${e} = 0.0;`)}
      ${sums}
      ${total}
      ${stores}
    }`;
}

function list(n: number, f: (i: number) => string, separator = "\n      "): string {
  return Array.from({ length: n }, (_, i) => f(i)).join(separator);
}

/**
 * Most elements of K per pass, measured on eight lanes, where A is loaded as vectors and where it is
 * not. Four lanes, a browser's, take half as many: that driver is slow to compile long texts.
 */
const MOST_DEPTH = { wide: 64, narrow: 96 };

/**
 * Chooses the elements of K per pass with the least padded work, including a pass over C for each.
 */
function pickDepth(lanes: number, g: Gemm): { depth: number; wideA: boolean } {
  const { a, k, rowSums } = g;
  // Row sums of an A without segments take a row per lane.
  const vectors = hasVectors(a, k) && (!rowSums || a.segment !== undefined);
  const stretches = a.right ? [a.right.at, k - a.right.at] : [k];
  const most = (depth: number) => lanes < 8 ? depth / 2 : depth;
  let best = { depth: lanes, wideA: false, cost: Infinity };
  const consider = (depth: number, wideA: boolean) => {
    const passes = stretches.reduce((sum, length) => sum + Math.ceil(length / depth), 0);
    const cost = passes * (depth * (wideA ? 1 : 1.1) + 12);
    if (cost <= best.cost) best = { depth, wideA, cost };
  };
  for (let depth = lanes; depth <= most(MOST_DEPTH.narrow); depth += lanes) {
    consider(depth, false);
    if (vectors && depth % (4 * lanes) === 0 && depth <= most(MOST_DEPTH.wide)) {
      consider(depth, true);
    }
  }
  return best;
}

/** Chooses the columns per lane with the least padded work, including that of streaming A. */
function pickColumns(n: number, lanes: number): number {
  const cost = (each: number) => Math.ceil(n / (lanes * each)) * (each + 1);
  return [1, 2, 3, 4].reduce((best, each) => cost(each) <= cost(best) ? each : best);
}
