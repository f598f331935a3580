import { type Binding, declareBindings, elementType, type Emitter, type Ref } from "./dispatch.ts";
import type { WgslType } from "../ops/elementwise.ts";
import { fitsVec4, fuse } from "./fused.ts";
import type { Epilogue } from "./gemm.ts";
import { emitRows, type LaneColumn, rowsPerGroup, rowType } from "./rows.ts";
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
  const type = rowType(columns);
  const stored = elementType(y, type);
  emitRows(emitter, {
    label: "layer_norm",
    rows: x.size / columns,
    columns,
    type,
    declarations: declareBindings([
      { name: "x", type: elementType(x, type), access: "read" },
      { name: "weight", type: elementType(weight, type), access: "read" },
      { name: "bias", type: elementType(bias, type), access: "read" },
      { name: "y", type: stored, access: "read_write" },
      { name: "mean", type: "f32", access: "read_write" },
      { name: "rstd", type: "f32", access: "read_write" },
    ]),
    bindings: [...read(x, weight, bias), ...write(y, mean, rstd)],
    before: (row) =>
      row.held("weight", at("weight", type)).load + row.held("bias", at("bias", type)).load,
    body: (row) => {
      const x = row.values("x", ({ column }) => `${type}(x[base + ${column}])`);
      const weight = row.held("weight", at("weight", type));
      const bias = row.held("bias", at("bias", type));
      return `
    let base = row * ${type === "vec4f" ? columns / 4 : columns}u;
    ${x.load}
    var total = ${type}(0.0);
    ${row.each((c) => `total += ${x.at(c)};`)}
    let center = ${row.sum("total")} / ${columns}.0;
    var squares = ${type}(0.0);
    ${row.each((c) => `let d = ${x.at(c)} - center; squares += d * d;`)}
    let scale = inverseSqrt(${row.sum("squares")} / ${columns}.0 + ${eps}f);
    ${
        row.each((c) =>
          `y[base + ${c.column}] = ${stored}((${x.at(c)} - center) * scale * ${weight.at(c)} + ${
            bias.at(c)
          });`
        )
      }
    if (lane == 0u) { mean[row] = center; rstd[row] = scale; }`;
    },
    flops: 8 * x.size,
  });
}

const at = (name: string, type: WgslType) => ({ column }: LaneColumn): string =>
  `${type}(${name}[${column}])`;

/** Most workgroups whose sums for weight and bias are added in one more pass. */
const PARTIALS = 256;

/**
 * Emits the gradients of x (with the epilogue), weight and bias: one pass in which each workgroup
 * also adds up its rows' part in those of weight and bias, then the sums of these parts.
 */
export function emitLayerNormBackward(
  emitter: Emitter,
  refs: LayerNormRefs & { grad: Ref; dweight: Ref; dbias: Ref },
  columns: number,
  epilogue: Epilogue,
): void {
  const { x, weight, mean, rstd, grad, dweight, dbias } = refs;
  const rows = x.size / columns;
  const { fused, ...memory } = epilogue;
  const type = fitsVec4(fused.nodes, x.size) ? rowType(columns) : "f32";
  const width = type === "vec4f" ? columns / 4 : columns;
  const finish = fuse(fused, { ...memory, type, firstBinding: 7, columns });
  const perGroup = Math.max(rowsPerGroup(emitter.capabilities), 4, Math.ceil(rows / PARTIALS));
  const groups = Math.ceil(rows / perGroup);
  const [weightSums, biasSums] = groups === 1
    ? [dweight, dbias]
    : [dweight, dbias].map((total) => emitter.scratch(groups * total.size));
  const zero = () => `${type}(0.0)`;
  emitRows(emitter, {
    label: "layer_norm_backward",
    rows,
    columns,
    type,
    perGroup,
    declarations: `${
      declareBindings([
        { name: "x", type: elementType(x, type), access: "read" },
        { name: "weight", type: elementType(weight, type), access: "read" },
        { name: "mean", type: "f32", access: "read" },
        { name: "rstd", type: "f32", access: "read" },
        { name: "grad", type: elementType(grad, type), access: "read" },
        { name: "weight_sums", type, access: "read_write" },
        { name: "bias_sums", type, access: "read_write" },
      ])
    }
${finish.code}`,
    bindings: [
      ...read(x, weight, mean, rstd, grad),
      ...write(weightSums, biasSums),
      ...finish.bindings,
    ],
    before: (row) =>
      [row.held("weight", at("weight", type)), row.held("dweight", zero), row.held("dbias", zero)]
        .map(({ load }) => load).join("\n"),
    body: (row) => {
      const weight = row.held("weight", at("weight", type));
      const dweight = row.held("dweight", zero);
      const dbias = row.held("dbias", zero);
      const n = row.values(
        "n",
        ({ column }) => `((${type}(x[base + ${column}]) - center) * scale)`,
      );
      const g = row.values("g", ({ column }) => `${type}(grad[base + ${column}])`);
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
          `let g = ${g.at(c)}; let n = ${n.at(c)}; let w = g * ${weight.at(c)}; a += w; b += w * n;
      ${dweight.at(c)} += g * n; ${dbias.at(c)} += g;`
        )
      }
    let a_mean = ${row.sum("a")} / ${columns}.0;
    let b_mean = ${row.sum("b")} / ${columns}.0;
    ${
        row.each((c) =>
          `finish(base + ${c.column}, row, ${c.column}, scale * (${g.at(c)} * ${
            weight.at(c)
          } - a_mean - ${n.at(c)} * b_mean));`
        )
      }`;
    },
    after: (row) =>
      row.each((c) =>
        `weight_sums[group * ${width}u + ${c.column}] = ${row.held("dweight", zero).at(c)};
      bias_sums[group * ${width}u + ${c.column}] = ${row.held("dbias", zero).at(c)};`
      ),
    flops: 14 * x.size,
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

const read = (...refs: Ref[]): Binding[] => refs.map((ref) => ({ ref, access: "read" }));
const write = (...refs: Ref[]): Binding[] => refs.map((ref) => ({ ref, access: "read_write" }));
