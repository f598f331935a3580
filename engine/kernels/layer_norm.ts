import type { WgslType } from "../ops/elementwise.ts";
import type { Emitter, Ref } from "./dispatch.ts";
import { fitsVec4 } from "../ops/input_map.ts";
import { fuse } from "./fused.ts";
import type { Epilogue } from "./gemm/gemm_spec.ts";
import { binderOf, type BoundMemory } from "./bound_memory.ts";
import {
  emitRows,
  type LaneColumn,
  rowsPerGroup,
  rowType,
  type RowValues,
  type RowWriter,
} from "./rows.ts";
import { emitColumnSums } from "./sums.ts";

/** Memory of a layer norm over `[rows, columns]`. */
export interface LayerNormRefs {
  /** The input, `[rows, columns]`. */
  readonly x: Ref;
  /** The weight, `[columns]`. */
  readonly weight: Ref;
  /** The mean of each row. */
  readonly mean: Ref;
  /** 1/std of each row. */
  readonly rstd: Ref;
}

/**
 * Emits `y = (x - mean) / std * weight + bias` by row, and the mean and 1/std for the backward
 * pass.
 */
export function emitLayerNorm(
  emitter: Emitter,
  refs: LayerNormRefs & { bias: Ref; y: Ref },
  columns: number,
  eps: number,
): void {
  const type = rowType(columns);
  const { read, write } = binderOf(emitter.capabilities);
  const x = read("x", refs.x, type);
  const weight = read("weight", refs.weight, type);
  const bias = read("bias", refs.bias, type);
  const y = write("y", refs.y, type);
  emitRows(emitter, {
    label: "layer_norm",
    rows: refs.x.size / columns,
    columns,
    type,
    memory: [
      ...[x, weight, bias, y],
      ...[write("mean", refs.mean, "f32"), write("rstd", refs.rstd, "f32")],
    ],
    before: (row) => row.held("weight", at(weight)).load + row.held("bias", at(bias)).load,
    body: (row) => {
      const values = row.values("x", ({ column }) => x.load(`base + ${column}`));
      const w = row.held("weight", at(weight));
      const b = row.held("bias", at(bias));
      return `
    let base = row * ${type === "vec4f" ? columns / 4 : columns}u;
    ${values.load}
    ${moments(row, values, type, columns)}
    let scale = inverseSqrt(variance + ${eps}f);
    ${
        row.each((c) =>
          y.store(
            `base + ${c.column}`,
            `(${values.at(c)} - center) * scale * ${w.at(c)} + ${b.at(c)}`,
          )
        )
      }
    if (lane == 0u) { mean[row] = center; rstd[row] = scale; }`;
    },
    flops: 8 * refs.x.size,
  });
}

/** WGSL of `center` and `variance` of a row: two passes over registers, or one over memory. */
function moments(row: RowWriter, x: RowValues, type: WgslType, columns: number): string {
  const zero = `${type}(0.0)`;
  if (x.load) {
    return `
    var total = ${zero};
    ${row.each((c) => `total += ${x.at(c)};`)}
    let center = ${row.sum("total")} / ${columns}.0;
    var squares = ${zero};
    ${row.each((c) => `let d = ${x.at(c)} - center; squares += d * d;`)}
    let variance = ${row.sum("squares")} / ${columns}.0;`;
  }
  // The mean of m of n values is within sqrt(n / m) standard deviations of theirs, outliers or not.
  const some = row.lanes * (type === "vec4f" ? 4 : 1);
  return `
    let pivot = ${row.sum(x.at({ column: "lane", slot: "0u" }))} / ${some}.0;
    var total = ${zero};
    var squares = ${zero};
    ${row.each((c) => `let d = ${x.at(c)} - pivot; total += d; squares += d * d;`)}
    let beyond = ${row.sum("total")} / ${columns}.0;
    let center = pivot + beyond;
    let variance = max(${row.sum("squares")} / ${columns}.0 - beyond * beyond, 0.0);`;
}

const at = (m: BoundMemory) => ({ column }: LaneColumn): string => m.load(column);

/** Most workgroups, whose partial sums for weight and bias are added in another pass. */
const PARTIALS = 256;

/**
 * Emits the gradients of x (with the epilogue), weight and bias: one pass in which each workgroup
 * also sums its rows' contributions to weight and bias, then the sums over workgroups.
 */
export function emitLayerNormBackward(
  emitter: Emitter,
  refs: LayerNormRefs & { grad: Ref; dweight: Ref; dbias: Ref },
  columns: number,
  epilogue: Epilogue,
): void {
  const { dweight, dbias } = refs;
  const { size } = refs.x;
  const rows = size / columns;
  const { fused, ...around } = epilogue;
  const type = fitsVec4(fused.nodes, size) ? rowType(columns) : "f32";
  const width = type === "vec4f" ? columns / 4 : columns;
  const finish = fuse(fused, {
    ...around,
    capabilities: emitter.capabilities,
    type,
    firstBinding: 7,
    columns,
  });
  const perGroup = Math.max(rowsPerGroup(emitter.capabilities), 4, Math.ceil(rows / PARTIALS));
  const groups = Math.ceil(rows / perGroup);
  const [weightSums, biasSums] = groups === 1
    ? [dweight, dbias]
    : [dweight, dbias].map((total) => emitter.scratch(groups * total.size));
  const { read, write } = binderOf(emitter.capabilities);
  const x = read("x", refs.x, type);
  const weight = read("weight", refs.weight, type);
  const grad = read("grad", refs.grad, type);
  const toWeight = write("weight_sums", weightSums, type);
  const toBias = write("bias_sums", biasSums, type);
  const zero = () => `${type}(0.0)`;
  emitRows(emitter, {
    label: "layer_norm_backward",
    rows,
    columns,
    type,
    perGroup,
    memory: [
      ...[x, weight, grad, toWeight, toBias],
      ...[read("mean", refs.mean, "f32"), read("rstd", refs.rstd, "f32")],
    ],
    functions: finish,
    before: (row) =>
      [row.held("weight", at(weight)), row.held("dweight", zero), row.held("dbias", zero)]
        .map(({ load }) => load).join("\n"),
    body: (row) => {
      const w = row.held("weight", at(weight));
      const dweight = row.held("dweight", zero);
      const dbias = row.held("dbias", zero);
      const n = row.values(
        "n",
        ({ column }) => `((${x.load(`base + ${column}`)} - center) * scale)`,
      );
      const g = row.values("g", ({ column }) => grad.load(`base + ${column}`));
      return `
    let base = row * ${width}u;
    let center = mean[row];
    let scale = rstd[row];
    ${n.load}
    ${g.load}
    var a = ${type}(0.0);
    var b = ${type}(0.0);
    ${
        row.each((c) =>
          `let g = ${g.at(c)}; let n = ${n.at(c)}; let w = g * ${w.at(c)}; a += w; b += w * n;
      ${dweight.at(c)} += g * n; ${dbias.at(c)} += g;`
        )
      }
    let a_mean = ${row.sum("a")} / ${columns}.0;
    let b_mean = ${row.sum("b")} / ${columns}.0;
    ${
        row.each((c) =>
          `finish(base + ${c.column}, row, ${c.column}, scale * (${g.at(c)} * ${
            w.at(c)
          } - a_mean - ${n.at(c)} * b_mean));`
        )
      }`;
    },
    after: (row) =>
      row.each((c) =>
        toWeight.store(`group * ${width}u + ${c.column}`, row.held("dweight", zero).at(c)) +
        toBias.store(`group * ${width}u + ${c.column}`, row.held("dbias", zero).at(c))
      ),
    flops: 14 * size,
  });
  if (groups === 1) return;
  emitColumnSums(emitter, {
    label: "layer_norm_backward (weight, bias)",
    outer: 1,
    reduce: groups,
    inner: columns,
    sources: [{ name: "weights", ref: weightSums }, { name: "biases", ref: biasSums }],
    terms: ["weights[at]", "biases[at]"],
    outs: [dweight, dbias],
  });
}
