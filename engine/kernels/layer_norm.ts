import { type Binding, declareBindings, type Emitter, type Ref } from "./dispatch.ts";
import { fuse } from "./fused.ts";
import type { Epilogue } from "./gemm.ts";
import { emitRows } from "./rows.ts";
import { emitColumnSums } from "./sums.ts";

/** Memory of a layer norm over `[rows, columns]`. */
export interface LayerNormRefs {
  readonly x: Ref;
  readonly weight: Ref;
  readonly mean: Ref;
  readonly rstd: Ref;
}

/** Emits `y = (x - mean) / std * weight + bias` by row, with mean and 1/std kept. */
export function emitLayerNorm(
  emitter: Emitter,
  { x, weight, bias, y, mean, rstd }: LayerNormRefs & { bias: Ref; y: Ref },
  columns: number,
  eps: number,
): void {
  const rows = x.size / columns;
  emitRows(emitter, {
    label: "layer_norm",
    rows,
    columns,
    declarations: declareBindings([
      { name: "x", type: "f32", access: "read" },
      { name: "weight", type: "f32", access: "read" },
      { name: "bias", type: "f32", access: "read" },
      { name: "y", type: "f32", access: "read_write" },
      { name: "mean", type: "f32", access: "read_write" },
      { name: "rstd", type: "f32", access: "read_write" },
    ]),
    bindings: [...read(x, weight, bias), ...write(y, mean, rstd)],
    body: (row) => {
      const x = row.values("x", (column) => `x[base + ${column}]`);
      return `
    let base = row * ${columns}u;
    ${x.load}
    var total = 0.0;
    ${row.each((c) => `total += ${x.at(c)};`)}
    let center = ${row.sum("total")} / ${columns}.0;
    var squares = 0.0;
    ${row.each((c) => `let d = ${x.at(c)} - center; squares += d * d;`)}
    let scale = inverseSqrt(${row.sum("squares")} / ${columns}.0 + ${eps}f);
    ${
        row.each((c) =>
          `y[base + ${c.column}] = (${
            x.at(c)
          } - center) * scale * weight[${c.column}] + bias[${c.column}];`
        )
      }
    if (lane == 0u) { mean[row] = center; rstd[row] = scale; }`;
    },
    flops: 8 * x.size,
  });
}

/** Emits the gradients of x (with the epilogue), weight and bias. */
export function emitLayerNormBackward(
  emitter: Emitter,
  refs: LayerNormRefs & { grad: Ref; dweight: Ref; dbias: Ref },
  columns: number,
  epilogue: Epilogue,
): void {
  const { x, weight, mean, rstd, grad, dweight, dbias } = refs;
  const rows = x.size / columns;
  const { fused, ...memory } = epilogue;
  const finish = fuse(fused, { ...memory, type: "f32", firstBinding: 5, columns });
  emitRows(emitter, {
    label: "layer_norm_backward",
    rows,
    columns,
    declarations: `${
      declareBindings(
        ["x", "weight", "mean", "rstd", "grad"].map((name) => ({
          name,
          type: "f32",
          access: "read",
        })),
      )
    }
${finish.code}`,
    bindings: [...read(x, weight, mean, rstd, grad), ...finish.bindings],
    body: (row) => {
      const d = row.values("d", (column) => `(x[base + ${column}] - center)`);
      const g = row.values("g", (column) => `(grad[base + ${column}] * weight[${column}])`);
      return `
    let base = row * ${columns}u;
    let center = mean[row];
    let scale = rstd[row];
    ${d.load}
    ${g.load}
    var a = 0.0;
    var b = 0.0;
    ${row.each((c) => `let g = ${g.at(c)}; a += g; b += g * ${d.at(c)};`)}
    let a_mean = ${row.sum("a")} / ${columns}.0;
    let b_mean = ${row.sum("b")} * scale * scale / ${columns}.0;
    ${
        row.each((c) =>
          `finish(base + ${c.column}, row, ${c.column}, scale * (${g.at(c)} - a_mean - ${
            d.at(c)
          } * b_mean));`
        )
      }`;
    },
    flops: 12 * x.size,
  });
  emitColumnSums(emitter, {
    label: "layer_norm_backward (weight, bias)",
    outer: 1,
    reduce: rows,
    inner: columns,
    sources: [
      { name: "x", ref: x },
      { name: "mean", ref: mean },
      { name: "rstd", ref: rstd },
      { name: "grad", ref: grad },
    ],
    terms: ["grad[at] * (x[at] - mean[row]) * rstd[row]", "grad[at]"],
    outs: [dweight, dbias],
  });
}

const read = (...refs: Ref[]): Binding[] => refs.map((ref) => ({ ref, access: "read" }));
const write = (...refs: Ref[]): Binding[] => refs.map((ref) => ({ ref, access: "read_write" }));
