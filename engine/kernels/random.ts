import type { RandomAttrs } from "../ops/random.ts";
import { turnedSine } from "../ops/sine.ts";
import { PHILOX_WGSL } from "../philox.ts";
import { sizeOf } from "../tensor.ts";
import { declareBindings, type Emitter, type Ref } from "./dispatch.ts";
import { emitByElement } from "./by_element.ts";

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
  // Of the angle v / 2^24 - 1/2 of a turn, integers hold whole quarters and the rest exactly.
  emitByElement(emitter, {
    label: `random_${distribution}`,
    count: samples * blocks,
    declarations: `${
      declareBindings([
        { name: "key", type: "u32", access: "read" },
        { name: "out", type: "f32", access: "read_write" },
      ])
    }${PHILOX_WGSL}
${turnedSine("f32")}
fn normals(u: u32, v: u32) -> vec2f {
  let radius = sqrt(max(-2.0 * log(f32((u >> 8u) + 1u) * 5.9604645e-8f), 0.0));
  let part = i32(v >> 8u);
  let quarter = (part + (1 << 21u)) >> 22u;
  let rest = f32(part - (quarter << 22u)) * 3.7450703e-7f;
  return radius * vec2f(turned_sine_f32(quarter + 3, rest), turned_sine_f32(quarter + 2, rest));
}`,
    reads: [key],
    outs: [out],
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
