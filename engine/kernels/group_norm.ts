import type { GroupNormSizes } from "../ops/group_norm.ts";
import { type Binding, declareBindings, type Emitter, type Ref } from "./dispatch.ts";
import { fuse } from "./fused.ts";
import type { Epilogue } from "./gemm.ts";
import { emitRows } from "./rows.ts";
import { emitColumnSums } from "./sums.ts";

/** Memory of a group norm. */
export interface GroupNormRefs {
  readonly x: Ref;
  readonly weight: Ref;
  /** Mean and 1/std of each sample's groups. */
  readonly statistics: Ref;
}

/** Emits `(x - mean) / std * weight + bias` (with the epilogue), the statistics kept. */
export function emitGroupNorm(
  emitter: Emitter,
  { x, weight, bias, statistics }: GroupNormRefs & { readonly bias: Ref },
  { batch, channels, groups, area }: GroupNormSizes,
  eps: number,
  epilogue: Epilogue,
): void {
  const columns = channels / groups * area;
  const { fused, ...memory } = epilogue;
  const finish = fuse(fused, { ...memory, type: "f32", firstBinding: 4, columns });
  emitRows(emitter, {
    label: "group_norm",
    rows: batch * groups,
    columns,
    declarations: `${
      declareBindings([
        { name: "x", type: x.dtype, access: "read" },
        { name: "weight", type: weight.dtype, access: "read" },
        { name: "bias", type: bias.dtype, access: "read" },
        { name: "statistics", type: "vec2f", access: "read_write" },
      ])
    }
${finish.code}`,
    bindings: [...read(x, weight, bias), ...write(statistics), ...finish.bindings],
    body: (row) => {
      const x = row.values("x", ({ column }) => `f32(x[base + ${column}])`);
      return `
    let base = row * ${columns}u;
    let first = (row % ${groups}u) * ${channels / groups}u;
    ${x.load}
    var total = 0.0;
    ${row.each((c) => `total += ${x.at(c)};`)}
    let center = ${row.sum("total")} / ${columns}.0;
    var squares = 0.0;
    ${row.each((c) => `let d = ${x.at(c)} - center; squares += d * d;`)}
    let scale = inverseSqrt(${row.sum("squares")} / ${columns}.0 + ${eps}f);
    ${
        row.each((c) =>
          `let channel = first + ${c.column} / ${area}u;
      finish(base + ${c.column}, row, ${c.column}, (${
            x.at(c)
          } - center) * scale * f32(weight[channel]) + f32(bias[channel]));`
        )
      }
    if (lane == 0u) { statistics[row] = vec2f(center, scale); }`;
    },
    flops: 8 * x.size,
  });
}

/**
 * Emits the gradients of x (with the epilogue), weight and bias: sums by sample and channel first,
 * from which the rest follows.
 */
export function emitGroupNormBackward(
  emitter: Emitter,
  refs: GroupNormRefs & { readonly grad: Ref; readonly dweight: Ref; readonly dbias: Ref },
  { batch, channels, groups, area }: GroupNormSizes,
  epilogue: Epilogue,
): void {
  const { x, weight, statistics, grad, dweight, dbias } = refs;
  const width = channels / groups;
  const columns = width * area;
  /** By sample and channel: the gradient times the normal value, and the gradient. */
  const sums = emitter.scratch(2 * batch * channels);
  emitRows(emitter, {
    label: "group_norm_backward (channels)",
    rows: batch * channels,
    columns: area,
    declarations: declareBindings([
      { name: "x", type: x.dtype, access: "read" },
      { name: "statistics", type: "vec2f", access: "read" },
      { name: "grad", type: grad.dtype, access: "read" },
      { name: "sums", type: "vec2f", access: "read_write" },
    ]),
    bindings: [...read(x, statistics, grad), ...write(sums)],
    body: (row) => `
    let base = row * ${area}u;
    let group = statistics[row / ${width}u];
    var dot = 0.0;
    var total = 0.0;
    ${
      row.each(({ column }) =>
        `let g = f32(grad[base + ${column}]); total += g; dot += g * (f32(x[base + ${column}]) - group.x);`
      )
    }
    let all = vec2f(${row.sum("dot")} * group.y, ${row.sum("total")});
    if (lane == 0u) { sums[row] = all; }`,
    flops: 4 * x.size,
  });
  const { fused, ...memory } = epilogue;
  const finish = fuse(fused, { ...memory, type: "f32", firstBinding: 5, columns });
  emitRows(emitter, {
    label: "group_norm_backward",
    rows: batch * groups,
    columns,
    declarations: `${
      declareBindings([
        { name: "x", type: x.dtype, access: "read" },
        { name: "weight", type: weight.dtype, access: "read" },
        { name: "statistics", type: "vec2f", access: "read" },
        { name: "grad", type: grad.dtype, access: "read" },
        { name: "sums", type: "vec2f", access: "read" },
      ])
    }
${finish.code}`,
    bindings: [...read(x, weight, statistics, grad, sums), ...finish.bindings],
    body: (row) => `
    let base = row * ${columns}u;
    let first = (row % ${groups}u) * ${width}u;
    let center = statistics[row].x;
    let scale = statistics[row].y;
    var both = vec2f(0.0);
    for (var c = 0u; c < ${width}u; c++) { both += f32(weight[first + c]) * sums[row * ${width}u + c]; }
    let a = both.y / ${columns}.0;
    let b = both.x * scale / ${columns}.0;
    ${
      row.each(({ column }) =>
        `let g = f32(grad[base + ${column}]) * f32(weight[first + ${column} / ${area}u]);
      finish(base + ${column}, row, ${column}, scale * (g - a - (f32(x[base + ${column}]) - center) * b));`
      )
    }`,
    flops: 8 * x.size,
  });
  emitColumnSums(emitter, {
    label: "group_norm_backward (weight, bias)",
    outer: 1,
    reduce: batch,
    inner: channels,
    sources: [{ name: "sums", ref: sums }],
    terms: ["sums[2u * at]", "sums[2u * at + 1u]"],
    outs: [dweight, dbias],
  });
}

const read = (...refs: Ref[]): Binding[] => refs.map((ref) => ({ ref, access: "read" }));
const write = (...refs: Ref[]): Binding[] => refs.map((ref) => ({ ref, access: "read_write" }));
