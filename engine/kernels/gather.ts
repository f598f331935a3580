import { PHILOX_WGSL } from "../philox.ts";
import type { RandomAttrs } from "../ops/random.ts";
import { sizeOf } from "../tensor.ts";
import {
  type Binding,
  declareBindings,
  type Emitter,
  gridOf,
  GROUP_INDEX,
  MAIN_PARAMETERS,
  type Ref,
} from "./dispatch.ts";

/** Emits the rows of a table at i32 indices. */
export function emitEmbedding(
  emitter: Emitter,
  table: Ref,
  index: Ref,
  out: Ref,
  width: number,
): void {
  emitByElement(emitter, "embedding", out.size, {
    declarations: declareBindings([
      { name: "table", type: "f32", access: "read" },
      { name: "index", type: "i32", access: "read" },
      { name: "out", type: "f32", access: "read_write" },
    ]),
    bindings: bindings([table, index], out),
    body: `out[i] = table[u32(index[i / ${width}u]) * ${width}u + i % ${width}u];`,
  });
}

/** Emits a table's gradient: an invocation per element of it looks for its row in the indices. */
export function emitEmbeddingGrad(
  emitter: Emitter,
  index: Ref,
  grad: Ref,
  out: Ref,
  width: number,
): void {
  emitByElement(emitter, "embedding_grad", out.size, {
    declarations: declareBindings([
      { name: "index", type: "i32", access: "read" },
      { name: "grad", type: "f32", access: "read" },
      { name: "out", type: "f32", access: "read_write" },
    ]),
    bindings: bindings([index, grad], out),
    body: `var sum = 0.0;
  let row = i32(i / ${width}u);
  for (var j = 0u; j < ${index.size}u; j++) { if (index[j] == row) { sum += grad[j * ${width}u + i % ${width}u]; } }
  out[i] = sum;`,
  });
}

/** Emits bytes as numbers: an invocation per element. */
export function emitUnpackBytes(emitter: Emitter, words: Ref, out: Ref): void {
  emitByElement(emitter, "unpack_bytes", out.size, {
    declarations: declareBindings([
      { name: "words", type: "u32", access: "read" },
      { name: "out", type: "f32", access: "read_write" },
    ]),
    bindings: bindings([words], out),
    body: "out[i] = f32((words[i / 4u] >> (8u * (i % 4u))) & 255u);",
  });
}

/** Emits random numbers: an invocation per four of a sample. */
export function emitRandom(
  emitter: Emitter,
  key: Ref,
  out: Ref,
  { shape, distribution, stream }: RandomAttrs,
): void {
  const samples = shape.length === 0 ? 1 : shape[0];
  const width = sizeOf(shape) / samples;
  const blocks = Math.ceil(width / 4);
  emitByElement(emitter, `random_${distribution}`, samples * blocks, {
    declarations: `${
      declareBindings([
        { name: "key", type: "u32", access: "read" },
        { name: "out", type: "f32", access: "read_write" },
      ])
    }${PHILOX_WGSL}
fn normals(u: u32, v: u32) -> vec2f {
  let radius = sqrt(-2.0 * log(f32((u >> 8u) + 1u) * 5.9604645e-8f));
  let angle = 6.2831855f * (f32(v >> 8u) * 5.9604645e-8f - 0.5);
  return radius * vec2f(cos(angle), sin(angle));
}`,
    bindings: bindings([key], out),
    body: `let sample = i / ${blocks}u;
  let block = i % ${blocks}u;
  let bits = philox(vec4u(block, key[3] + sample, key[2], ${stream}u), vec2u(key[0], key[1]));
  ${
      distribution === "uniform"
        ? "let four = vec4f(bits >> vec4u(8u)) * 5.9604645e-8f;"
        : "let four = vec4f(normals(bits.x, bits.y), normals(bits.z, bits.w));"
    }
  for (var j = 0u; j < min(4u, ${width}u - block * 4u); j++) { out[sample * ${width}u + block * 4u + j] = four[j]; }`,
  });
}

function bindings(reads: readonly Ref[], out: Ref): Binding[] {
  return [...reads.map((ref) => ({ ref, access: "read" as const })), {
    ref: out,
    access: "read_write",
  }];
}

function emitByElement(
  emitter: Emitter,
  label: string,
  count: number,
  kernel: { declarations: string; bindings: Binding[]; body: string },
): void {
  const lanes = emitter.capabilities.adapterClass === "software" ? 8 : 64;
  emitter.emit({
    label,
    code: `${kernel.declarations}
@compute @workgroup_size(${lanes}) fn main(${MAIN_PARAMETERS}) {
  let i = ${GROUP_INDEX} * ${lanes}u + lane;
  if (i >= ${count}u) { return; }
  ${kernel.body}
}`,
    bindings: kernel.bindings,
    uniforms: null,
    workgroups: gridOf(Math.ceil(count / lanes), emitter.capabilities),
    flops: count,
  });
}
