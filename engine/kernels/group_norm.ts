import type { WgslType } from "../ops/elementwise.ts";
import type { GroupNormSizes } from "../ops/group_norm.ts";
import {
  declareBindings,
  type Emitter,
  gridOf,
  GROUP_INDEX,
  MAIN_PARAMETERS,
  type Ref,
} from "./dispatch.ts";
import { fitsVec4 } from "../ops/input_map.ts";
import { fuse, type FusedFunction } from "./fused.ts";
import type { Epilogue } from "./gemm/gemm_spec.ts";
import { binderOf, type NamedBinding } from "./bound_memory.ts";
import { laneReductions } from "./rows.ts";
import { emitColumnSums } from "./sums.ts";

/** Memory of a group norm. */
export interface GroupNormRefs {
  /** The input, `[batch, channels, ..]`. */
  readonly x: Ref;
  /** The weight, `[channels]`. */
  readonly weight: Ref;
  /** Mean and 1/std of each sample's groups. */
  readonly statistics: Ref;
}

/**
 * Emits `(x - mean) / std * weight + bias` (with the epilogue), and the statistics for the backward
 * pass.
 */
export function emitGroupNorm(
  emitter: Emitter,
  refs: GroupNormRefs & { readonly bias: Ref },
  sizes: GroupNormSizes,
  eps: number,
  { fused, ...around }: Epilogue,
): void {
  const { size } = refs.x;
  const type = fitsVec4(fused.nodes, size) ? typeOf(sizes) : "f32";
  const finish = fuse(fused, {
    ...around,
    capabilities: emitter.capabilities,
    type,
    firstBinding: 4,
  });
  const { read, write } = binderOf(emitter.capabilities);
  const x = read("x", refs.x, type);
  const weight = read("weight", refs.weight, "f32");
  const bias = read("bias", refs.bias, "f32");
  const statistics = inPairs(write("statistics", refs.statistics, "f32"));
  emitSpans(emitter, {
    label: "group_norm",
    rows: sizes.batch * sizes.groups,
    columns: sizes.channels / sizes.groups * sizes.area,
    type,
    sizes,
    eps,
    memory: [x, weight, bias, statistics],
    functions: finish,
    body: ({ each, sum }) => `
    let first = (row % p.groups) * p.width;
    var total = ${type}(0.0);
    ${each((c) => `total += ${x.load(`base + ${c}`)};`)}
    let center = ${sum("total")} * p.inverse_count;
    var squares = ${type}(0.0);
    ${each((c) => `let d = ${x.load(`base + ${c}`)} - center; squares += d * d;`)}
    let scale = inverseSqrt(${sum("squares")} * p.inverse_count + p.eps);
    ${
      each((c) =>
        `let channel = first + channel_of(${c}); let slope = scale * ${weight.load("channel")};
      finish(base + ${c}, row, ${c}, (${x.load(`base + ${c}`)} - center) * slope + ${
          bias.load("channel")
        });`
      )
    }
    if (lane == 0u) { statistics[row] = vec2f(center, scale); }`,
    flops: 8 * size,
  });
}

/**
 * Emits the gradients of x (with the epilogue), weight and bias: first sums by sample and channel,
 * then the gradients from these.
 */
export function emitGroupNormBackward(
  emitter: Emitter,
  refs: GroupNormRefs & { readonly grad: Ref; readonly dweight: Ref; readonly dbias: Ref },
  sizes: GroupNormSizes,
  { fused, ...around }: Epilogue,
): void {
  const { size } = refs.x;
  const { batch, channels, groups, area } = sizes;
  const whole = typeOf(sizes);
  /** By sample and channel, the sums of gradient times normalised value, and of the gradient. */
  const sums = emitter.scratch(2 * batch * channels);
  const { read, write } = binderOf(emitter.capabilities);
  const statistics = inPairs(read("statistics", refs.statistics, "f32"));
  const wholeX = read("x", refs.x, whole);
  const wholeGrad = read("grad", refs.grad, whole);
  emitSpans(emitter, {
    label: "group_norm_backward (channels)",
    rows: batch * channels,
    columns: area,
    type: whole,
    sizes,
    memory: [wholeX, statistics, wholeGrad, inPairs(write("sums", sums, "f32"))],
    body: ({ each, sum }) => `
    let group = statistics[row / p.width];
    var product = ${whole}(0.0);
    var total = ${whole}(0.0);
    ${
      each((c) =>
        `let g = ${wholeGrad.load(`base + ${c}`)}; total += g;
      product += g * (${wholeX.load(`base + ${c}`)} - group.x);`
      )
    }
    let both = vec2f(${sum("product")} * group.y, ${sum("total")});
    if (lane == 0u) { sums[row] = both; }`,
    flops: 4 * size,
  });
  const type = fitsVec4(fused.nodes, size) ? whole : "f32";
  const finish = fuse(fused, {
    ...around,
    capabilities: emitter.capabilities,
    type,
    firstBinding: 5,
  });
  const x = read("x", refs.x, type);
  const weight = read("weight", refs.weight, "f32");
  const grad = read("grad", refs.grad, type);
  emitSpans(emitter, {
    label: "group_norm_backward",
    rows: batch * groups,
    columns: channels / groups * area,
    type,
    sizes,
    memory: [x, weight, statistics, grad, inPairs(read("sums", sums, "f32"))],
    functions: finish,
    body: ({ each }) => `
    let first = (row % p.groups) * p.width;
    let center = statistics[row].x;
    let scale = statistics[row].y;
    var both = vec2f(0.0);
    for (var c = 0u; c < p.width; c++) { both += ${
      weight.load("first + c")
    } * sums[row * p.width + c]; }
    let a = both.y * p.inverse_count;
    let b = both.x * scale * p.inverse_count;
    ${
      each((c) =>
        `let g = ${grad.load(`base + ${c}`)} * ${weight.load(`first + channel_of(${c})`)};
      finish(base + ${c}, row, ${c}, scale * (g - a - (${x.load(`base + ${c}`)} - center) * b));`
      )
    }`,
    flops: 8 * size,
  });
  emitColumnSums(emitter, {
    label: "group_norm_backward (weight, bias)",
    outer: 1,
    reduce: batch,
    inner: channels,
    sources: [{ name: "sums", ref: sums }],
    terms: ["sums[2u * at]", "sums[2u * at + 1u]"],
    outs: [refs.dweight, refs.dbias],
  });
}

/** The type of a load: a vector where four elements always belong to one channel. */
function typeOf({ area }: GroupNormSizes): WgslType {
  return area % 4 === 0 ? "vec4f" : "f32";
}

interface Spans {
  readonly label: string;
  readonly rows: number;
  /** Elements of a row. */
  readonly columns: number;
  readonly type: WgslType;
  readonly sizes: GroupNormSizes;
  readonly eps?: number;
  readonly memory: readonly NamedBinding[];
  /** WGSL before `main`, and what it binds after the memory. */
  readonly functions?: FusedFunction;
  /** WGSL for one row, given what writes a statement for each column and a sum over the lanes. */
  readonly body: (write: {
    each(statement: (column: string) => string): string;
    sum(value: string): string;
  }) => string;
  readonly flops: number;
}

/** Least workgroups on a software adapter, so that every thread has work. */
const LEAST_GROUPS = 16;

/**
 * Emits a kernel over rows whose sizes are uniforms: a UNet has norms of many sizes, and a software
 * adapter would take minutes to compile a pipeline for each.
 */
function emitSpans(emitter: Emitter, spans: Spans): void {
  const { rows, type, sizes, memory, functions } = spans;
  const bindings = [...memory, ...functions?.bindings ?? []];
  const { lanes, prelude } = laneReductions(emitter.capabilities);
  const software = emitter.capabilities.adapterClass === "software";
  const perGroup = software ? Math.max(1, Math.min(32, Math.floor(rows / LEAST_GROUPS))) : 1;
  const per = type === "vec4f" ? 4 : 1;
  // Multiplying by the reciprocal is exact up to there, and division is slow.
  const channelOf = spans.columns / per < 2 ** 20
    ? "u32((f32(column) + 0.5) * p.inverse_area)"
    : "column / p.area";
  const each = (statement: (column: string) => string) =>
    `{
      var c = lane;
      for (; c + ${3 * lanes}u < p.columns; c += ${4 * lanes}u) {
        ${
      [0, 1, 2, 3].map((k) => `{ let at = c + ${k * lanes}u; ${statement("at")} }`).join(
        "\n        ",
      )
    }
      }
      for (; c < p.columns; c += ${lanes}u) { ${statement("c")} }
    }`;
  const uniforms = Uint32Array.of(
    ...[rows, spans.columns / per, perGroup, sizes.groups],
    ...[sizes.channels / sizes.groups, sizes.area / per, 0, 0, 0, 0, 0, 0],
  );
  new Float32Array(uniforms.buffer).set(
    [per / sizes.area, 1 / (sizes.channels / sizes.groups * sizes.area), spans.eps ?? 0],
    6,
  );
  emitter.emit({
    label: spans.label,
    code: `${declareBindings(memory)}
${functions?.code ?? ""}
struct Sizes {
  rows: u32, columns: u32, per_group: u32, groups: u32,
  width: u32, area: u32, inverse_area: f32, inverse_count: f32,
  eps: f32, pad0: u32, pad1: u32, pad2: u32,
}
@group(0) @binding(${bindings.length}) var<uniform> p: Sizes;
fn channel_of(column: u32) -> u32 { return ${channelOf}; }
${prelude}
@compute @workgroup_size(${lanes}) fn main(${MAIN_PARAMETERS}) {
  let start = ${GROUP_INDEX} * p.per_group;
  let end = min(start + p.per_group, p.rows);
  for (var row = start; row < end; row++) {
    let base = row * p.columns;
    ${
      spans.body({
        each,
        sum: (value) => `lanes_sum(${per === 4 ? `dot(${value}, vec4f(1.0))` : value}, lane)`,
      })
    }
  }
}`,
    bindings,
    uniforms,
    workgroups: gridOf(Math.ceil(rows / perGroup), emitter.capabilities),
    flops: spans.flops,
  });
}

/** Memory of two numbers each. */
const inPairs = ({ name, ref, access }: NamedBinding): NamedBinding => ({
  ...{ name, ref, access },
  type: "vec2f",
});
