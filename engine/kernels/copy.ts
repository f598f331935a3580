import {
  declareBindings,
  type Emitter,
  gridOf,
  GROUP_INDEX,
  MAIN_PARAMETERS,
  type Ref,
} from "./dispatch.ts";

/** Emits a copy of 4-byte elements into `to`, bound whole, since its offset may not be aligned. */
export function emitCopy(emitter: Emitter, from: Ref, to: Ref): void {
  const software = emitter.capabilities.adapterClass === "software";
  const lanes = software ? 8 : 256;
  const each = lanes * (software ? 64 : 4);
  const whole = { ...to, offset: 0, size: to.offset + to.size };
  emitter.emit({
    label: "copy",
    code: `${
      declareBindings([
        { name: "source", type: "f32", access: "read" },
        { name: "copied", type: "f32", access: "read_write" },
      ])
    }
@group(0) @binding(2) var<uniform> p: vec4u;
@compute @workgroup_size(${lanes}) fn main(${MAIN_PARAMETERS}) {
  let start = ${GROUP_INDEX} * ${each}u;
  let end = min(start + ${each}u, p.x);
  for (var i = start + lane; i < end; i += ${lanes}u) { copied[p.y + i] = source[i]; }
}`,
    bindings: [{ ref: from, access: "read" }, { ref: whole, access: "read_write" }],
    uniforms: Uint32Array.of(to.size, to.offset, 0, 0),
    workgroups: gridOf(Math.ceil(to.size / each), emitter.capabilities),
    flops: 0,
  });
}
