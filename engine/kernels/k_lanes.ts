import type { Dispatch } from "./dispatch.ts";
import { type Gemm, GEMM_UNIFORMS, gemmFinish, gemmFlops, gemmUniforms } from "./gemm.ts";

/**
 * Product for software adapters, where every load costs and registers are what is fast: the lanes of
 * one subgroup split K; a tile of B sits in a private array that is read at constant indices only,
 * rows of A stream past it, and the lanes' partial sums are transposed and added by a tree of
 * shuffles, so that each lane ends with a column of its own.
 */
export function kLanes(lanes: number, g: Gemm): Dispatch {
  const depth = pickDepth(g.k, lanes);
  const columns = pickColumns(g.n, lanes);
  const rows = Math.ceil(g.m / Math.ceil(g.m / 256));
  const finish = gemmFinish(g);
  const [outer, inner] = g.batches ?? [1, 1];
  const tree = Math.log2(lanes);
  const across = (f: (i: number) => string, n: number) =>
    Array.from({ length: n }, (_, i) => f(i)).join("\n");
  const loadB = (i: number) =>
    `tile[j * ${depth}u + ${i}u] = select(0.0, B[bn + kk${i} * p.bk] * p.alpha, inside && inside${i});`;
  return {
    label: g.label,
    code: `${GEMM_UNIFORMS}
@group(0) @binding(0) var<storage, read> A: array<f32>;
@group(0) @binding(1) var<storage, read> B: array<f32>;
@group(0) @binding(2) var<storage, read_write> C: array<f32>;
@group(0) @binding(${3 + finish.bindings.length}) var<uniform> p: Gemm;
${finish.code}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let outer = workgroup.z / p.inner;
  let inner = workgroup.z % p.inner;
  let a0 = p.a_offset + outer * p.a0 + inner * p.a1;
  let b0 = p.b_offset + outer * p.b0 + inner * p.b1;
  let c0 = p.c_offset + outer * p.c0 + inner * p.c1;
  let n0 = workgroup.x * ${columns}u;
  let m0 = workgroup.y * p.rows;
  let m1 = min(m0 + p.rows, p.m);
  // Always 1, but not known to the driver, which would unroll the loops for seconds.
  let one = min(p.m, 1u);
  ${across((b) => `let bit${b} = (lane & ${1 << b}u) != 0u;`, tree)}
  var tile: array<f32, ${columns * depth}>;
  for (var k0 = 0u; k0 < p.k; k0 += ${lanes * depth}u) {
    ${
      across(
        (i) =>
          `let kk${i} = min(k0 + ${i * lanes}u + lane, p.k - 1u); let inside${i} = k0 + ${
            i * lanes
          }u + lane < p.k; let ak${i} = a0 + kk${i} * p.ak;`,
        depth,
      )
    }
    for (var j = 0u; j < ${columns}u * one; j++) {
      let inside = n0 + j < p.n;
      let bn = b0 + min(n0 + j, p.n - 1u) * p.bn;
      ${across(loadB, depth)}
    }
    let partial = k0 > 0u || p.accumulate != 0u;
    let last = k0 + ${lanes * depth}u >= p.k;
    for (var m = m0; m < m1; m++) {
      let am = m * p.am;
      let cm = c0 + m * p.cm;
      ${across((i) => `let x${i} = select(0.0, A[am + ak${i}], inside${i});`, depth)}
      ${across((group) => columnGroup(group, lanes, depth, tree), columns / lanes)}
    }
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

/** Partial sums of as many columns as there are lanes, reduced so that lane i holds column i. */
function columnGroup(group: number, lanes: number, depth: number, tree: number): string {
  const id = `${group}_`;
  // The old partial sum is loaded before the multiplications, which hide its latency.
  let code = `let column${group} = n0 + ${
    group * lanes
  }u + lane; let at${group} = cm + column${group} * p.cn;
      var old${group} = 0.0; if (partial && column${group} < p.n) { old${group} = C[at${group}]; }\n`;
  let names: string[] = [];
  for (let j = 0; j < lanes; j++) {
    const at = (group * lanes + j) * depth;
    code += `var s${id}${j} = x0 * tile[${at}];`;
    for (let i = 1; i < depth; i++) {
      code += ` s${id}${j} = fma(x${i}, tile[${at + i}], s${id}${j});`;
    }
    code += "\n";
    names.push(`s${id}${j}`);
  }
  for (let b = 0; b < tree; b++) {
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
  return code + `if (column${group} < p.n) {
        let sum = old${group} + ${names[0]};
        if (last) { finish(at${group}, workgroup.z * p.m + m, column${group}, sum); } else { C[at${group}] = sum; }
      }`;
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
