import type { Dispatch } from "./dispatch.ts";
import {
  alongColumns,
  finishPlace,
  type Gemm,
  GEMM_UNIFORMS,
  gemmFinish,
  gemmFlops,
  gemmUniforms,
} from "./gemm.ts";
import { indexPlace, pictureElement } from "./picture.ts";

/**
 * Product for software adapters, where every load and every branch costs and registers are what is
 * fast: the lanes of one subgroup split K; a tile of B sits in a private array that is read at
 * constant indices only, rows of A stream past it, and the lanes' partial sums are transposed and
 * added by a tree of shuffles, so that each lane ends with a column of its own.
 */
export function kLanes(lanes: number, g: Gemm): Dispatch {
  const shape = shapeOf(lanes, g);
  const { depth, columns } = shape;
  const rows = Math.ceil(g.m / Math.ceil(g.m / 256));
  const finish = gemmFinish(g);
  const [outer, inner] = g.batches ?? [1, 1];
  const span = lanes * depth;
  return {
    label: g.label,
    code: `${GEMM_UNIFORMS}
@group(0) @binding(0) var<storage, read> A: array<${
      shape.vectors ? `vec4<${g.a.ref.dtype}>` : g.a.ref.dtype
    }>;
@group(0) @binding(1) var<storage, read> B: array<${g.b.ref.dtype}>;
@group(0) @binding(2) var<storage, read_write> C: array<${g.c.ref.dtype}>;
@group(0) @binding(${3 + finish.bindings.length}) var<uniform> p: Gemm;
${finish.code}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  // A single pass may leave C to the epilogue's memory; the binding is there all the same.
  _ = &C;
  let outer = workgroup.z / p.inner;
  let inner = workgroup.z % p.inner;
  let a0 = p.a_offset + outer * p.a0 + inner * p.a1;
  let b0 = p.b_offset + outer * p.b0 + inner * p.b1;
  let c0 = p.c_offset + outer * p.c0 + inner * p.c1;
  let n0 = workgroup.x * ${columns}u;
  let m0 = workgroup.y * p.rows;
  let m1 = min(m0 + p.rows, p.m);
  // Always 1, but not known to the driver, which would unroll the loop for seconds.
  let one = min(p.m, 1u);
  ${list(Math.log2(lanes), (b) => `let bit${b} = (lane & ${1 << b}u) != 0u;`)}
  ${
      list(columns / lanes, (group) => {
        const n = `column${group}`;
        const [row, column] = finishPlace(g, "0u", n);
        return `let ${n} = n0 + ${group * lanes}u + lane; ` +
          `let cn${group} = c0 + ${alongColumns(g.c, n, "p.cn")}; ` +
          `let row${group} = ${row}; let within${group} = ${column};`;
      })
    }
  var tile: array<f32, ${columns * depth}>;
  // The last pass stands apart: only it needs the epilogue, and the driver runs both sides of an if.
  let last = (p.k - 1u) / ${span}u * ${span}u;
  ${
      shape.single ? "" : `for (var k0 = 0u; k0 < last; k0 += ${span}u) {
    let partial = k0 > 0u || p.accumulate != 0u;
    ${passOf(g, shape, false)}
  }`
    }
  {
    let k0 = last;
    let partial = k0 > 0u || p.accumulate != 0u;
    ${passOf(g, shape, true)}
  }
}`,
    bindings: [
      { ref: g.a.ref, access: "read" },
      { ref: g.b.ref, access: "read" },
      { ref: g.c.ref, access: "read_write" },
      ...finish.bindings,
    ],
    uniforms: gemmUniforms(g, rows),
    workgroups: [Math.ceil(g.n / columns), Math.ceil(g.m / rows), outer * inner],
    flops: gemmFlops(g),
  };
}

/** True where all of K is one pass, so that no partial sums go through C. */
export function isOnePass(lanes: number, { k }: Gemm): boolean {
  return k <= lanes * pickDepth(k, lanes);
}

/** What of a product is in the text of its kernel; the rest is in the uniforms. */
interface KernelShape {
  readonly lanes: number;
  /** Elements of K per lane and pass. */
  readonly depth: number;
  /** Columns of C per workgroup. */
  readonly columns: number;
  /** Rows of A are read four neighbours at a time. */
  readonly vectors: boolean;
  /** All of K is one pass. */
  readonly single: boolean;
  /** Every workgroup's columns are all there. */
  readonly whole: boolean;
}

function shapeOf(lanes: number, g: Gemm): KernelShape {
  const depth = pickDepth(g.k, lanes);
  const columns = pickColumns(g.n, lanes);
  const { row, column, offset = 0, batch = [0, 0], run } = g.a;
  const aligned = [g.k, row, offset, ...batch, ...(run ? [run, column] : [])]
    .every((n) => n % 4 === 0);
  return {
    lanes,
    depth,
    columns,
    vectors: (run !== undefined || column === 1) && depth >= 4 && aligned,
    single: isOnePass(lanes, g),
    whole: g.n % columns === 0,
  };
}

/** One pass: a tile of B is loaded and the rows of A go past it. */
function passOf(g: Gemm, shape: KernelShape, last: boolean): string {
  const { lanes, depth, columns, vectors } = shape;
  const { picture } = g.b;
  const k = (i: number) =>
    vectors ? `${Math.floor(i / 4) * 4 * lanes + i % 4}u + 4u * lane` : `${i * lanes}u + lane`;
  return `
    ${
    list(depth, (i) =>
      `let k${i}_ = min(k0 + ${k(i)}, p.k - 1u); let inside${i} = k0 + ${k(i)} < p.k;`)
  }
    ${
    vectors
      ? list(depth / 4, (v) => {
        const k = `first${v}`;
        return `let ${k} = min(k${4 * v}_, p.k - 4u); ` +
          `let ak${v} = (a0 + ${alongColumns(g.a, k, "p.ak")}) / 4u;`;
      })
      : list(depth, (i) => `let ak${i} = a0 + ${alongColumns(g.a, `k${i}_`, "p.ak")};`)
  }
    ${picture ? list(depth, (i) => indexPlace(`bk${i}`, picture.k, `k${i}_`, "p.bk")) : ""}
    for (var j = 0u; j < ${columns}u * one; j++) {
      let inside = n0 + j < p.n;
      let n = min(n0 + j, p.n - 1u);
      ${picture ? indexPlace("bn", picture.n, "n", "p.bn") : "let bn = b0 + n * p.bn;"}
      // Zeros beyond the edge of K also undo what A's clamped indices read there.
      ${
    list(depth, (i) => {
      const to = `tile[j * ${depth}u + ${i}u]`;
      return picture
        ? pictureElement(`b${i}`, picture, `bk${i}`, "bn") +
          ` ${to} = select(0.0, f32(B[b0 + b${i}_at]) * p.alpha, inside && inside${i} && b${i}_in);`
        : `${to} = select(0.0, f32(B[bn + k${i}_ * p.bk]) * p.alpha, inside && inside${i});`;
    })
  }
    }
    for (var m = m0; m < m1; m++) {
      let am = m * p.am${vectors ? " / 4u" : ""};
      let cm = m * p.cm;
      ${
    vectors
      ? list(depth / 4, (v) =>
        `let y${v} = vec4f(A[am + ak${v}]); ` +
        [0, 1, 2, 3].map((c) => `let x${4 * v + c} = y${v}[${c}];`).join(" "))
      : list(depth, (i) => `let x${i} = f32(A[am + ak${i}]);`)
  }
      ${list(columns / lanes, (group) => columnGroup(group, shape, last))}
    }`;
}

/** Partial sums of as many columns as there are lanes, reduced so that lane i holds column i. */
function columnGroup(group: number, shape: KernelShape, last: boolean): string {
  const { lanes, depth, whole } = shape;
  const id = `${group}_`;
  const column = `column${group}`;
  const at = `at${group}`;
  const guard = whole ? "true" : `${column} < p.n`;
  // The old partial sum is loaded before the multiplications, which hide its latency.
  let code = `let ${at} = cm + cn${group};
      var old${group} = 0.0; if (partial && ${guard}) { old${group} = f32(C[${at}]); }\n`;
  let names: string[] = [];
  for (let j = 0; j < lanes; j++) {
    const first = (group * lanes + j) * depth;
    code += `var s${id}${j} = x0 * tile[${first}];`;
    for (let i = 1; i < depth; i++) {
      code += ` s${id}${j} = fma(x${i}, tile[${first + i}], s${id}${j});`;
    }
    code += "\n";
    names.push(`s${id}${j}`);
  }
  for (let b = 0; names.length > 1; b++) {
    const halves: string[] = [];
    for (let j = 0; j < names.length; j += 2) {
      const [even, odd] = [names[j], names[j + 1]];
      const name = `r${id}${b}_${j}`;
      code += `let ${name} = select(${even}, ${odd}, bit${b}) + ` +
        `subgroupShuffleXor(select(${odd}, ${even}, bit${b}), ${1 << b}u);\n`;
      halves.push(name);
    }
    names = halves;
  }
  const sum = `old${group} + ${names[0]}`;
  const store = last
    ? `finish(${at}, row${group} + m, within${group}, ${sum});`
    : `C[${at}] = ${sum};`;
  return code + (whole ? store : `if (${guard}) { ${store} }`);
}

function list(n: number, f: (i: number) => string): string {
  return Array.from({ length: n }, (_, i) => f(i)).join("\n      ");
}

/** Elements of K per lane and pass: the least padded work, counting the cost of a pass over C. */
function pickDepth(k: number, lanes: number): number {
  const cost = (depth: number) => Math.ceil(k / (lanes * depth)) * (depth + 1);
  return [2, 4, 8].reduce((best, depth) => cost(depth) <= cost(best) ? depth : best);
}

/** Columns per workgroup: the least padded work, counting the cost of streaming A. */
function pickColumns(n: number, lanes: number): number {
  const cost = (columns: number) => Math.ceil(n / columns) * (columns + 5);
  return [lanes, 2 * lanes, 4 * lanes].reduce((best, c) => cost(c) <= cost(best) ? c : best);
}
