import { type DropoutAttrs, dropoutThreshold } from "../ops/dropout.ts";
import { literal } from "../ops/unary.ts";
import { PHILOX_WGSL } from "../philox.ts";
import {
  declareBindings,
  type Emitter,
  gridOf,
  GROUP_INDEX,
  MAIN_PARAMETERS,
  type Ref,
} from "./dispatch.ts";
import { fuse } from "./fused.ts";
import type { Epilogue } from "./gemm.ts";

/** Emits dropout (with the epilogue): an invocation per four elements of a sample. */
export function emitDropout(
  emitter: Emitter,
  { x, key }: { readonly x: Ref; readonly key: Ref },
  { samples, width }: { readonly samples: number; readonly width: number },
  { p, stream }: DropoutAttrs,
  { fused, ...memory }: Epilogue,
): void {
  const finish = fuse(fused, { ...memory, type: "f32", firstBinding: 2 });
  const blocks = Math.ceil(width / 4);
  const lanes = emitter.capabilities.adapterClass === "software" ? 8 : 64;
  const element = (j: number) =>
    `{ let at = sample * ${width}u + 4u * block + ${j}u;
    finish(at, 0u, 0u, select(0.0, f32(x[at]) * ${literal(1 / (1 - p))}, (bits[${j}] >> 8u) >= ${
      dropoutThreshold(p)
    }u)); }`;
  emitter.emit({
    label: "dropout",
    code: `${
      declareBindings([
        { name: "x", type: x.dtype, access: "read" },
        { name: "key", type: "u32", access: "read" },
      ])
    }${PHILOX_WGSL}
${finish.code}
@compute @workgroup_size(${lanes}) fn main(${MAIN_PARAMETERS}) {
  let i = ${GROUP_INDEX} * ${lanes}u + lane;
  if (i >= ${samples * blocks}u) { return; }
  let sample = i / ${blocks}u;
  let block = i % ${blocks}u;
  let bits = philox(vec4u(block, key[3] + sample, key[2], ${stream}u), vec2u(key[0], key[1]));
  ${
      [0, 1, 2, 3].map((j) =>
        width % 4 === 0 ? element(j) : `if (4u * block + ${j}u < ${width}u) ${element(j)}`
      ).join("\n  ")
    }
}`,
    bindings: [{ ref: x, access: "read" }, { ref: key, access: "read" }, ...finish.bindings],
    uniforms: null,
    workgroups: gridOf(Math.ceil(samples * blocks / lanes), emitter.capabilities),
    flops: x.size,
  });
}
