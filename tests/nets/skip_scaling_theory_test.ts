/**
 * What ScaleLong proves of a UNet of blocks `a_i` (in), `b_i` (out) and a middle block, whose skips
 * are added as the paper's analysis has them: `f_i(x) = b_i(kappa_i a_i(x) + f_(i+1)(a_i(x)))`.
 */
import { ok } from "node:assert/strict";
import { add, constant, evaluateReference, matmul, relu, type Tensor } from "../../engine/mod.ts";
import { philox } from "../../engine/philox.ts";
import { constantScaling } from "../../nets/skip_scaling.ts";

/** A square matrix of normal numbers, row-major. */
function normals(width: number, seed: number): Float32Array {
  const out = new Float32Array(width * width);
  for (let i = 0; i < out.length; i++) {
    const [u, v] = philox([seed, i, 0, 0], [7, 9]);
    out[i] = Math.sqrt(-2 * Math.log((u + 1) / 2 ** 32)) * Math.cos(2 * Math.PI * v / 2 ** 32);
  }
  return out;
}

/** A random rotation: Gram-Schmidt on the rows of normal numbers. */
function rotation(width: number, seed: number): Float32Array {
  const m = normals(width, seed);
  for (let i = 0; i < width; i++) {
    const row = m.subarray(i * width, (i + 1) * width);
    for (let j = 0; j < i; j++) {
      const other = m.subarray(j * width, (j + 1) * width);
      const along = row.reduce((sum, v, c) => sum + v * other[c], 0);
      row.forEach((v, c) => row[c] = v - along * other[c]);
    }
    const norm = Math.sqrt(row.reduce((sum, v) => sum + v * v, 0));
    row.forEach((v, c) => row[c] = v / norm);
  }
  return m;
}

type Block = (x: Tensor) => Tensor;

/** Depth `outs.length` with CS on skips that are added; `ins[0]` and `outs[0]` are outermost. */
function added(ins: Block[], outs: Block[], middle: Block, kappa: number): Block {
  const level = (i: number): Block => (x) => {
    if (i > ins.length) return middle(x);
    const skip = ins[i - 1](x);
    return outs[i - 1](add(constantScaling(skip, i, kappa), level(i + 1)(skip)));
  };
  return level(1);
}

const WIDTH = 96;

const linearBlock = (m: Float32Array, active = false): Block => (x) => {
  const y = matmul(x, constant(m, [WIDTH, WIDTH]));
  return active ? relu(y) : y;
};

function squaredNorm(t: Tensor): number {
  return evaluateReference([t])[0].reduce((sum, v) => sum + v * v, 0);
}

Deno.test("unit-gain blocks: the squared norm is 1 + sum of kappa_j^2 times the input's", () => {
  // Theorem 3.1, for blocks that keep norms and point in independent directions: here rotations.
  const x = constant(normals(WIDTH, 1).slice(0, 64 * WIDTH), [64, WIDTH]);
  for (const depth of [1, 3, 6]) {
    for (const kappa of [1, 0.7]) {
      const blocks = (from: number) =>
        Array.from({ length: depth }, (_, i) => linearBlock(rotation(WIDTH, from + i)));
      const f = added(blocks(10), blocks(30), linearBlock(rotation(WIDTH, 50)), kappa);
      const expected = 1 +
        Array.from({ length: depth }, (_, i) => kappa ** (2 * i)).reduce((a, b) => a + b);
      const measured = squaredNorm(f(x)) / squaredNorm(x);
      const text = `depth ${depth}, kappa ${kappa}: ${measured}, not ${expected}`;
      ok(Math.abs(measured - expected) < 0.05 * expected, text);
    }
  }
});

/** The largest singular value, by power iteration on `m^T m`; from below, so a little is added. */
function spectralNorm(m: Float32Array): number {
  let v = Float32Array.from({ length: WIDTH }, (_, i) => Math.sin(i + 1));
  let norm = 0;
  for (let turn = 0; turn < 200; turn++) {
    const u = new Float32Array(WIDTH);
    for (let r = 0; r < WIDTH; r++) {
      for (let c = 0; c < WIDTH; c++) u[r] += m[r * WIDTH + c] * v[c];
    }
    const w = new Float32Array(WIDTH);
    for (let r = 0; r < WIDTH; r++) {
      for (let c = 0; c < WIDTH; c++) w[c] += m[r * WIDTH + c] * u[r];
    }
    const size = Math.sqrt(w.reduce((sum, x) => sum + x * x, 0));
    norm = Math.sqrt(size);
    v = w.map((x) => x / size);
  }
  return norm * 1.001;
}

Deno.test("the change of the output is within |d| (sum kappa_i M0^i + c0), and CS lowers the bound", () => {
  // The theorem on robustness, M0 and c0 from the weights: ReLU does not stretch, so M0 is the
  // largest product of the spectral norms of a pair, c0 the whole path's through the middle.
  const depth = 4;
  const weights = (from: number) =>
    Array.from({ length: depth }, (_, i) => normals(WIDTH, from + i).map((v) => v / 16));
  const [ins, outs, middle] = [weights(10), weights(30), normals(WIDTH, 50).map((v) => v / 16)];
  const m0 = Math.max(...ins.map((a, i) => spectralNorm(a) * spectralNorm(outs[i])));
  const c0 = m0 ** depth * spectralNorm(middle);
  const x = constant(normals(WIDTH, 1).slice(0, WIDTH), [1, WIDTH]);
  const bounds = [1, 0.7, 0.5].map((kappa) => {
    const blocks = (of: Float32Array[]) => of.map((m) => linearBlock(m, true));
    const f = added(blocks(ins), blocks(outs), linearBlock(middle, true), kappa);
    const bound = c0 + ins.reduce((sum, _, i) => sum + kappa ** i * m0 ** (i + 1), 0);
    const [at] = evaluateReference([f(x)]);
    for (let seed = 100; seed < 105; seed++) {
      const d = normals(WIDTH, seed).slice(0, WIDTH).map((v) => v / 10);
      const [moved] = evaluateReference([f(add(x, constant(d, [1, WIDTH])))]);
      const change = Math.hypot(...moved.map((v, i) => v - at[i])) / Math.hypot(...d);
      ok(change > 0 && change <= bound, `${change} of ${bound}`);
    }
    return bound;
  });
  ok(bounds[0] > bounds[1] && bounds[1] > bounds[2]);
});
