import type { Ref } from "./dispatch.ts";
import { type Emitter, gridOf, GROUP_INDEX, MAIN_PARAMETERS } from "./dispatch.ts";
import { fitsVec4 } from "../ops/input_map.ts";
import { fuse, type FusedNodes } from "./fused.ts";
import type { Tensor } from "../tensor.ts";

/** Loops over as many elements or more are unrolled; shorter ones take less time than compiling that. */
const MANY = 4096;

/**
 * Emits a kernel that runs fused nodes over every element, four at a time where they are aligned.
 */
export function emitElementwise(
  emitter: Emitter,
  fused: FusedNodes,
  size: number,
  memory: { refOf: (t: Tensor) => Ref; rootOf: (t: Tensor) => Tensor },
): void {
  const vector = fitsVec4(fused.nodes, size);
  const type = vector ? "vec4f" : "f32";
  const body = fuse(fused, {
    ...memory,
    capabilities: emitter.capabilities,
    type,
    firstBinding: 0,
  });
  const software = emitter.capabilities.adapterClass === "software";
  // A software adapter needs few long invocations, a GPU many short ones.
  const lanes = software ? 8 : 256;
  const each = lanes * (software ? 64 : 4);
  const count = vector ? size / 4 : size;
  const finish = (k: number) => `finish(i + ${k * lanes}u, 0u, 0u, ${type}(0.0));`;
  const unrolled = `for (; i + ${3 * lanes}u < end; i += ${4 * lanes}u) {
    ${[0, 1, 2, 3].map(finish).join("\n    ")}
  }`;
  emitter.emit({
    label: fused.nodes.map((n) => n.op.name).join("+"),
    code: `${body.code}
@group(0) @binding(${body.bindings.length}) var<uniform> count: vec4u;
@compute @workgroup_size(${lanes}) fn main(${MAIN_PARAMETERS}) {
  let start = ${GROUP_INDEX} * ${each}u;
  let end = min(start + ${each}u, count.x);
  var i = start + lane;
  ${count < MANY ? "" : unrolled}
  for (; i < end; i += ${lanes}u) { finish(i, 0u, 0u, ${type}(0.0)); }
}`,
    bindings: body.bindings,
    uniforms: Uint32Array.of(count, 0, 0, 0),
    workgroups: gridOf(Math.ceil(count / each), emitter.capabilities),
    flops: fused.nodes.length * size,
  });
}
