import { type DropoutAttrs, dropoutThreshold } from "../ops/dropout.ts";
import { PHILOX_WGSL } from "../philox.ts";
import {
  type Binding,
  declareBindings,
  type Emitter,
  gridOf,
  GROUP_INDEX,
  MAIN_PARAMETERS,
  type Ref,
} from "./dispatch.ts";
import { fuse } from "./fused.ts";
import type { Epilogue } from "./gemm/gemm_spec.ts";

/**
 * Emits dropout (with the epilogue): an invocation per four elements of a sample. Sizes and stream
 * are uniforms, so that all blocks of a network use one pipeline.
 */
export function emitDropout(
  emitter: Emitter,
  { x, key }: { readonly x: Ref; readonly key: Ref },
  { samples, width }: { readonly samples: number; readonly width: number },
  { p, stream }: DropoutAttrs,
  { fused, ...memory }: Epilogue,
): void {
  const finish = fuse(fused, {
    ...memory,
    capabilities: emitter.capabilities,
    type: "f32",
    firstBinding: 2,
  });
  const bindings: Binding[] = [
    { ref: x, access: "read" },
    { ref: key, access: "read" },
    ...finish.bindings,
  ];
  const blocks = Math.ceil(width / 4);
  const lanes = emitter.capabilities.adapterClass === "software" ? 8 : 64;
  const uniforms = Uint32Array.of(
    ...[samples * blocks, blocks, width, stream, dropoutThreshold(p), 0, 0, 0],
  );
  new Float32Array(uniforms.buffer)[5] = 1 / (1 - p);
  emitter.emit({
    label: "dropout",
    code: `${
      declareBindings([
        { name: "x", type: x.dtype, access: "read" },
        { name: "key", type: "u32", access: "read" },
      ])
    }${PHILOX_WGSL}
struct Dropout {
  count: u32, blocks: u32, width: u32, stream: u32,
  threshold: u32, scale: f32, pad0: u32, pad1: u32,
}
@group(0) @binding(${bindings.length}) var<uniform> d: Dropout;
${finish.code}
@compute @workgroup_size(${lanes}) fn main(${MAIN_PARAMETERS}) {
  let i = ${GROUP_INDEX} * ${lanes}u + lane;
  if (i >= d.count) { return; }
  let sample = i / d.blocks;
  let block = i % d.blocks;
  let bits = philox(vec4u(block, key[3] + sample, key[2], d.stream), vec2u(key[0], key[1]));
  for (var j = 0u; j < min(4u, d.width - 4u * block); j++) {
    let at = sample * d.width + 4u * block + j;
    finish(at, 0u, 0u, select(0.0, f32(x[at]) * d.scale, (bits[j] >> 8u) >= d.threshold));
  }
}`,
    bindings,
    uniforms,
    workgroups: gridOf(Math.ceil(samples * blocks / lanes), emitter.capabilities),
    flops: x.size,
  });
}
